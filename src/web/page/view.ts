import { picture } from "./canvas";
import { isSigned, prunes, type Shape, type Shown, type Tested, type Trained } from "./lab";
import type { Report } from "./messages";
import { drawMosaic } from "./mosaic";
import { groupColor, imageColors, styleColor, weightGradient } from "./palette";
import { drawRaster } from "./raster";
import { Stream } from "./stream";
import { answerOf, captionOf, count, noteOf, percent, pruningNote } from "./words";

type ShownReport = Extract<Report, { kind: "shown" }>;
/** In slow motion the spikes of an image come in so long. */
const SLOW_MS = 4000;

/** What one sees of one network. */
export class View {
  readonly root: HTMLElement;
  private shape: Shape | null = null;
  private learned: number[] = [];
  private weights: Uint8Array | null = null;
  private last: ShownReport | null = null;
  private frame = 0;
  private readonly stream: Stream;

  constructor(
    parent: HTMLElement,
    title: string,
    private readonly nameOf: (label: number) => string,
  ) {
    const template = document.getElementById("network") as HTMLTemplateElement;
    this.root = (template.content.cloneNode(true) as DocumentFragment).firstElementChild as HTMLElement;
    this.find(".network-title").textContent = title;
    this.stream = new Stream(this.find(".stream"));
    parent.append(this.root);
    new ResizeObserver(() => this.redraw()).observe(this.root);
  }

  started(shape: Shape, learned: number[]): void {
    this.shape = shape;
    this.learned = learned;
    this.weights = this.last = null;
    this.stream.clear();
    this.find(".pruning").textContent = pruningNote(prunes(shape));
    this.find(".stat-accuracy").textContent = "–";
    this.progress({ images: 0, of: shape.of, seconds: 0, zeroShare: 0, spikesPerImage: 0 }, 0);
    const bars = this.find(".bars");
    bars.replaceChildren(...learned.map((label, group) => this.bar(this.nameOf(label), group)));
    bars.classList.toggle("many", learned.length > 5);
    this.drawLegend();
  }

  progress(trained: Trained, perSecond: number): void {
    (this.find("progress") as HTMLProgressElement).value = trained.images / trained.of;
    const speed = perSecond > 0 ? ` · learns ${count(perSecond)} a second` : "";
    this.find(".run-text").textContent = `${count(trained.images)} of ${count(trained.of)} images${speed}`;
    this.zeros(trained.zeroShare);
  }

  zeros(share: number): void {
    this.find(".stat-zeros").textContent = percent(share);
  }

  tested(tested: Tested): void {
    this.find(".stat-accuracy").textContent = percent(tested.correct / tested.images);
    this.find(".stat-accuracy").title = `${count(tested.correct)} of ${count(tested.images)} images`;
  }

  drawWeights(weights: Uint8Array): void {
    this.weights = weights;
    if (!this.shape) return;
    const canvas = this.find(".mosaic") as HTMLCanvasElement;
    drawMosaic(canvas, this.shape, weights, isSigned(this.shape));
    canvas.ariaLabel = `Weights of ${this.shape.neurons} neurons`;
  }

  /** Shows an image and the spikes that it evoked, at once or spike by spike. */
  show(report: ShownReport, slowly: boolean): void {
    this.last = report;
    cancelAnimationFrame(this.frame);
    this.find(".note").textContent = this.shape ? noteOf(report.stimulus, prunes(this.shape), report.held) : "";
    if (!slowly) return this.answered(report);
    this.drawImage(report, false);
    const begun = performance.now();
    const next = () => {
      const ms = ((performance.now() - begun) / SLOW_MS) * report.shown.durationMs;
      if (ms >= report.shown.durationMs) return this.answered(report);
      this.showUntil(report, ms);
      this.frame = requestAnimationFrame(next);
    };
    next();
  }

  /** Shows all that an image evoked. */
  private answered(report: ShownReport): void {
    this.drawImage(report, true);
    this.showUntil(report, Infinity);
    if (report.stimulus === "drawing" || !this.shape) return;
    const { answer } = report.shown;
    const given = answer === null ? null : { name: this.nameOf(answer), group: this.learned.indexOf(answer) };
    const right = report.stimulus === "digits" ? answer === report.label : null;
    this.stream.add(this.shape, report.pixels, given, right);
  }

