/** A task that is done now and then, but takes no more than a share of the time. */
export class Due {
  private next = -Infinity;

  constructor(
    private everyMs: number,
    private readonly share: number,
  ) {}

  setInterval(everyMs: number): void {
    this.everyMs = everyMs;
    this.next = -Infinity;
  }

  now(): boolean {
    return performance.now() >= this.next;
  }

  async run(task: () => Promise<void>): Promise<void> {
    const begun = performance.now();
    await task();
    const cost = performance.now() - begun;
    this.next = begun + Math.max(this.everyMs, cost / this.share);
  }
}
