/** The program itself, compiled to wasm: what the worker calls. All that runs networks may be promises. */
export interface Lab {
  useDevice(adapter: string): Awaitable<void>;
  setData(trainImages: Uint8Array, trainLabels: Uint8Array, testImages: Uint8Array, testLabels: Uint8Array): Data;
  setFiles(names: string[], files: Uint8Array[]): Data;
  presets(): Preset[];
  start(preset: string, set: [string, string][]): Awaitable<Shape>;
  load(checkpoint: Uint8Array): Awaitable<Shape>;
  train(images: number): Awaitable<Trained>;
  /** Of no image where neurons have no labels yet. */
  test(images: number): Awaitable<Tested>;
  /** A byte a weight, [neurons, height, width]: 255 is the most; 0 is none or, where weights have signs, the least. */
  weights(): Awaitable<Uint8Array>;
  show(pixels: Uint8Array): Awaitable<Shown>;
  image(set: "train" | "test", label: number, nth: number): Uint8Array;
  noise(nth: number): Uint8Array;
  digest(): Awaitable<string>;
}

export type Awaitable<T> = T | Promise<T>;

export interface Preset {
  name: string;
  summary: string;
}

export interface Data {
  width: number;
  height: number;
  labels: LabelOfData[];
}

export interface LabelOfData {
  label: number;
  name: string;
  train: number;
  test: number;
}

export interface Shape {
  preset: string;
  version: string;
  device: string;
  seed: number;
  neurons: number;
  inputs: number;
  width: number;
  height: number;
  dtMs: number;
  durationMs: number;
  /** Images of the whole training. */
  of: number;
  /** Empty where neurons vote by labels. */
  groups: { label: number; name: string; neurons: number }[];
  /** All parameters, as `spikeprune params` prints them. */
  toml: string;
}

export interface Trained {
  images: number;
  of: number;
  seconds: number;
  zeroShare: number;
  spikesPerImage: number;
}

export interface Tested {
  images: number;
  correct: number;
  silent: number;
}

export interface Spikes {
  /** In ms. */
  times: Float32Array;
  /** Of inputs or neurons. */
  index: Uint32Array;
}

export interface Shown {
  durationMs: number;
  input: Spikes;
  excitatory: Spikes;
  inhibitory: Spikes;
  /** A vote a group, in the order of the groups. */
  groupSpikes: Float64Array;
  /** A label; null where no neuron spiked, where several groups got the most, or before neurons have labels. */
  answer: number | null;
  tied: boolean;
  /** [height, width], 0 to 1: what each place of the image gave to the group that answered. */
  evidence: Float32Array;
}

/** The value of a key of the parameters, as it stands in their text. */
export function parameter(toml: string, table: string, key: string): string | undefined {
  const start = toml.indexOf(`[${table}]\n`);
  if (start < 0) return undefined;
  const rest = toml.slice(start + table.length + 3);
  const end = rest.search(/^\[/m);
  const lines = (end < 0 ? rest : rest.slice(0, end)).split("\n");
  const line = lines.find((line) => line.startsWith(`${key} = `));
  return line?.slice(key.length + 3);
}

/** The labels that a network learns, in the order of its groups. */
export function learnedLabels(shape: Shape, data: Data): number[] {
  if (shape.groups.length > 0) return shape.groups.map((group) => group.label);
  const classes = parameter(shape.toml, "network", "classes") ?? "";
  const numbers = [...classes.matchAll(/\d+/g)].map(Number);
  return numbers.length > 0 ? numbers : data.labels.map((label) => label.label);
}

/** Whether weights may inhibit. */
export function isSigned(shape: Shape): boolean {
  return Number(parameter(shape.toml, "learning", "w_min") ?? 0) < 0;
}

/** Whether synapses that are not used decay. */
export function prunes(shape: Shape): boolean {
  return parameter(shape.toml, "pruning", "mode") !== '"none"';
}
