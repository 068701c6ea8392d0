import type { Shape, Trained } from "./lab";
import type { Adapter, Command, Device, Report, Source, Speed, Stimulus } from "./messages";
import type { View } from "./view";

/** What every worker is opened with. */
export interface Opening {
  module: WebAssembly.Module;
  source: Source;
}

let script = "";

/** The worker's script, which the page carries as text. */
function scriptUrl(): string {
  script ||= URL.createObjectURL(new Blob([document.getElementById("worker")!.textContent!], { type: "text/javascript" }));
  return script;
}

/** One network: its worker, its view, and what it has been through. */
export class Network {
  accuracy: [number, number][] = [];
  zeros: [number, number][] = [];
  shape: Shape | null = null;
  learned: number[] = [];
  unknown: number[] = [];
  /** What it was found to learn more slowly on. */
  slower: Device | null = null;
  /** Whether it has images left to learn from. */
  learning = false;
  private readonly worker = new Worker(scriptUrl());
  private speed: Speed = "full";

  constructor(
    readonly view: View,
    readonly title: string,
    opening: Opening,
    private readonly listener: (network: Network, report: Report) => void,
  ) {
    this.worker.onmessage = (event: MessageEvent<Report>) => this.receive(event.data);
    this.worker.onerror = (event) =>
      this.receive({ kind: "failed", sentence: `The network could not be run: ${event.message || "its worker did not start"}.` });
    this.send({ kind: "open", ...opening });
  }

  start(adapter: Adapter, preset: string, set: [string, string][]): void {
    this.learning = true;
    this.send({ kind: "start", adapter, preset, set });
  }

  load(checkpoint: Uint8Array): void {
    this.send({ kind: "load", checkpoint });
  }

  pace(running: boolean, speed: Speed, calm: boolean): void {
    this.speed = speed;
    this.send({ kind: "pace", running, speed, calm });
  }

  show(stimulus: Stimulus, nth: number): void {
    this.send({ kind: "show", stimulus, nth });
  }

  close(): void {
    this.worker.terminate();
    this.view.root.remove();
  }

  private send(command: Command): void {
    this.worker.postMessage(command);
  }

  private receive(report: Report): void {
    this.keep(report);
    this.listener(this, report);
  }

  private keep(report: Report): void {
    switch (report.kind) {
      case "started":
        this.accuracy = [];
        this.zeros = [];
        ({ shape: this.shape, learned: this.learned, unknown: this.unknown, slower: this.slower } = report);
        return this.view.started(report.shape, report.learned);
      case "progress":
        this.learning = report.trained.images < report.trained.of;
        this.keepZeros(report.trained);
        return this.view.progress(report.trained, report.perSecond);
      case "weights":
        return this.view.drawWeights(report.weights);
      case "shown":
        return this.view.show(report, this.speed === "slow" && this.learning && report.stimulus !== "drawing");
      case "tested":
        this.accuracy.push([report.images, report.tested.correct / report.tested.images]);
        return this.view.tested(report.tested);
    }
  }

  /** As many points as a plot can show. */
  private keepZeros(trained: Trained): void {
    const last = this.zeros.at(-1)?.[0] ?? -Infinity;
    const over = trained.images >= trained.of;
    if (over || trained.images - last >= trained.of / 300) this.zeros.push([trained.images, trained.zeroShare]);
  }
}
