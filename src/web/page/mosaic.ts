import { fitted, picture } from "./canvas";
import type { Shape } from "./lab";
import { groupColor, styleColor, weightColors } from "./palette";

const LABEL = 26;
const GAP = 3;
const ROW_GAP = 8;
const MOST_COLUMNS = 10;

/** Draws the weights of all neurons, a tile each, a row or more for each group. */
export function drawMosaic(canvas: HTMLCanvasElement, shape: Shape, weights: Uint8Array, signed: boolean): void {
  const groups = shape.groups.length > 0 ? shape.groups : [{ name: "", neurons: shape.neurons }];
  const columns = Math.min(MOST_COLUMNS, Math.max(...groups.map((group) => group.neurons)));
  const side = Math.min(groups.length > 4 ? 64 : 96, (canvas.clientWidth - LABEL - GAP * (columns - 1)) / columns);
  const tall = (side * shape.height) / shape.width;
  const rows = groups.map((group) => Math.ceil(group.neurons / columns));
  const height = rows.reduce((sum, count) => sum + count * (tall + GAP) + ROW_GAP, -ROW_GAP - GAP);
  const { context } = fitted(canvas, Math.ceil(height));
  context.imageSmoothingEnabled = false;
  const colors = weightColors(signed);
  const tiles = picture(shape.width, shape.height * shape.neurons, (place) => colors[weights[place]]);
  let [top, neuron] = [0, 0];
  groups.forEach((group, g) => {
    drawName(context, group.name, g, top + tall / 2);
    for (let i = 0; i < group.neurons; i++) {
      const left = LABEL + (i % columns) * (side + GAP);
      const y = top + Math.floor(i / columns) * (tall + GAP);
      context.drawImage(tiles, 0, neuron++ * shape.height, shape.width, shape.height, left, y, side, tall);
    }
    top += rows[g] * (tall + GAP) + ROW_GAP;
  });
}

function drawName(context: CanvasRenderingContext2D, name: string, group: number, middle: number): void {
  context.fillStyle = name === "" ? styleColor("--muted") : groupColor(group);
  context.textBaseline = "middle";
  context.font = `600 17px ${context.font.split("px ")[1]}`;
  context.fillText(name, 0, middle, LABEL - 4);
}
