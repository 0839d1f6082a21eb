import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../../application/ports';
import { UnavailableError } from '../../../errors';
import { BATCH_BYTES, type Receipt } from './batch-store';
import type { PreparedEvent } from './event-encoder';
import type { EventValues } from './event-values';

export interface QueueLimits {
  /** Events of one batch. */
  readonly batch: number;
  /** Milliseconds the oldest event waits for others. */
  readonly waitMs: number;
  /** Events that wait or are under way. */
  readonly pending: number;
}

/** An event whose producer waits for its receipt. */
export interface WaitingEvent {
  readonly event: PreparedEvent;
  /** When it came, milliseconds since 1970. */
  readonly since: number;
  readonly resolve: (receipt: Receipt) => void;
  readonly reject: (error: unknown) => void;
}

/** Checks and encodes the values of an event; throws what its producer is told. */
export type Prepare = (values: EventValues) => PreparedEvent;

interface Entry {
  readonly values: EventValues;
  event: PreparedEvent | null;
  readonly number: number;
  readonly since: number;
  readonly resolve: (receipt: Receipt) => void;
  readonly reject: (error: unknown) => void;
}

/** Events in the order in which they came, those under way first. */
export class AppendQueue {
  private waiting: Entry[] = [];
  private underWay: readonly Entry[] = [];
  private accepted = 0;
  private prepare: Prepare | null = null;
  /** Callers of `drained`, and the last event that each of them waits for. */
  private drains: { readonly last: number; readonly resolve: () => void }[] = [];
  /** Callers of `room`, first come first served. */
  private roomSeekers: (() => void)[] = [];
  /** Places promised to callers of `room` within this turn of the event loop, and not taken yet. */
  private promised = 0;
  private gathering: AbortController | null = null;
  /** Callers that wait for the queue to drain: nothing waits for company meanwhile. */
  private hurried = 0;

  constructor(
    private readonly limits: QueueLimits,
    private readonly clock: Clock,
  ) {}

  /** Events without a receipt yet. */
  get pending(): number {
    return this.waiting.length + this.underWay.length;
  }

  get isEmpty(): boolean {
    return this.waiting.length === 0;
  }

  /** When the oldest event that waits came, milliseconds since 1970; 0 without one. */
  get waitingSince(): number {
    return this.waiting[0]?.since ?? 0;
  }

  /** Rejects a bad event at once if it can be told yet. */
  add(values: EventValues): Promise<Receipt> {
    return new Promise((resolve, reject) => {
      if (this.pending >= this.limits.pending) throw this.full();
      this.promised = Math.max(0, this.promised - 1);
      const event = this.prepare?.(values) ?? null;
      const kept = event ? {} : { ...values };
      const entry = {
        values: kept,
        event,
        number: ++this.accepted,
        since: this.clock.now(),
        resolve,
        reject,
      };
      this.waiting.push(entry);
      if (this.waiting.length >= this.limits.batch) this.gathering?.abort();
    });
  }

  /** The means to check events have been found: rejects what is bad among those that wait. */
  checkWith(prepare: Prepare): void {
    this.prepare = prepare;
    this.waiting = this.waiting.filter((entry) => {
      try {
        entry.event = prepare(entry.values);
        return true;
      } catch (error) {
        entry.reject(error);
        return false;
      }
    });
    this.notify();
  }

  /** Resolves when a batch is worth sending. */
  async gather(): Promise<void> {
    // Producers that were just given their receipts come back within this turn of the event loop.
    await nextTurn();
    const wait = this.waitingSince + this.limits.waitMs - this.clock.now();
    if (this.hurried > 0 || wait <= 0 || this.waiting.length >= this.limits.batch) return;
    this.gathering = new AbortController();
    await this.clock.sleep(wait, this.gathering.signal);
    this.gathering = null;
  }

  /** The next batch, oldest first; under way until `done`. Needs `checkWith` before. */
  take(): readonly WaitingEvent[] {
    let bytes = 0;
    let count = 0;
    for (const { event } of this.waiting) {
      bytes += event?.tuple.length ?? 0;
      if (count > 0 && (count === this.limits.batch || bytes > BATCH_BYTES)) break;
      count += 1;
    }
    this.underWay = this.waiting.splice(0, count);
    return this.underWay.flatMap(({ event, since, resolve, reject }) =>
      event ? [{ event, since, resolve, reject }] : [],
    );
  }

  /** Everything under way was answered. */
  done(): void {
    this.underWay = [];
    this.notify();
  }

  /** Rejects everything that waits. */
  rejectWaiting(error: unknown): void {
    for (const { reject } of this.waiting.splice(0)) reject(error);
    this.gathering?.abort();
    this.notify();
  }

  /** Resolves when every event added so far was answered; does not wait for others to come. */
  async drained(): Promise<void> {
    const last = this.accepted;
    this.hurried += 1;
    this.gathering?.abort();
    if (this.oldest <= last) await new Promise<void>((resolve) => this.drains.push({ last, resolve }));
    this.hurried -= 1;
  }

  /**
   * Resolves when there is room for another event; of many callers, as many as there is room for, provided that each
   * of them adds its event within the same turn of the event loop.
   */
  room(): Promise<void> {
    return new Promise((resolve) => {
      this.roomSeekers.push(resolve);
      this.admit();
    });
  }

  private get oldest(): number {
    return this.underWay[0]?.number ?? this.waiting[0]?.number ?? Infinity;
  }

  private notify(): void {
    const due = this.drains.filter(({ last }) => this.oldest > last);
    this.drains = this.drains.filter(({ last }) => this.oldest <= last);
    due.forEach(({ resolve }) => resolve());
    this.admit();
  }

  private admit(): void {
    const free = this.limits.pending - this.pending - this.promised;
    const admitted = this.roomSeekers.splice(0, Math.max(0, free));
    if (admitted.length > 0 && this.promised === 0) {
      setImmediate(() => {
        this.promised = 0;
        this.admit();
      });
    }
    this.promised += admitted.length;
    admitted.forEach((resolve) => resolve());
  }

  private full(): UnavailableError {
    return new UnavailableError(
      'QUEUE_FULL',
      `maxPending of ${this.limits.pending} is reached: as many events wait for the database; this one was not taken`,
      { hint: 'Await ready() before the next append, or the receipts of earlier ones.' },
    );
  }
}
