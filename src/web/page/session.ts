import { Due } from "./due";
import { learnedLabels, type Awaitable, type Data, type Lab, type Shape } from "./lab";
import type { Adapter, Command, Device, Report, Source, Speed, Stimulus } from "./messages";
import { canWait, isSoftware, letWait } from "./suspend";

/** How many images are learned how often, and how often the page sees the weights. */
const PACES: Record<Speed, { images: number; everyMs: number; weightsMs: number }> = {
  slow: { images: 1, everyMs: 5000, weightsMs: 0 },
  ten: { images: 1, everyMs: 100, weightsMs: 200 },
  hundred: { images: 5, everyMs: 50, weightsMs: 200 },
  full: { images: 32, everyMs: 0, weightsMs: 200 },
};
/** With reduced motion they change no more often than this. */
const CALM_MS = 1500;
/** A slice of the training at full speed takes about so long. */
const SLICE_MS = 50;
const TEST_EVERY_IMAGES = 250;
const TEST_EVERY_MS = 1000;
const TEST_IMAGES = 300;
const LAST_TEST_IMAGES = 1500;
const NOISE_IMAGES = 50;
/** A GPU takes at least so long for a step, however few neurons there are. */
const LEAST_SECONDS_A_STEP = 1e-6;
/** Images that devices are compared by. */
const COMPARED_IMAGES = 5;

type Open = (module: WebAssembly.Module) => Awaitable<Lab>;

/** A network in its worker: commands and slices of training in one sequence, never two at once. */
export class Session {
  private readonly inbox: Command[] = [];
  private wake: () => void = () => {};
  private lab!: Lab;
  private device: Device = "cpu";
  private data!: Data;
  private learned: number[] = [];
  private unknown: number[] = [];
  private running = false;
  /** Learning, at the end, or past its last test. */
  private phase: "learns" | "ends" | "rests" = "rests";
  private speed: Speed = "full";
  private slice = PACES.full.images;
  private nextSlice = 0;
  private perSecond = 0;
  private testedAt = 0;
  private images = 0;
  private readonly weightsDue = new Due(200, 0.04);
  private readonly testDue = new Due(TEST_EVERY_MS, 0.1);

  constructor(
    private readonly open: Open,
    private readonly report: (report: Report) => void,
  ) {}

  receive(command: Command): void {
    this.inbox.push(command);
    this.wake();
  }

  async run(): Promise<never> {
    for (;;) {
      try {
        await this.turn();
      } catch (error) {
        this.running = false;
        this.report({ kind: "failed", sentence: error instanceof Error ? error.message : String(error) });
      }
    }
  }

  private async turn(): Promise<void> {
    const command = this.inbox.shift();
    if (command) return this.obey(command);
    if (this.phase === "ends") return this.conclude();
    if (!this.running || this.phase === "rests") return this.arrival();
    const wait = this.nextSlice - performance.now();
    if (wait > 0) return Promise.race([this.arrival(), sleep(wait)]);
    await this.learn();
    await breath();
  }

  private arrival(): Promise<void> {
    return new Promise((resolve) => (this.wake = resolve));
  }

  private async obey(command: Command): Promise<void> {
    switch (command.kind) {
      case "open":
        this.lab = await this.open(command.module);
        this.data = this.read(command.source);
        return this.report({ kind: "opened", data: this.data, presets: this.lab.presets() });
      case "start":
        this.phase = "rests";
        const start = () => this.lab.start(command.preset, command.set);
        const { device, slower } = await this.deviceFor(command.adapter, start);
        await this.use(device);
        await this.begin(await start(), slower);
        this.phase = "learns";
        return;
      case "load":
        await this.begin(await this.lab.load(command.checkpoint), null);
        this.phase = "ends";
        return;
      case "pace":
        return this.setPace(command.running, command.speed, command.calm);
      case "show":
        return this.show(command.stimulus, command.nth);
    }
  }

  /** The device that was asked for, or the faster one and what is slower, if that was found out. Both make the same network. */
  private async deviceFor(adapter: Adapter, start: () => Awaitable<Shape>): Promise<{ device: Device; slower: Device | null }> {
    if (adapter !== "auto" && adapter !== "any") return { device: adapter, slower: null };
    const gpu = adapter === "any" ? "software" : "gpu";
    if (!canWait || (gpu === "gpu" && (await isSoftware()))) return { device: "cpu", slower: null };
    await this.use("cpu");
    const { durationMs, dtMs } = await start();
    const onCpu = await this.secondsAnImage();
    if (onCpu < (durationMs / dtMs) * LEAST_SECONDS_A_STEP) return { device: "cpu", slower: null };
    try {
      await this.use(gpu);
      await start();
      const onGpu = await this.secondsAnImage();
      return onGpu < onCpu ? { device: gpu, slower: "cpu" } : { device: "cpu", slower: gpu };
    } catch {
      // There is none, or none that gives the bits of the CPU.
      return { device: "cpu", slower: null };
    }
  }

