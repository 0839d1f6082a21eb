import type { Clock } from '../../runtime/application/ports';

/** A clock that stands still until it is moved or follows the machine. Sleeping moves it, and lets everything else run first. */
export class SettableClock implements Clock {
  private time: number;
  /** Milliseconds since 1970 by the machine from which on this clock goes as it does; null while it stands. */
  private since: number | null = null;

  /** @param start ISO time, such as `2030-01-15T14:00:00Z` */
  constructor(private readonly start: string) {
    this.time = Date.parse(start);
  }

  now(): number {
    return this.time + (this.since === null ? 0 : Date.now() - this.since);
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return;
    this.advance(ms);
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** @param iso the time it shows from now on */
  set(iso: string): void {
    this.time = Date.parse(iso);
    this.since = null;
  }

  /** Shows the machine's time from now on, and goes on with it. */
  followMachine(): void {
    this.time = this.since = Date.now();
  }

  advance(ms: number): void {
    this.time += ms;
  }

  advanceMinutes(minutes: number): void {
    this.advance(minutes * 60_000);
  }

  reset(): void {
    this.set(this.start);
  }
}
