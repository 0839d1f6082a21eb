import { ConfigError, UnavailableError } from '../../../errors';
import { systemClock } from '../../clock/system-clock';
import { BatchAppender } from './batch-appender';
import { EventRefused, isAboutAnEvent } from './failure';
import { AppendQueue, type WaitingEvent } from './queue';
import { BatchStore, BatchUnresolved, type Receipt, stopped } from './batch-store';
import { type ChainWriterOptions, limitsOf, retryMsOf } from './chain-writer-options';
import { type LeaseSource, OwnConnection, PooledClients } from './client-lease';
import type { EventValues } from './event-values';

/** How long a batch under way may go on after `signal` aborted, milliseconds. */
const ABORT_GRACE_MS = 2_000;
const REFUSED_ALONE = 'It was not stored; others are not affected.';

/** The connection was lost while the event was being committed, and the database could not be asked since. */
export class AppendUnresolvedError extends UnavailableError {
  constructor(
    /** Where the event is if it was stored. */
    readonly receipt: Receipt,
    cause: unknown,
  ) {
    const words = cause instanceof Error ? cause.message : String(cause);
    super(
      'APPEND_UNRESOLVED',
      `it is unknown whether the event was stored, as index ${receipt.index} with hash ${receipt.hash}: ${words}`,
      { cause, hint: 'If the chain has this hash at this index, it was stored; if not, append it again.' },
    );
  }
}

/**
 * Appends the events of many producers in few transactions: while one batch is being committed the next one
 * gathers. Each `append` resolves when its event is durable. Events are stored in the order of the calls and exactly
 * once, also across lost connections. Other writers may append to the same chain meanwhile; they take turns.
 */
export class ChainWriter {
  private readonly queue: AppendQueue;
  private readonly appender: BatchAppender;
  private readonly leases: LeaseSource;
  private readonly store: BatchStore;
  private readonly stop = new AbortController();
  private readonly stopListening: () => void;
  private opened = false;
  private working: Promise<void> | null = null;
  private closing: Promise<void> | null = null;

  /**
   * Connects to nothing: the database is looked for with the first event.
   * @throws ConfigError `USAGE` for an option out of bounds or a foreign chain; `KEY_UNKNOWN`
   */
  constructor(options: ChainWriterOptions) {
    const { clock = systemClock, jitter = Math.random, signal } = options;
    this.queue = new AppendQueue(limitsOf(options), clock);
    const maxRetryMs = retryMsOf(options);
    this.appender = new BatchAppender(options);
    this.leases = options.pool ? new PooledClients(options.pool) : new OwnConnection(options.connection);
    const { appender, leases } = this;
    this.store = new BatchStore({ appender, leases, clock, jitter, maxRetryMs, stop: this.stop.signal });
    const abort = (): void => this.abort();
    this.stopListening = () => signal?.removeEventListener('abort', abort);
    if (signal?.aborted) this.abort();
    else signal?.addEventListener('abort', abort, { once: true });
  }

  /** Events whose `append` has not been answered yet. */
  get pending(): number {
    return this.queue.pending;
  }

  /**
   * Appends one event.
   * @returns its place in the chain, once its transaction is committed
   * @throws ConfigError `EVENT_INVALID`, `EVENT_ALTERED` for this event alone; `TABLE_NOT_FOUND`, `TABLE_SHAPE`, `DB_AUTHENTICATION`,
   *   `DB_NOT_FOUND`; `USAGE` after `close`. The event was not stored, and later ones are tried anew
   * @throws UnavailableError `DB_*` when the database refused it or could not be reached for `maxRetryMs`,
   *   `QUEUE_FULL`, `INTERRUPTED`: it was not stored
   * @throws AppendUnresolvedError when the connection was lost during COMMIT and not regained within `maxRetryMs`
   */
  async append(values: EventValues): Promise<Receipt> {
    if (this.stop.signal.aborted) throw stopped();
    if (this.closing) throw new ConfigError('USAGE', 'the writer is closed; the event was not stored');
    const receipt = this.queue.add(values);
    if (!this.queue.isEmpty) this.working ??= this.work();
    return receipt;
  }

  /**
   * Resolves when there is room for another event: what a producer waits for that must not fail with `QUEUE_FULL`.
   * Append right after it; the place is kept for this turn of the event loop.
   */
  ready(): Promise<void> {
    return this.queue.room();
  }

  /** Sends what waits without waiting for more; resolves when every event appended so far was answered. */
  flush(): Promise<void> {
    return this.queue.drained();
  }

  /** Takes no more events, stores those that wait, disconnects and wipes the key. May be called again. */
  close(): Promise<void> {
    this.closing ??= this.finish();
    return this.closing;
  }

  private async finish(): Promise<void> {
    await this.flush();
    await this.working;
    this.stopListening();
    await this.leases.close();
    this.appender.dispose();
  }

  private abort(): void {
    this.stop.abort();
    this.queue.rejectWaiting(stopped());
    const timer = setTimeout(() => void this.store.cut(), ABORT_GRACE_MS);
    void Promise.resolve(this.working).finally(() => clearTimeout(timer));
  }

  private async work(): Promise<void> {
    while (!this.queue.isEmpty) {
      await this.queue.gather();
      if (!(await this.open())) continue;
      await this.storeAll(this.queue.take());
      this.queue.done();
    }
    this.store.rest();
    this.working = null;
  }

  /** Finds the table with the first events; they all fail with it when it cannot be used. */
  private async open(): Promise<boolean> {
    if (this.opened) return true;
    try {
      const encoder = await this.store.open(this.queue.waitingSince);
      this.queue.checkWith((values) => encoder.prepare(values, 'the event', REFUSED_ALONE));
      this.opened = true;
    } catch (error) {
      this.queue.rejectWaiting(error);
    }
    return this.opened;
  }

  /** Stores a batch; when the server refuses an event that could not be told to be bad, all but that one. */
  private async storeAll(batch: readonly WaitingEvent[]): Promise<void> {
    const [oldest] = batch;
    if (!oldest) return;
    try {
      const events = batch.map(({ event }) => event);
      const receipts = await this.store.store(events, oldest.since);
      receipts.forEach((receipt, position) => batch[position]?.resolve(receipt));
    } catch (error) {
      if (error instanceof BatchUnresolved) {
        error.receipts.forEach((receipt, position) =>
          batch[position]?.reject(new AppendUnresolvedError(receipt, error.cause)),
        );
      } else if (batch.length > 1 && isAboutAnEvent(error)) {
        const middle = batch.length >> 1;
        await this.storeAll(batch.slice(0, middle));
        await this.storeAll(batch.slice(middle));
      } else {
        const told = error instanceof EventRefused ? error.about('the event', REFUSED_ALONE) : error;
        batch.forEach(({ reject }) => reject(told));
      }
    }
  }
}