  /** How long the network takes to learn an image, once all is warm. */
  private async secondsAnImage(): Promise<number> {
    const { images } = await this.lab.train(1);
    const trained = await this.lab.train(COMPARED_IMAGES);
    return trained.seconds / (trained.images - images);
  }

  private async use(device: Device): Promise<void> {
    if (device === this.device) return;
    if (device !== "cpu") {
      if (!canWait) throw new Error("This browser has no WebGPU that a program can wait for: let it run on the CPU.");
      if (device === "gpu" && (await isSoftware())) throw new Error("This browser has no GPU but one in software: let it run on the CPU, which is faster.");
      letWait();
    }
    await this.lab.useDevice(device);
    this.device = device;
  }

  private read(source: Source): Data {
    return source.kind === "idx" ? this.lab.setData(...source.files) : this.lab.setFiles(source.names, source.files);
  }

  private async begin(shape: Shape, slower: Device | null): Promise<void> {
    this.learned = learnedLabels(shape, this.data);
    this.unknown = this.data.labels.map((label) => label.label).filter((label) => !this.learned.includes(label));
    this.images = 0;
    this.testedAt = -TEST_EVERY_IMAGES;
    this.perSecond = 0;
    this.report({ kind: "started", shape, learned: this.learned, unknown: this.unknown, slower });
    await this.sendWeights();
  }

  private setPace(running: boolean, speed: Speed, calm: boolean): void {
    const pace = PACES[speed];
    this.running = running;
    this.speed = speed;
    this.nextSlice = 0;
    this.weightsDue.setInterval(Math.max(pace.weightsMs, calm ? CALM_MS : 0));
  }

  private async learn(): Promise<void> {
    const pace = PACES[this.speed];
    const full = this.speed === "full";
    this.nextSlice = Math.max(this.nextSlice, performance.now() - pace.everyMs) + pace.everyMs;
    const before = this.images;
    const trained = await this.lab.train(full ? this.slice : pace.images);
    this.images = trained.images;
    this.measure(trained.images - before, trained.seconds);
    this.report({ kind: "progress", trained, perSecond: this.perSecond });
    if (trained.images >= trained.of) {
      this.phase = "ends";
      return this.sendWeights();
    }
    if (this.weightsDue.now()) await this.weightsDue.run(() => this.sendWeights());
    const since = this.images - this.testedAt;
    if (since >= TEST_EVERY_IMAGES && this.testDue.now()) await this.testDue.run(() => this.test(TEST_IMAGES));
  }

  /** Keeps the speed of learning, and how many images make a slice. */
  private measure(images: number, seconds: number): void {
    if (images === 0 || seconds <= 0) return;
    const now = images / seconds;
    this.perSecond = this.perSecond === 0 ? now : 0.8 * this.perSecond + 0.2 * now;
    this.slice = Math.max(1, Math.round((this.perSecond * SLICE_MS) / 1000));
  }

  private async conclude(): Promise<void> {
    this.phase = "rests";
    await this.test(LAST_TEST_IMAGES);
    this.report({ kind: "finished", digest: await this.lab.digest() });
  }

  private async sendWeights(): Promise<void> {
    this.report({ kind: "weights", weights: await this.lab.weights() });
  }

  private async test(images: number): Promise<void> {
    this.testedAt = this.images;
    const tested = await this.lab.test(images);
    if (tested.images > 0) this.report({ kind: "tested", tested, images: this.images });
  }

  private async show(stimulus: Stimulus, nth: number): Promise<void> {
    const begun = performance.now();
    const { pixels, label } = this.imageFor(stimulus, nth);
    const shown = await this.lab.show(pixels);
    const [held, tookMs] = [this.phase !== "learns", performance.now() - begun];
    this.report({ kind: "shown", shown, pixels, stimulus: stimulus.kind, label, held, tookMs });
  }

  private imageFor(stimulus: Stimulus, nth: number): { pixels: Uint8Array; label: number | null } {
    switch (stimulus.kind) {
      case "drawing":
        return { pixels: stimulus.pixels, label: null };
      case "noise":
        return { pixels: this.lab.noise(nth % NOISE_IMAGES), label: null };
      case "unknown":
        return this.imageOf(this.unknown, "test", nth);
      case "digits":
        return this.imageOf(this.learned, this.phase === "learns" ? "train" : "test", nth);
    }
  }

  private imageOf(labels: number[], set: "train" | "test", nth: number): { pixels: Uint8Array; label: number } {
    const label = labels[nth % labels.length];
    const of = this.data.labels.find((entry) => entry.label === label)?.[set] ?? 0;
    if (of === 0) throw new Error("The data have no such image to show.");
    return { pixels: this.lab.image(set, label, Math.floor(nth / labels.length) % of), label };
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const { port1, port2 } = new MessageChannel();

/** Lets messages in, at once where there are none (unlike a timer). */
export function breath(): Promise<void> {
  return new Promise((resolve) => {
    port1.onmessage = () => resolve();
    port2.postMessage(null);
  });
}
