import { Controls } from "./controls";
import { Drawing } from "./drawing";
import type { Data } from "./lab";
import type { Report, Speed, Stimulus } from "./messages";
import { Network, type Opening } from "./network";
import { Showing } from "./showing";
import { onScheme } from "./palette";
import { drawPlot, type Line } from "./plot";
import type { Run } from "./run";
import { changes, commandLine, fromHash, toHash, type Settings } from "./settings";
import { View } from "./view";
import { answerOf, count, percent } from "./words";

const byId = (id: string) => document.getElementById(id)!;
const calm = matchMedia("(prefers-reduced-motion: reduce)");
/** Answers and tests are read out no more often than this. */
const QUIET_MS = { drawing: 700, tested: 15_000 };

/** The page: settings, one or two networks, and what is shown to them. */
export class App {
  private settings = fromHash(location.hash || location.search);
  private networks: Network[] = [];
  private running = true;
  private data: Data | null = null;
  private saidAt = -Infinity;
  private saying = 0;
  private readonly showing = new Showing(
    () => this.networks,
    () => this.running && this.networks.some((network) => network.learning),
  );
  private readonly drawing = new Drawing(byId("drawing") as HTMLCanvasElement, () => this.drawn());
  private readonly controls = new Controls(
    (settings) => this.change(settings),
    (sentence) => this.fail(sentence),
  );

  constructor(
    private opening: Opening,
    private readonly run: Run | null,
  ) {
    this.bind();
    if (run) this.openRun(run);
    this.openNetworks();
  }

  private bind(): void {
    const click = (id: string, call: () => void) => byId(id).addEventListener("click", call);
    click("pause", () => this.setRunning(!this.running));
    click("restart", () => this.startAll());
    click("compare", () => this.change({ ...this.settings, compare: !this.settings.compare }));
    click("clear", () => this.drawing.clear());
    for (const button of this.stimuli()) {
      button.addEventListener("click", () => this.show({ kind: button.value as "digits" | "noise" | "unknown" }));
    }
    byId("speeds").addEventListener("change", (event) => this.setSpeed((event.target as HTMLInputElement).value as Speed));
    byId("files").addEventListener("change", (event) => void this.openFiles((event.target as HTMLInputElement).files));
    byId("snapshot").addEventListener("input", () => this.showSnapshot());
    addEventListener("hashchange", () => this.change(fromHash(location.hash)));
    calm.addEventListener("change", () => this.paceAll());
    onScheme(() => this.redraw());
    new ResizeObserver(() => this.drawPlots()).observe(byId("accuracy"));
  }

  /** One network, or two side by side, each with a worker of its own. */
  private openNetworks(): void {
    for (const network of this.networks) network.close();
    this.showing.forget();
    this.showing.setPace(this.settings.speed, calm.matches);
    byId("opening")?.remove();
    document.body.classList.toggle("comparing", this.settings.compare && !this.run);
    const titles = this.run ? ["The finished network"] : this.settings.compare ? ["With pruning", "Without pruning"] : ["The network"];
    this.networks = titles.map((title) => {
      const view = new View(byId("networks"), title, (label) => this.nameOf(label));
      return new Network(view, title, this.opening, (network, report) => this.heard(network, report));
    });
    this.showState();
  }

  private nameOf(label: number): string {
    return this.data?.labels.find((entry) => entry.label === label)?.name ?? String(label);
  }

  private heard(network: Network, report: Report): void {
    switch (report.kind) {
      case "opened":
        return this.opened(network, report);
      case "started":
        return this.started(network);
      case "shown":
        return this.answered(network, report);
      case "progress":
        return this.drawPlots();
      case "tested":
        this.drawPlots();
        return this.say(`${network.title}: ${percent(report.tested.correct / report.tested.images)} recognised after ${count(report.images)} images.`, QUIET_MS.tested);
      case "finished":
        return this.finished(network, report.digest);
      case "failed":
        this.running = false;
        this.showing.forget();
        this.showState();
        return this.fail(report.sentence);
    }
  }

