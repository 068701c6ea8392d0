// Stands in for wasm-bindgen's glue until the program itself is there: prototypes of digits that grow.
import type { Data, Lab, Shape, Shown, Spikes, Tested, Trained } from "../../src/web/page/lab";

const SIZE = 784;
const wait = (ms: number) => { const end = performance.now() + ms; while (performance.now() < end); };

class Mock implements Lab {
  private sets: Record<"train" | "test", Map<number, Uint8Array[]>> = { train: new Map(), test: new Map() };
  private classes: number[] = []; private images = 0; private of = 4000; private prune = true;
  private means: Float32Array[] = []; private start0 = new Float32Array(0);
  setData(a: Uint8Array, b: Uint8Array, c: Uint8Array, d: Uint8Array): Data {
    this.fill("train", a, b); this.fill("test", c, d);
    const labels = [...Array(10).keys()].map((label) => ({ label, name: String(label), train: this.sets.train.get(label)!.length, test: this.sets.test.get(label)!.length }));
    return { width: 28, height: 28, labels };
  }
  private fill(set: "train" | "test", images: Uint8Array, labels: Uint8Array) {
    const map = new Map<number, Uint8Array[]>();
    for (let i = 0; i < labels.length - 8; i++) {
      const label = labels[8 + i];
      if (!map.has(label)) map.set(label, []);
      map.get(label)!.push(images.slice(16 + i * SIZE, 16 + (i + 1) * SIZE));
    }
    this.sets[set] = map;
  }
  setFiles(): Data { throw new Error("The mock reads no files."); }
  presets() { return [{ name: "paper", summary: "the network as the paper describes it: dt 0.5 ms, live threshold, continuous pruning" }, { name: "best", summary: "count-gated learning of signed weights, a higher threshold in testing: accurate, and silent on noise" }, { name: "ten-class", summary: "all ten digits with 100 neurons" }]; }
  start(preset: string, set: [string, string][]): Shape {
    const of = (key: string, other: string) => set.find((pair) => pair[0] === key)?.[1] ?? other;
    this.classes = of("network.classes", preset === "ten-class" ? "0,1,2,3,4,5,6,7,8,9" : "7,4,6").split(",").map(Number);
    this.prune = of("pruning.mode", "continuous") !== "none";
    this.images = 0; this.of = Number(of("job.train.in_all", "4000"));
    if (of("learning.factor", "1").includes("?")) throw new Error("learning.factor: at character 3 stands ?, where an operator was expected.");
    this.means = this.classes.map((label) => { const mean = new Float32Array(SIZE); const all = this.sets.train.get(label)!.slice(0, 200); for (const image of all) image.forEach((v, i) => (mean[i] += v / 255 / all.length)); return mean; });
    this.start0 = Float32Array.from({ length: this.classes.length * 10 * SIZE }, () => Math.random());
    const signed = preset === "best";
    return { preset, version: "mock", device: "CPU", seed: 1, neurons: this.classes.length * 10, inputs: 784, width: 28, height: 28, dtMs: 0.5, durationMs: 350, of: this.of, groups: this.classes.map((label) => ({ label, name: String(label), neurons: 10 })), toml: `[network]\nclasses = [${this.classes}]\n[learning]\nw_min = ${signed ? -1 : 0}\n[pruning]\nmode = "${this.prune ? "continuous" : "none"}"\n` };
  }
  load() { return this.start("paper", []); }
  private grown() { return 1 - Math.exp(-this.images / 600); }
  train(n: number): Trained { n = Math.min(n, this.of - this.images); wait(n * 0.4); this.images += n; return { images: this.images, of: this.of, seconds: n * 0.0004, zeroShare: this.prune ? 0.55 * this.grown() : 0.11 * this.grown(), spikesPerImage: 25 }; }
  test(n: number): Tested { wait(n * 0.2); const correct = Math.round(n * (0.34 + 0.57 * this.grown())); return { images: n, correct, silent: 0 }; }
  private weight(neuron: number, place: number) { const g = this.grown(); const mean = this.means[Math.floor(neuron / 10)][place]; const rest = this.start0[neuron * SIZE + place]; const fades = this.prune ? 1 - g : 1; return rest * (1 - g) + g * (mean > 0.08 ? mean * (0.4 + 0.6 * rest) : rest * fades * (mean > 0.01 ? 0.1 : 1)); }
  weights() { return Uint8Array.from({ length: this.classes.length * 10 * SIZE }, (_, i) => 255 * this.weight(Math.floor(i / SIZE), i % SIZE)); }
  show(pixels: Uint8Array): Shown {
    const input: Spikes = this.spikes((i) => pixels[i] / 255 * 22, 784);
    const drive = this.means.map((_, g) => { let sum = 0; pixels.forEach((v, i) => (sum += v / 255 * this.weight(g * 10, i))); return sum; });
    const best = Math.max(...drive);
    const rate = drive.map((d) => (d < 12 ? 0 : 2.5 * (d / best) ** 6));
    const excitatory = this.spikes((i) => rate[Math.floor(i / 10)], this.classes.length * 10);
    const inhibitory = { times: excitatory.times.map((t) => Math.min(350, t + 5)), index: excitatory.index };
    const groupSpikes = new Float64Array(this.classes.length);
    excitatory.index.forEach((n) => groupSpikes[Math.floor(n / 10)]++);
    const most = Math.max(...groupSpikes), at = groupSpikes.indexOf(most);
    const evidence = Float32Array.from(pixels, (v, i) => Math.min(1, v / 255 * this.weight(at * 10, i) * 1.6));
    return { durationMs: 350, input, excitatory, inhibitory, groupSpikes, answer: most > 0 ? this.classes[at] : null, tied: false, evidence };
  }
  private spikes(mean: (i: number) => number, n: number): Spikes {
    const times: number[] = [], index: number[] = [];
    for (let i = 0; i < n; i++) for (let t = 0, m = mean(i) / 350; m > 0 && (t += -Math.log(Math.random()) / m) < 350;) { times.push(t); index.push(i); }
    return { times: Float32Array.from(times), index: Uint32Array.from(index) };
  }
  image(set: "train" | "test", label: number, nth: number) { return this.sets[set].get(label)![nth]; }
  noise() { return Uint8Array.from({ length: SIZE }, () => 255 * Math.random() ** 2 * 0.35); }
  digest() { return "0".repeat(64); }
}
(globalThis as any).wasm_bindgen = Object.assign(async () => {}, { Lab: Mock });
