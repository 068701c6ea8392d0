/** A drawing, 0 to 1 a pixel, as MNIST's digits are made: scaled to fit a box of 20 x 20, with grey edges, and moved by
 * whole pixels so that its centre of mass lies in the pixel right below the middle of 28 x 28. Images of other sizes go by
 * their shorter side. */
export function normalised(ink: Float32Array, side: number, width: number, height: number): Uint8Array {
  const box = boundsOf(ink, side);
  const pixels = new Uint8Array(width * height);
  if (!box) return pixels;
  const centre = centreOfMass(ink, side);
  const fit = (20 / 28) * Math.min(width, height);
  const step = Math.max(box.right - box.left, box.bottom - box.top) / fit;
  const column = Math.ceil(width / 2 - (centre.x - box.left) / step);
  const row = Math.ceil(height / 2 - (centre.y - box.top) / step);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const left = box.left + (x - column) * step;
      const top = box.top + (y - row) * step;
      pixels[y * width + x] = Math.round(255 * Math.min(1, mean(ink, side, left, top, step)));
    }
  }
  return pixels;
}

function boundsOf(ink: Float32Array, side: number): { left: number; right: number; top: number; bottom: number } | null {
  let [left, right, top, bottom] = [side, 0, side, 0];
  ink.forEach((value, place) => {
    if (value === 0) return;
    const [x, y] = [place % side, Math.floor(place / side)];
    left = Math.min(left, x);
    right = Math.max(right, x + 1);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y + 1);
  });
  return right > left ? { left, right, top, bottom } : null;
}

function centreOfMass(ink: Float32Array, side: number): { x: number; y: number } {
  let [sum, x, y] = [0, 0, 0];
  ink.forEach((value, place) => {
    sum += value;
    x += value * ((place % side) + 0.5);
    y += value * (Math.floor(place / side) + 0.5);
  });
  return { x: x / sum, y: y / sum };
}

/** Mean ink over a square, whose edges may cut through pixels. */
function mean(ink: Float32Array, side: number, left: number, top: number, step: number): number {
  let sum = 0;
  for (let y = Math.max(0, Math.floor(top)); y < Math.min(side, top + step); y++) {
    const tall = Math.min(y + 1, top + step) - Math.max(y, top);
    for (let x = Math.max(0, Math.floor(left)); x < Math.min(side, left + step); x++) {
      const wide = Math.min(x + 1, left + step) - Math.max(x, left);
      sum += ink[y * side + x] * tall * wide;
    }
  }
  return sum / (step * step);
}