  private opened(network: Network, { data, presets }: Extract<Report, { kind: "opened" }>): void {
    if (network === this.networks[0]) {
      this.data = data;
      this.controls.offer(data, presets);
      const known = (label: number) => data.labels.some((entry) => entry.label === label);
      if (!this.settings.classes.every(known)) this.settings = { ...this.settings, classes: [] };
      this.showSettings();
    }
    if (this.run) network.load(this.run.checkpoint);
    else this.start(network);
  }

  private startAll(): void {
    byId("error").hidden = true;
    this.running = true;
    this.networks.forEach((network) => this.start(network));
    this.showSettings();
  }

  private start(network: Network): void {
    network.start(this.settings.adapter, this.settings.preset, changes(this.settingsOf(network)));
    this.pace(network);
  }

  /** In a comparison the networks differ in nothing but pruning. */
  private settingsOf(network: Network): Settings {
    if (!this.settings.compare) return this.settings;
    return { ...this.settings, pruning: network === this.networks[0] ? "on" : "off" };
  }

  private started(network: Network): void {
    this.showSettings();
    this.drawPlots();
    byId("digest").textContent = "";
    if (this.run) network.view.zeros(this.run.metrics.at(-1)?.zero_fraction ?? 0);
    const { shape, slower } = network;
    const found = slower ? `, which learns faster here than the ${slower === "cpu" ? "CPU" : "GPU"}` : "";
    byId("about").textContent = `spikeprune ${shape!.version}, on ${shape!.device}${found}, steps of ${shape!.dtMs} ms.`;
    const unknown = network.unknown.length === 0 && this.showing.stimulus.kind === "unknown";
    if (this.networks.every((other) => other.shape)) this.show(unknown ? { kind: "digits" } : this.showing.stimulus);
  }

  private finished(network: Network, digest: string): void {
    byId("digest").textContent = `Digest of the weights: ${digest}`;
    this.showState();
    if (!this.run) this.showing.next();
    this.say(`${network.title}: the training is over. ${percent(network.accuracy.at(-1)?.[1] ?? 0)} recognised.`, 0);
  }

  private change(settings: Settings): void {
    const other = settings.compare !== this.settings.compare;
    this.settings = settings;
    history.replaceState(null, "", `#${toHash(settings)}`);
    if (!other) return this.startAll();
    this.running = true;
    this.openNetworks();
  }

  private setSpeed(speed: Speed): void {
    this.settings = { ...this.settings, speed };
    history.replaceState(null, "", `#${toHash(this.settings)}`);
    this.setRunning(true);
  }

  private setRunning(running: boolean): void {
    this.running = running;
    this.paceAll();
    this.showing.next();
    this.showState();
  }

  private paceAll(): void {
    this.showing.setPace(this.settings.speed, calm.matches);
    this.networks.forEach((network) => this.pace(network));
  }

  private pace(network: Network): void {
    if (!this.run) network.pace(this.running, this.settings.speed, calm.matches);
  }

  private show(stimulus: Stimulus): void {
    this.showing.next(stimulus);
    if (stimulus.kind !== "drawing") byId("drawn").textContent = "";
    this.showState();
  }

  private drawn(): void {
    const shape = this.networks[0]?.shape;
    if (!shape) return;
    const pixels = this.drawing.pixels(shape.width, shape.height);
    this.show(pixels.some((pixel) => pixel > 0) ? { kind: "drawing", pixels } : { kind: "digits" });
  }

  private answered(network: Network, report: Extract<Report, { kind: "shown" }>): void {
    performance.mark("shown");
    this.showing.answered(network, report.tookMs);
    if (report.stimulus !== "drawing") return;
    const answer = answerOf(report.shown, (label) => this.nameOf(label));
    if (network !== this.networks[0] || byId("drawn").textContent === answer) return;
    byId("drawn").textContent = answer;
    clearTimeout(this.saying);
    this.saying = setTimeout(() => this.say(`Your drawing: ${answer}.`, 0), QUIET_MS.drawing);
  }

