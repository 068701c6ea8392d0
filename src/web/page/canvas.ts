/** A canvas as sharp as the screen, in CSS pixels. */
export function fitted(canvas: HTMLCanvasElement, height: number): { context: CanvasRenderingContext2D; width: number; height: number } {
  const width = canvas.clientWidth;
  const scale = devicePixelRatio || 1;
  const [columns, rows] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== columns || canvas.height !== rows) {
    canvas.width = columns;
    canvas.height = rows;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext("2d")!;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = `12px ${getComputedStyle(canvas).fontFamily}`;
  return { context, width, height };
}

/** A picture of as many pixels, to be drawn larger. */
export function picture(width: number, height: number, colors: (place: number) => number): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const data = new ImageData(width, height);
  const pixels = new Uint32Array(data.data.buffer);
  for (let place = 0; place < pixels.length; place++) pixels[place] = colors(place);
  canvas.getContext("2d")!.putImageData(data, 0, 0);
  return canvas;
}
