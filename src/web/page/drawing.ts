import { normalised } from "./mnist";
import { onScheme, styleColor } from "./palette";

/** Pixels along each side of the canvas that is drawn on. */
const SIDE = 140;
const PEN = 11;
/** How far an arrow key moves the pen. */
const STEP = 5;

const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-STEP, 0],
  ArrowRight: [STEP, 0],
  ArrowUp: [0, -STEP],
  ArrowDown: [0, STEP],
};

/** A canvas to draw on by mouse, finger, pen or keyboard. */
export class Drawing {
  private readonly ink = document.createElement("canvas");
  private pen = { x: SIDE / 2, y: SIDE / 4 };
  private down = false;
  private keyboard = false;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly drawn: () => void,
  ) {
    this.ink.width = this.ink.height = canvas.width = canvas.height = SIDE;
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", () => this.lift());
    canvas.addEventListener("pointercancel", () => this.lift());
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("focus", () => this.setKeyboard(canvas.matches(":focus-visible")));
    canvas.addEventListener("blur", () => {
      this.down = false;
      this.setKeyboard(false);
    });
    onScheme(() => this.paint());
    this.paint();
  }

  clear(): void {
    this.context().clearRect(0, 0, SIDE, SIDE);
    this.paint();
    this.drawn();
  }

  /** As an image for the network. */
  pixels(width: number, height: number): Uint8Array {
    const { data } = this.context().getImageData(0, 0, SIDE, SIDE);
    return normalised(Float32Array.from({ length: SIDE * SIDE }, (_, i) => data[4 * i + 3] / 255), SIDE, width, height);
  }

  private context(): CanvasRenderingContext2D {
    return this.ink.getContext("2d", { willReadFrequently: true })!;
  }

  private press(event: PointerEvent): void {
    this.canvas.setPointerCapture(event.pointerId);
    this.keyboard = false;
    this.down = true;
    this.pen = this.place(event);
    this.lineTo(this.pen);
  }

  private move(event: PointerEvent): void {
    if (!this.down || this.keyboard) return;
    for (const part of event.getCoalescedEvents?.() ?? []) this.lineTo(this.place(part));
    this.lineTo(this.place(event));
  }

  private lift(): void {
    this.down = false;
  }

  private place(event: PointerEvent): { x: number; y: number } {
    const box = this.canvas.getBoundingClientRect();
    return { x: ((event.clientX - box.left) / box.width) * SIDE, y: ((event.clientY - box.top) / box.height) * SIDE };
  }

  private setKeyboard(keyboard: boolean): void {
    this.keyboard = keyboard;
    this.paint();
  }

  /** Arrows move the pen, the space bar sets it down and lifts it, Delete clears. */
  private key(event: KeyboardEvent): void {
    const arrow = ARROWS[event.key];
    if (!arrow && ![" ", "Delete", "Backspace"].includes(event.key)) return;
    event.preventDefault();
    this.keyboard = true;
    if (event.key === " ") this.down = !this.down;
    else if (!arrow) return this.clear();
    const inside = (value: number) => Math.min(SIDE - PEN, Math.max(PEN, value));
    const to = { x: inside(this.pen.x + (arrow?.[0] ?? 0)), y: inside(this.pen.y + (arrow?.[1] ?? 0)) };
    if (this.down) return this.lineTo(to);
    this.pen = to;
    this.paint();
  }

  private lineTo(to: { x: number; y: number }): void {
    const context = this.context();
    context.lineWidth = PEN;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(this.pen.x, this.pen.y);
    context.lineTo(to.x, to.y);
    context.stroke();
    this.pen = to;
    this.paint();
    this.drawn();
  }

  private paint(): void {
    const context = this.canvas.getContext("2d")!;
    context.globalCompositeOperation = "copy";
    context.drawImage(this.ink, 0, 0);
    context.globalCompositeOperation = "source-in";
    context.fillStyle = styleColor("--ink");
    context.fillRect(0, 0, SIDE, SIDE);
    context.globalCompositeOperation = "source-over";
    if (this.keyboard) this.paintPen(context);
  }

  private paintPen(context: CanvasRenderingContext2D): void {
    context.strokeStyle = styleColor("--accent");
    context.lineWidth = this.down ? 3 : 1;
    context.beginPath();
    context.arc(this.pen.x, this.pen.y, PEN / 2, 0, 2 * Math.PI);
    context.stroke();
  }
}