  private async openFiles(list: FileList | null): Promise<void> {
    if (!list || list.length === 0) return;
    const files = await Promise.all([...list].map(async (file) => new Uint8Array(await file.arrayBuffer())));
    this.opening = { ...this.opening, source: { kind: "files", names: [...list].map((file) => file.name), files } };
    byId("error").hidden = true;
    this.openNetworks();
  }

  private openRun(run: Run): void {
    document.body.classList.add("finished");
    byId("title").textContent = document.title = `${run.name}: a finished network`;
    byId("lead").textContent = "This network of spiking neurons has been trained. Draw for it, or show it noise. It runs on your device; nothing leaves this page.";
    byId("plot-name").textContent = "How it went";
    byId("plot-help").textContent = "Over the images of its training, on images that it did not learn from.";
    const slider = byId("snapshot") as HTMLInputElement;
    slider.max = slider.value = String(run.snapshots.length - 1);
    byId("snapshots").hidden = run.snapshots.length === 0;
    this.drawPlots();
  }

  private showSnapshot(): void {
    const slider = byId("snapshot") as HTMLInputElement;
    const snapshot = this.run!.snapshots[Number(slider.value)];
    const name = `after ${count(snapshot.images)} images`;
    byId("snapshot-name").textContent = slider.ariaValueText = name;
    this.networks[0].view.drawWeights(snapshot.weights);
  }

  private drawPlots(): void {
    const run = this.run;
    const lines = (points: (network: Network) => [number, number][], key: "validation_accuracy" | "zero_fraction"): Line[] =>
      run
        ? [{ points: run.metrics.flatMap((row) => (row[key] === null ? [] : [[row.images, row[key]]])), dashed: false }]
        : this.networks.map((network, index) => ({ points: points(network), dashed: index > 0 }));
    const of = run ? run.metrics.at(-1)?.images ?? 1 : this.networks[0]?.shape?.of ?? 1;
    drawPlot(byId("accuracy") as HTMLCanvasElement, lines((network) => network.accuracy, "validation_accuracy"), of, "--accent");
    drawPlot(byId("zeros") as HTMLCanvasElement, lines((network) => network.zeros, "zero_fraction"), of, "--second");
  }

  /** Settings, where they have changed: not at other times, as somebody may be typing. */
  private showSettings(): void {
    const { classes } = this.settings;
    this.controls.show(this.settings, classes.length > 0 ? classes : this.networks[0].learned);
    byId("command").textContent = commandLine(this.settings);
    this.showState();
  }

  private showState(): void {
    const over = this.networks.every((network) => !network.learning);
    byId("pause").textContent = over ? "Trained" : this.running ? "Pause" : "Go on";
    (byId("pause") as HTMLButtonElement).disabled = over;
    byId("compare").ariaPressed = String(this.settings.compare);
    if (!this.run) byId("plot-help").textContent = this.settings.compare ? "Solid: with pruning. Dashed: without." : "Held-out digits are never learned from.";
    for (const button of this.stimuli()) {
      button.ariaPressed = String(button.value === this.showing.stimulus.kind);
      if (button.value === "unknown") button.disabled = this.networks[0].unknown.length === 0;
    }
    for (const radio of byId("speeds").querySelectorAll("input")) radio.checked = radio.value === this.settings.speed;
  }

  private stimuli(): HTMLButtonElement[] {
    return [...byId("stimuli").querySelectorAll("button")];
  }

  private redraw(): void {
    this.networks.forEach((network) => network.view.redraw());
    this.drawPlots();
    this.showSettings();
  }

  /** Reads a sentence out, unless another was just read. */
  private say(sentence: string, quietMs: number): void {
    if (performance.now() - this.saidAt < quietMs) return;
    this.saidAt = performance.now();
    byId("live").textContent = sentence;
  }

  private fail(sentence: string): void {
    byId("error").textContent = sentence;
    byId("error").hidden = false;
  }
}
