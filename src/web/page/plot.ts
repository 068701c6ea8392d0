import { fitted } from "./canvas";
import { styleColor } from "./palette";

export interface Line {
  /** Of images and a share. */
  points: [number, number][];
  dashed: boolean;
}

const LEFT = 40;
const RIGHT = 8;
const TOP = 8;
const BOTTOM = 22;

/** Draws shares over the images of the training. */
export function drawPlot(canvas: HTMLCanvasElement, lines: Line[], of: number, color: string): void {
  const { context, width, height } = fitted(canvas, 150);
  const x = (images: number) => LEFT + (images / Math.max(1, of)) * (width - LEFT - RIGHT);
  const y = (share: number) => TOP + (1 - share) * (height - TOP - BOTTOM);
  drawFrame(context, x, y, of, width);
  context.strokeStyle = context.fillStyle = styleColor(color);
  context.lineJoin = "round";
  for (const { points, dashed } of lines) {
    context.lineWidth = 2;
    context.setLineDash(dashed ? [5, 4] : []);
    context.beginPath();
    for (const [images, share] of points) context.lineTo(x(images), y(share));
    context.stroke();
    const last = points.at(-1);
    if (!last) continue;
    context.beginPath();
    context.arc(x(last[0]), y(last[1]), 3.5, 0, 2 * Math.PI);
    context.fill();
  }
}

function drawFrame(
  context: CanvasRenderingContext2D,
  x: (images: number) => number,
  y: (share: number) => number,
  of: number,
  width: number,
): void {
  context.setLineDash([]);
  context.fillStyle = styleColor("--muted");
  context.strokeStyle = styleColor("--line");
  context.lineWidth = 1;
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const share of [0, 0.5, 1]) {
    const at = Math.round(y(share)) + 0.5;
    context.beginPath();
    context.moveTo(LEFT, at);
    context.lineTo(width - RIGHT, at);
    context.stroke();
    context.fillText(`${share * 100}%`, LEFT - 6, at);
  }
  context.textBaseline = "top";
  context.textAlign = "left";
  context.fillText("0", x(0), y(0) + 7);
  context.textAlign = "right";
  context.fillText(`${of.toLocaleString("en")} images`, x(of), y(0) + 7);
}
