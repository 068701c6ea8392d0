import type { Data, Preset, Shape, Shown, Tested, Trained } from "./lab";

/** What the page and the worker of a network tell each other. */
export type Command =
  | { kind: "open"; module: WebAssembly.Module; source: Source }
  | { kind: "start"; adapter: Adapter; preset: string; set: [string, string][] }
  | { kind: "load"; checkpoint: Uint8Array }
  | { kind: "pace"; running: boolean; speed: Speed; calm: boolean }
  | { kind: "show"; stimulus: Stimulus; nth: number };

/** What networks run on: one thread, the GPU of the browser, or one in software. */
export type Device = "cpu" | "gpu" | "software";

/** Which of them is asked for: `auto` takes what learns faster, `any` counts a GPU in software among it, for tests. */
export type Adapter = Device | "auto" | "any";

export type Source =
  | { kind: "idx"; files: [Uint8Array, Uint8Array, Uint8Array, Uint8Array] }
  | { kind: "files"; names: string[]; files: Uint8Array[] };

export type Speed = "slow" | "ten" | "hundred" | "full";

/** What a network is shown between two steps of its training: digits that it learns, once it has learned held-out ones. */
export type Stimulus =
  | { kind: "digits" }
  | { kind: "noise" }
  | { kind: "unknown" }
  | { kind: "drawing"; pixels: Uint8Array };

export type Report =
  | { kind: "opened"; data: Data; presets: Preset[] }
  | { kind: "started"; shape: Shape; learned: number[]; unknown: number[]; slower: Device | null }
  | { kind: "progress"; trained: Trained; perSecond: number }
  | { kind: "weights"; weights: Uint8Array }
  | { kind: "shown"; shown: Shown; pixels: Uint8Array; stimulus: Stimulus["kind"]; label: number | null; held: boolean; tookMs: number }
  | { kind: "tested"; tested: Tested; images: number }
  | { kind: "finished"; digest: string }
  | { kind: "failed"; sentence: string };
