import type { Adapter, Speed } from "./messages";

/** All that a link to the page carries. What is empty is as the preset has it; no classes are all that the data have. */
export interface Settings {
  preset: string;
  classes: number[];
  neurons: string;
  images: string;
  passes: string;
  rule: string;
  rulePre: string;
  pruning: "" | "on" | "off";
  tauSeconds: string;
  frontEnd: "" | "pixels" | "oriented-edges";
  adapter: Adapter;
  seed: string;
  speed: Speed;
  compare: boolean;
}

export const DEFAULTS: Settings = {
  preset: "best",
  classes: [7, 4, 6],
  neurons: "",
  images: "",
  passes: "",
  rule: "",
  rulePre: "",
  pruning: "",
  tauSeconds: "",
  frontEnd: "",
  adapter: "auto",
  seed: "1",
  speed: "hundred",
  compare: false,
};

const SPEEDS: Speed[] = ["slow", "ten", "hundred", "full"];

/** The part of a link after #, without what is as usual. */
export function toHash(settings: Settings): string {
  const query = new URLSearchParams();
  for (const key of Object.keys(DEFAULTS) as (keyof Settings)[]) {
    const text = String(settings[key]);
    if (text !== String(DEFAULTS[key])) query.set(key, text);
  }
  return query.toString().replaceAll("%2C", ",");
}

export function fromHash(hash: string): Settings {
  const query = new URLSearchParams(hash.replace(/^[#?]/, ""));
  const text = (key: keyof Settings) => query.get(key) ?? String(DEFAULTS[key]);
  const oneOf = <T extends string>(key: keyof Settings, values: T[]) =>
    values.find((value) => value === text(key)) ?? (DEFAULTS[key] as T);
  return {
    preset: text("preset"),
    classes: text("classes").split(",").filter((label) => /^\d+$/.test(label)).map(Number),
    neurons: text("neurons"),
    images: text("images"),
    passes: text("passes"),
    rule: text("rule"),
    rulePre: text("rulePre"),
    pruning: oneOf("pruning", ["", "on", "off"]),
    tauSeconds: text("tauSeconds"),
    frontEnd: oneOf("frontEnd", ["", "pixels", "oriented-edges"]),
    adapter: oneOf("adapter", ["auto", "any", "cpu", "gpu", "software"]),
    seed: text("seed"),
    speed: oneOf("speed", SPEEDS),
    compare: text("compare") === "true",
  };
}

/** What the settings change of the preset, as the command line takes it after `--set`. */
export function changes(settings: Settings): [string, string][] {
  const set: [string, string][] = [["job.seed", settings.seed]];
  if (settings.classes.length > 0) set.push(["network.classes", settings.classes.join(",")]);
  if (settings.neurons) set.push(["network.groups.neurons_per_class", settings.neurons]);
  if (settings.images) set.push(["job.train.in_all", settings.images]);
  if (settings.passes) set.push(["job.epochs", settings.passes]);
  if (settings.rule) set.push(["learning.factor", settings.rule]);
  if (settings.rulePre) set.push(["learning.factor_pre", settings.rulePre]);
  if (settings.pruning) set.push(["pruning.mode", settings.pruning === "on" ? "continuous" : "none"]);
  if (settings.tauSeconds) set.push(["pruning.tau_ms", String(Number(settings.tauSeconds) * 1000)]);
  if (settings.frontEnd) set.push(["input.front_end", settings.frontEnd]);
  return set;
}

/** The command that trains the same network natively. */
export function commandLine(settings: Settings): string {
  const quoted = (text: string) => (/^[\w.,=+-]*$/.test(text) ? text : `'${text}'`);
  const parts = changes(settings).map(([key, value]) => `--set ${quoted(`${key}=${value}`)}`);
  return [`spikeprune train --preset ${settings.preset}`, ...parts].join(" \\\n  ");
}
