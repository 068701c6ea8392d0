import { App } from "./app";
import { element } from "./bytes";
import type { Source } from "./messages";
import { readRun } from "./run";

const DATA = ["train-images", "train-labels", "test-images", "test-labels"];

async function open(): Promise<void> {
  const [wasm, checkpoint, ...data] = await Promise.all(["wasm", "checkpoint", ...DATA].map(element));
  if (!wasm || data.some((part) => part === null)) throw new Error("This page came without its program or its images. Write it anew with: spikeprune show");
  const module = await WebAssembly.compile(wasm as BufferSource);
  const source: Source = { kind: "idx", files: data as [Uint8Array, Uint8Array, Uint8Array, Uint8Array] };
  const run = readRun();
  new App({ module, source }, run && checkpoint ? { ...run, checkpoint } : null);
}

function failed(error: unknown): void {
  const place = document.getElementById("error")!;
  place.textContent = error instanceof Error ? error.message : String(error);
  place.hidden = false;
  document.getElementById("opening")?.remove();
}

document.addEventListener("DOMContentLoaded", () => open().catch(failed));
