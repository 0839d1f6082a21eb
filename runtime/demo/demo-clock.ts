import type { Clock } from '../application/ports';

/** A clock that starts in the past and is moved by hand, so that a morning of anchors takes a second. */
export class DemoClock implements Clock {
  private time: number | null;

  /** @param start milliseconds since 1970, not after the machine's own time */
  constructor(start: number) {
    this.time = start;
  }

  now(): number {
    return this.time ?? Date.now();
  }

  /** Sleeping is moving on. */
  sleep(ms: number): Promise<void> {
    this.advance(ms);
    return Promise.resolve();
  }

  advance(ms: number): void {
    if (this.time !== null) this.time = Math.min(this.time + ms, Date.now());
  }

  /** Moves to the next full hour and `seconds` beyond it. */
  toNextHour(seconds: number): void {
    const hour = 3_600_000;
    this.advance(Math.floor(this.now() / hour) * hour + hour - this.now() + seconds * 1000);
  }

  /** From now on the machine's clock. */
  release(): void {
    this.time = null;
  }
}