  redraw(): void {
    this.drawLegend();
    if (this.weights) this.drawWeights(this.weights);
    if (this.last) {
      this.drawImage(this.last, true);
      this.showUntil(this.last, Infinity);
    }
    [...this.find(".bars").children].forEach((bar, group) => {
      (bar.querySelector(".bar") as HTMLElement).style.background = groupColor(group);
    });
  }

  private find(selector: string): HTMLElement {
    return this.root.querySelector(selector) as HTMLElement;
  }

  private bar(name: string, group: number): HTMLElement {
    const item = document.createElement("li");
    const part = (parent: HTMLElement, className: string, text = "") => {
      const span = document.createElement("span");
      span.className = className;
      span.textContent = text;
      parent.append(span);
      return span;
    };
    part(item, "label", name);
    part(part(item, "track"), "bar").style.background = groupColor(group);
    part(item, "count", "0");
    return item;
  }

  private showUntil(report: ShownReport, untilMs: number): void {
    const { shape } = this;
    if (!shape) return;
    const { shown } = report;
    const groups = groupsOfNeurons(shape);
    const canvas = this.find(".raster") as HTMLCanvasElement;
    drawRaster(canvas, shown, shape.inputs, groups, untilMs);
    const spikes = shown.excitatory.times.length;
    canvas.ariaLabel = `${count(shown.input.times.length)} input spikes, ${count(spikes)} of E neurons, ${count(shown.inhibitory.times.length)} of I neurons`;
    const over = untilMs === Infinity;
    this.drawBars(over || shape.groups.length === 0 ? shown.groupSpikes : countsUntil(shown, groups, this.learned.length, untilMs));
    this.find(".says").textContent = over ? answerOf(shown, this.nameOf) : "…";
    this.find(".stat-spikes").textContent = count(over ? spikes : shown.excitatory.times.filter((ms) => ms <= untilMs).length);
  }

  private drawBars(votes: ArrayLike<number>): void {
    // Spikes of groups; where neurons vote by labels, spikes of a neuron.
    const least = this.shape?.groups.length ? 10 : 1;
    const most = Math.max(least, ...Array.from(votes));
    [...this.find(".bars").children].forEach((item, group) => {
      const vote = votes[group] ?? 0;
      (item.querySelector(".bar") as HTMLElement).style.width = `${(100 * vote) / most}%`;
      (item.querySelector(".count") as HTMLElement).textContent = count(vote);
    });
  }

  private drawImage(report: ShownReport, withEvidence: boolean): void {
    const { shape } = this;
    if (!shape) return;
    const canvas = this.find(".image") as HTMLCanvasElement;
    const { pixels, shown } = report;
    const colors = imageColors();
    canvas.width = shape.width;
    canvas.height = shape.height;
    const context = canvas.getContext("2d")!;
    context.drawImage(picture(shape.width, shape.height, (place) => colors[pixels[place]]), 0, 0);
    if (withEvidence && shown.answer !== null) {
      const tint = parseInt(styleColor("--evidence").slice(1), 16);
      const rgb = ((tint & 255) << 16) | (tint & 0xff00) | (tint >> 16);
      const alpha = (place: number) => Math.round(230 * Math.min(1, Math.max(0, shown.evidence[place])));
      context.drawImage(picture(shape.width, shape.height, (place) => ((alpha(place) << 24) | rgb) >>> 0), 0, 0);
    }
    const name = report.label === null ? "" : this.nameOf(report.label);
    const caption = captionOf(report.stimulus, name, report.held);
    this.find("figcaption").textContent = caption;
    canvas.ariaLabel = caption;
  }

  private drawLegend(): void {
    if (!this.shape) return;
    const signed = isSigned(this.shape);
    this.find(".ramp").style.background = weightGradient(signed);
    this.find(".low").textContent = signed ? "inhibits" : "no weight";
    this.find(".high").textContent = signed ? "excites" : "strong";
  }
}

/** The group of each neuron; one for all where they have none. */
function groupsOfNeurons(shape: Shape): number[] {
  if (shape.groups.length === 0) return new Array<number>(shape.neurons).fill(0);
  return shape.groups.flatMap((group, index) => new Array<number>(group.neurons).fill(index));
}

function countsUntil(shown: Shown, groupOf: number[], groups: number, untilMs: number): number[] {
  const counts = new Array<number>(groups).fill(0);
  shown.excitatory.times.forEach((ms, spike) => {
    if (ms <= untilMs) counts[groupOf[shown.excitatory.index[spike]]]++;
  });
  return counts;
}
