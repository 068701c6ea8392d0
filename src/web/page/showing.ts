import type { Speed, Stimulus } from "./messages";
import type { Network } from "./network";

/** How often the image changes at each speed of the training; with reduced motion no more often than `CALM_MS`. */
const EVERY_MS: Record<Speed, number> = { slow: 5000, ten: 100, hundred: 400, full: 400 };
const CALM_MS = 1500;
/** Showing takes no more than this share of a network's time. */
const SHARE = 0.06;

/** What all networks are shown, the same image to each, no faster than they answer. */
export class Showing {
  stimulus: Stimulus = { kind: "digits" };
  private nth = 0;
  private waiting = new Set<Network>();
  private again = false;
  private timer = 0;
  private everyMs = EVERY_MS.full;

  constructor(
    private readonly networks: () => Network[],
    /** Whether images follow each other. */
    private readonly streams: () => boolean,
  ) {}

  setPace(speed: Speed, calm: boolean): void {
    this.everyMs = Math.max(EVERY_MS[speed], calm ? CALM_MS : 0);
  }

  /** Shows the next image; as soon as the last one is answered. */
  next(stimulus = this.stimulus): void {
    this.stimulus = stimulus;
    clearTimeout(this.timer);
    this.again = this.waiting.size > 0;
    if (this.again) return;
    this.waiting = new Set(this.networks());
    this.waiting.forEach((network) => network.show(stimulus, this.nth));
    this.nth++;
  }

  /** Networks that were waited for are no more. */
  forget(): void {
    this.waiting.clear();
    this.again = false;
  }

  answered(network: Network, tookMs: number): void {
    this.waiting.delete(network);
    if (this.waiting.size > 0) return;
    if (this.again) return this.next();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.streams() && this.next(), Math.max(this.everyMs, tookMs / SHARE));
  }
}
