import { unlessAborted } from '../../application/interruption';
import type { Clock } from '../../application/ports';
import { backoffMs, type Jitter } from './backoff';
import { isThrottled, isTransient } from './s3-failure';
import { S3RequestFailed } from './s3-request-failed';

/** Attempts of a request that S3 does not answer, or answers with a fault of its own. */
const MAX_ATTEMPTS = 3;
/** Milliseconds that a throttled request waits while no other request comes through either. */
const THROTTLE_BUDGET_MS = 60_000;

/**
 * Repeats requests that can be asked twice. When S3 throttles (503 SlowDown), fewer of them go out at the same time:
 * half as many, then one more for each round of answers. Throttling is no failure as long as any request gets
 * through: a bucket with years of anchors is read at the speed that S3 allows.
 */
export class RequestPace {
  private limit = Infinity;
  private active = 0;
  /** Requests sent before the limit was last cut tell nothing about the limit since. */
  private cuts = 0;
  private succeeded = 0;
  /** A request gave up, and none has come through since: the next ones do not wait as long again. */
  private starved = false;
  private readonly waiting = new Set<() => void>();
  private readonly closing = new AbortController();

  constructor(
    private readonly clock: Clock,
    private readonly jitter: Jitter,
  ) {}

  /**
   * @param send one attempt; its `S3RequestFailed` decides whether there is another
   * @param signal ends the waiting before and between attempts; its reason is thrown
   */
  async run<T>(send: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    let attempts = 0;
    let throttles = 0;
    let waited = 0;
    let seen = this.succeeded;
    for (;;) {
      const cuts = await this.enter(signal);
      try {
        const result = await send();
        this.grow();
        return result;
      } catch (error) {
        const failure = error instanceof S3RequestFailed ? error.failure : null;
        if (failure && isThrottled(failure)) {
          throttles += 1;
          this.cut(cuts);
          if (seen !== this.succeeded) waited = 0;
          seen = this.succeeded;
        } else {
          attempts += 1;
          if (!failure || !isTransient(failure) || attempts === MAX_ATTEMPTS) throw error;
        }
        this.starved ||= waited >= THROTTLE_BUDGET_MS;
        if (this.closing.signal.aborted || this.starved) throw error;
      } finally {
        this.leave();
      }
      const wait = backoffMs(Math.max(attempts, throttles), this.jitter);
      waited += wait;
      const { signal: closed } = this.closing;
      await this.clock.sleep(wait, signal ? AbortSignal.any([signal, closed]) : closed);
      signal?.throwIfAborted();
    }
  }

  /** Ends the waiting between attempts: what is under way fails with its last answer. */
  close(): void {
    this.closing.abort();
  }

  private async enter(signal: AbortSignal | undefined): Promise<number> {
    while (this.active >= this.limit) await this.turn(signal);
    this.active += 1;
    return this.cuts;
  }

  /** Waits until one that is under way ends; whoever is aborted gives up the place to those behind. */
  private async turn(signal: AbortSignal | undefined): Promise<void> {
    let next = (): void => undefined;
    const freed = new Promise<void>((resolve) => {
      next = resolve;
      this.waiting.add(next);
    });
    try {
      await unlessAborted(() => freed, signal);
    } catch (error) {
      // It may have been let through in the same moment.
      if (!this.waiting.delete(next)) this.wake();
      throw error;
    }
  }

  private leave(): void {
    this.active -= 1;
    this.wake();
  }

  private wake(): void {
    const free = Math.max(0, Math.floor(this.limit) - this.active);
    for (const next of [...this.waiting].slice(0, free)) {
      this.waiting.delete(next);
      next();
    }
  }

  private grow(): void {
    this.succeeded += 1;
    this.starved = false;
    this.limit += 1 / this.limit;
  }

  private cut(cuts: number): void {
    if (cuts !== this.cuts) return;
    this.cuts += 1;
    this.limit = Math.max(1, Math.floor(Math.min(this.limit, this.active) / 2));
  }
}
