import { fitted, picture } from "./canvas";
import type { Shape } from "./lab";
import { groupColor, weightColors } from "./palette";

const LABEL = 26;
const GAP = 3;
const ROW_GAP = 8;
/** Tiles in a row, of a group and of neurons without groups. */
const MOST_COLUMNS = { group: 10, all: 20 };

/** Draws the weights of all neurons, a tile each, a row or more for each group. */
export function drawMosaic(canvas: HTMLCanvasElement, shape: Shape, weights: Uint8Array, signed: boolean): void {
  const grouped = shape.groups.length > 0;
  const groups = grouped ? shape.groups : [{ name: "", neurons: shape.neurons }];
  const label = grouped ? LABEL : 0;
  const columns = Math.min(grouped ? MOST_COLUMNS.group : MOST_COLUMNS.all, Math.max(...groups.map((group) => group.neurons)));
  const side = Math.min(groups.length > 4 ? 64 : 96, (canvas.clientWidth - label - GAP * (columns - 1)) / columns);
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
      const left = label + (i % columns) * (side + GAP);
      const y = top + Math.floor(i / columns) * (tall + GAP);
      context.drawImage(tiles, 0, neuron++ * shape.height, shape.width, shape.height, left, y, side, tall);
    }
    top += rows[g] * (tall + GAP) + ROW_GAP;
  });
}

function drawName(context: CanvasRenderingContext2D, name: string, group: number, middle: number): void {
  context.fillStyle = groupColor(group);
  context.textBaseline = "middle";
  context.font = `600 17px ${context.font.split("px ")[1]}`;
  context.fillText(name, 0, middle, LABEL - 4);
}
