import { picture } from "./canvas";
import type { Shape } from "./lab";
import { groupColor, imageColors } from "./palette";

const MOST = 24;

/** The images that came last, the newest first, each with what was answered. */
export class Stream {
  constructor(private readonly list: HTMLElement) {}

  clear(): void {
    this.list.replaceChildren();
  }

  /** Adds an image, with the name of the group that answered if one did, and whether that was right, if that can be said. */
  add(shape: Shape, pixels: Uint8Array, answer: { name: string; group: number } | null, right: boolean | null): void {
    const colors = imageColors();
    const item = document.createElement("li");
    const text = document.createElement("span");
    text.textContent = `${answer?.name ?? "–"}${right === null ? "" : right ? " ✓" : " ✗"}`;
    if (answer) text.style.color = groupColor(answer.group);
    item.append(picture(shape.width, shape.height, (place) => colors[pixels[place]]), text);
    this.list.prepend(item);
    if (this.list.children.length > MOST) this.list.lastElementChild!.remove();
  }
}
