import { decode } from "./bytes";

/** A finished run that the page was written for. */
export interface Run {
  name: string;
  /** No accuracy where there were no validation images. */
  metrics: { images: number; validation_accuracy: number | null; zero_fraction: number }[];
  snapshots: { images: number; weights: Uint8Array }[];
  checkpoint: Uint8Array;
}

/** The run in the page's data, without its network. */
export function readRun(): Omit<Run, "checkpoint"> | null {
  const text = document.getElementById("run")?.textContent;
  if (!text) return null;
  const run = JSON.parse(text) as { name: string; metrics: Run["metrics"]; snapshots?: { images: number; weights: string }[] };
  const snapshots = (run.snapshots ?? []).map(({ images, weights }) => ({ images, weights: decode(weights) }));
  return { name: run.name, metrics: run.metrics, snapshots };
}
