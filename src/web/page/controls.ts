import type { Data, Preset } from "./lab";
import { groupColor } from "./palette";
import type { Settings } from "./settings";

const TEXTS = ["preset", "neurons", "images", "passes", "rule", "rulePre", "pruning", "tauSeconds", "frontEnd", "adapter", "seed"] as const;

/** The form of settings. */
export class Controls {
  private readonly form = document.getElementById("settings") as HTMLFormElement;
  private readonly classes = document.getElementById("classes")!;
  private presets: Preset[] = [];
  private settings!: Settings;

  constructor(
    private readonly changed: (settings: Settings) => void,
    private readonly refused: (sentence: string) => void,
  ) {
    this.form.addEventListener("submit", (event) => event.preventDefault());
    document.getElementById("all")!.addEventListener("click", () => {
      this.changed({ ...this.settings, classes: this.boxes().map((box) => Number(box.value)) });
    });
    this.form.addEventListener("change", (event) => this.read(event.target as HTMLElement));
  }

  /** What there is to choose from. */
  offer(data: Data, presets: Preset[]): void {
    this.presets = presets;
    const options = presets.map(({ name }) => new Option(name, name));
    (this.field("preset") as HTMLSelectElement).replaceChildren(...options);
    this.classes.replaceChildren(...data.labels.map(({ label, name }) => chip(label, name)));
  }

  /** Shows settings, and which classes a network learns. */
  show(settings: Settings, learned: number[]): void {
    this.settings = settings;
    for (const key of TEXTS) this.field(key).value = settings[key];
    for (const box of this.boxes()) {
      const group = learned.indexOf(Number(box.value));
      box.checked = group >= 0;
      box.parentElement!.style.setProperty("--chip", groupColor(Math.max(0, group)));
    }
    const preset = this.presets.find(({ name }) => name === settings.preset);
    document.getElementById("preset-summary")!.textContent = preset?.summary ?? "";
  }

  private field(name: (typeof TEXTS)[number]): HTMLInputElement | HTMLSelectElement {
    return this.form.elements.namedItem(name) as HTMLInputElement | HTMLSelectElement;
  }

  private boxes(): HTMLInputElement[] {
    return [...this.classes.querySelectorAll("input")];
  }

  private read(target: HTMLElement): void {
    if (target.id === "files") return;
    const settings = { ...this.settings };
    for (const key of TEXTS) Object.assign(settings, { [key]: this.field(key).value.trim() });
    settings.seed ||= "1";
    if (this.classes.contains(target)) {
      const chosen = this.boxes().filter((box) => box.checked).map((box) => Number(box.value));
      if (chosen.length < 2) return this.refused("Choose at least two classes: with one there is nothing to tell apart.");
      settings.classes = chosen;
    }
    this.changed(settings);
  }
}

function chip(label: number, name: string): HTMLElement {
  const element = document.createElement("label");
  element.className = "chip";
  const box = document.createElement("input");
  box.type = "checkbox";
  box.value = String(label);
  const text = document.createElement("span");
  text.textContent = name;
  element.append(box, text);
  return element;
}
