/** Colours of groups, told apart by the colour-blind, on light and on dark paper. */
const GROUPS = {
  light: ["#0067a5", "#c8500a", "#00805f", "#a8447e", "#8c6d00", "#2f93cc", "#882255", "#4b3fa7", "#6b7a1e", "#5f6670"],
  dark: ["#4fa8e8", "#f07f3c", "#2cc295", "#e58abf", "#e3be3a", "#8fd0f5", "#d9668f", "#a79bf2", "#b7c75a", "#b6bdc6"],
};

type Color = [number, number, number];
/** Colours of no weight, half of the most, and the most, up and down. */
const RAMPS: Record<"light" | "dark", { up: [Color, Color, Color]; down: [Color, Color, Color] }> = {
  light: {
    up: [[240, 242, 245], [92, 163, 207], [6, 48, 98]],
    down: [[240, 242, 245], [232, 155, 93], [130, 50, 0]],
  },
  dark: {
    up: [[30, 36, 44], [42, 123, 184], [214, 239, 255]],
    down: [[30, 36, 44], [190, 98, 38], [255, 226, 198]],
  },
};

const darkness = matchMedia("(prefers-color-scheme: dark)");

function scheme(): "light" | "dark" {
  return darkness.matches ? "dark" : "light";
}

/** Calls when the user's device turns to dark or light. */
export function onScheme(call: () => void): void {
  darkness.addEventListener("change", call);
}

export function groupColor(group: number): string {
  const colors = GROUPS[scheme()];
  return colors[group % colors.length];
}

/** A colour of the style sheet, such as "--ink". */
export function styleColor(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** RGBA of each byte of a weight, for a canvas's pixels. */
export function weightColors(signed: boolean): Uint32Array {
  const { up, down } = RAMPS[scheme()];
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    const weight = signed ? (byte - 128) / 127 : byte / 255;
    return packed(between(weight < 0 ? down : up, Math.min(1, Math.abs(weight))));
  });
}

/** From no weight to the most, as CSS paints it. */
export function weightGradient(signed: boolean): string {
  const { up, down } = RAMPS[scheme()];
  const colors = signed ? [down[2], down[1], up[0], up[1], up[2]] : up;
  return `linear-gradient(to right, ${colors.map((color) => `rgb(${color.join(" ")})`).join(", ")})`;
}

/** RGBA of a pixel of an image of brightness 0 to 255. */
export function imageColors(): Uint32Array {
  const [paper, ink]: [Color, Color] = scheme() === "dark" ? [[12, 15, 19], [232, 236, 241]] : [[255, 255, 255], [24, 30, 40]];
  return Uint32Array.from({ length: 256 }, (_, byte) => packed(mixed(paper, ink, byte / 255)));
}

function between([none, half, most]: [Color, Color, Color], share: number): Color {
  return share < 0.5 ? mixed(none, half, share * 2) : mixed(half, most, share * 2 - 1);
}

function mixed(from: Color, to: Color, share: number): Color {
  return from.map((value, i) => Math.round(value + (to[i] - value) * share)) as Color;
}

/** As the bytes of a canvas lie: red first. */
function packed([red, green, blue]: Color): number {
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}
