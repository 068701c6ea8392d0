import { fitted } from "./canvas";
import type { Shown, Spikes } from "./lab";
import { groupColor, styleColor } from "./palette";

const LEFT = 30;
const BOTTOM = 20;
const GAP = 10;

interface Band {
  name: string;
  spikes: Spikes;
  rows: number;
  share: number;
  color: (row: number) => string;
  tick: number;
}

/** Draws the spikes of one image up to a time, inputs above E above I. */
export function drawRaster(canvas: HTMLCanvasElement, shown: Shown, inputs: number, groups: number[], untilMs: number): void {
  const neurons = groups.length;
  const { context, width, height } = fitted(canvas, 250);
  const colors = groups.map(groupColor);
  const grey = styleColor("--muted");
  const bands: Band[] = [
    { name: "in", spikes: shown.input, rows: inputs, share: 0.4, color: () => grey, tick: 1.5 },
    { name: "E", spikes: shown.excitatory, rows: neurons, share: 0.4, color: (row) => colors[row], tick: 2 },
    { name: "I", spikes: shown.inhibitory, rows: neurons, share: 0.2, color: (row) => colors[row], tick: 1.5 },
  ];
  const x = (ms: number) => LEFT + (ms / shown.durationMs) * (width - LEFT - 4);
  const room = height - BOTTOM - GAP * (bands.length - 1);
  let top = 0;
  for (const band of bands) {
    const bandHeight = room * band.share;
    drawBand(context, band, x, top, bandHeight, width, untilMs);
    top += bandHeight + GAP;
  }
  drawTimes(context, x, shown.durationMs, height);
}

function drawBand(
  context: CanvasRenderingContext2D,
  band: Band,
  x: (ms: number) => number,
  top: number,
  height: number,
  width: number,
  untilMs: number,
): void {
  context.fillStyle = styleColor("--sunken");
  context.fillRect(LEFT, top, width - LEFT, height);
  context.fillStyle = styleColor("--muted");
  context.textAlign = "right";
  context.textBaseline = "middle";
  context.fillText(band.name, LEFT - 8, top + height / 2);
  const row = height / band.rows;
  const size = Math.max(1.5, row * 0.8);
  const { times, index } = band.spikes;
  for (let i = 0; i < times.length; i++) {
    if (times[i] > untilMs) continue;
    context.fillStyle = band.color(index[i]);
    context.fillRect(x(times[i]), top + index[i] * row + (row - size) / 2, band.tick, size);
  }
}

function drawTimes(context: CanvasRenderingContext2D, x: (ms: number) => number, durationMs: number, height: number): void {
  context.fillStyle = styleColor("--muted");
  context.textBaseline = "bottom";
  for (const [ms, align] of [[0, "left"], [durationMs / 2, "center"], [durationMs, "right"]] as const) {
    context.textAlign = align;
    context.fillText(`${Math.round(ms)} ms`, x(ms), height);
  }
}
