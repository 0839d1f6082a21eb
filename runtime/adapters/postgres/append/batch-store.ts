import type { ClientBase } from 'pg';
import type { Clock } from '../../../application/ports';
import { UnavailableError } from '../../../errors';
import { appendFailure, isPassing, isRolledBack, isUsableAfter } from './failure';
import type { BatchAppender } from './batch-appender';
import type { ClientLease, LeaseSource } from './client-lease';
import { type Head, hashIn, type LinkedBatch } from './copy-in';
import type { EventEncoder, PreparedEvent } from './event-encoder';
import { clientFailure } from '../goodbye';
import type { LockedHead } from './locked-head';

/** A batch is one transaction: large enough to be fast, small enough to hold the append lock briefly. */
export const BATCH_EVENTS = 1_000;
export const BATCH_BYTES = 4 * 1024 * 1024;

const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 5_000;

/** Where an event is: in which table, and in its chain. */
export interface Receipt {
  /** As the server resolved it: a search path may lead elsewhere. */
  readonly schema: string;
  readonly table: string;
  /** Its chain index. */
  readonly index: number;
  /** Hex `event_hash`. */
  readonly hash: string;
  /** Id of the secret that it was hashed under. */
  readonly keyId: string;
}

/** A batch whose COMMIT was sent. */
export interface SentBatch {
  readonly batch: LinkedBatch;
  readonly head: Head;
}

/** A COMMIT without an answer: the batch is in the chain as a whole, or not at all. */
export class CommitUnanswered extends Error {
  constructor(
    readonly sent: SentBatch,
    readonly failure: Error,
  ) {
    super(failure.message);
  }
}

/** It stayed unknown whether a batch is in the chain; `receipts` are those of its events if it is. */
export class BatchUnresolved extends Error {
  constructor(
    readonly receipts: readonly Receipt[],
    cause: unknown,
  ) {
    super('the outcome of a batch is unknown', { cause });
  }
}

export interface BatchStoreOptions {
  readonly appender: BatchAppender;
  readonly leases: LeaseSource;
  readonly clock: Clock;
  /** Number in [0, 1), as `Math.random` gives. */
  readonly jitter: () => number;
  /** Milliseconds for which a database that cannot be reached is tried again. */
  readonly maxRetryMs: number;
  /** Ends the waiting between two attempts; nothing is tried again after it. */
  readonly stop: AbortSignal;
}

/** Stores batches, each exactly once, whatever becomes of the connection. */
export class BatchStore {
  /** Since when the database fails, milliseconds since 1970; null while it works, or when nobody has asked since. */
  private failingSince: number | null = null;
  private current: ClientLease | null = null;

  constructor(private readonly options: BatchStoreOptions) {}

  /**
   * Looks the table up, with as many attempts as it takes.
   * @param since when the oldest of the events came that it is for, milliseconds since 1970
   * @throws as `store`, except `BatchUnresolved`
   */
  open(since: number): Promise<EventEncoder> {
    const { appender } = this.options;
    return this.persist(
      () => this.withClient((client) => appender.open(client)),
      since,
      (error) => error,
    );
  }

  /**
   * @param since when the oldest of the events came, milliseconds since 1970
   * @throws UnavailableError, ConfigError when nothing of it was stored
   * @throws BatchUnresolved when that stayed unknown
   */
  store(events: readonly PreparedEvent[], since: number): Promise<readonly Receipt[]> {
    let doubt: SentBatch | null = null;
    const attempt = async (): Promise<readonly Receipt[]> => {
      try {
        return await this.withClient(async (client) => {
          const head = await this.options.appender.begin(client);
          if (doubt && (await this.isStored(client, doubt, head))) {
            await client.query('ROLLBACK');
            return this.receiptsOf(doubt);
          }
          doubt = null;
          return await this.append(client, events, head);
        });
      } catch (error) {
        if (!(error instanceof CommitUnanswered)) throw error;
        doubt = error.sent;
        throw error.failure;
      }
    };
    return this.persist(attempt, since, (error) =>
      doubt ? new BatchUnresolved(this.receiptsOf(doubt), error) : error,
    );
  }

  /** Cuts the connection of the attempt under way, if any. */
  async cut(): Promise<void> {
    await this.current?.release(false);
  }

  /** No event waits any more: a database that fails the next ones may have worked in between. */
  rest(): void {
    this.failingSince = null;
  }

  /**
   * Repeats what fails for a while only: since the database fails, or since the events came if that was later. So each
   * of them is tried for that long, and none for longer because others waited before it.
   * @param final words the error that ends it
   */
  private async persist<T>(
    attempt: () => Promise<T>,
    since: number,
    final: (error: unknown) => unknown,
  ): Promise<T> {
    const { clock, maxRetryMs, stop } = this.options;
    for (let attempts = 1; ; attempts++) {
      if (stop.aborted) throw final(stopped());
      try {
        const result = await attempt();
        this.failingSince = null;
        return result;
      } catch (error) {
        if (stop.aborted) throw final(stopped(error));
        if (!isPassing(error)) throw final(error);
        this.failingSince ??= clock.now();
        const wait = this.waitMs(attempts);
        if (clock.now() + wait - Math.max(this.failingSince, since) > maxRetryMs) throw final(error);
        await clock.sleep(wait, stop);
      }
    }
  }

  private waitMs(attempts: number): number {
    const full = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempts - 1));
    return Math.round(full / 2 + (full / 2) * this.options.jitter());
  }

  private async withClient<T>(use: (client: ClientBase) => Promise<T>): Promise<T> {
    const lease = await this.options.leases.lease();
    this.current = lease;
    let reusable = false;
    try {
      const result = await use(lease.client);
      reusable = true;
      return result;
    } catch (error) {
      reusable = isUsableAfter(error) && (await rolledBack(lease.client));
      throw databaseFailureUnlessOurs(error, lease.client);
    } finally {
      this.current = null;
      await lease.release(reusable);
    }
  }

  private async append(
    client: ClientBase,
    events: readonly PreparedEvent[],
    head: LockedHead,
  ): Promise<readonly Receipt[]> {
    const { appender } = this.options;
    const sent = { batch: appender.link(events, head), head };
    await appender.send(client, sent.batch, head);
    await commit(client, sent);
    return this.receiptsOf(sent);
  }

  /**
   * Asked under the append lock, which a transaction of a lost connection would still hold if it had not ended:
   * what is not there now will not come any more.
   */
  private async isStored(client: ClientBase, sent: SentBatch, head: Head): Promise<boolean> {
    const count = sent.batch.ends.length;
    const last = sent.head.index + count;
    if (head.index < last) return false;
    const hash = head.index === last ? head.hash : await this.options.appender.hashAt(client, last);
    return hash !== null && hash.equals(hashIn(sent.batch, count - 1));
  }

  private receiptsOf({ batch, head }: SentBatch): readonly Receipt[] {
    const { keyId, place } = this.options.appender;
    return batch.ends.map((_, position) => ({
      ...place,
      index: head.index + 1 + position,
      hash: hashIn(batch, position).toString('hex'),
      keyId,
    }));
  }
}

/** What events of a writer that was told to stop are rejected with. */
export function stopped(cause?: unknown): UnavailableError {
  return new UnavailableError('INTERRUPTED', 'the writer was stopped; the event was not stored', { cause });
}

/**
 * @throws CommitUnanswered unless the server said what became of it
 * @throws EventRefused when a deferred constraint or trigger refused an event
 */
export async function commit(client: ClientBase, sent: SentBatch): Promise<void> {
  let said: string;
  try {
    said = (await client.query('COMMIT')).command;
  } catch (error) {
    throw isRolledBack(error)
      ? appendFailure(error, client)
      : new CommitUnanswered(sent, clientFailure(error, client));
  }
  if (said === 'COMMIT') return;
  throw new UnavailableError('DB_ERROR', `the server answered COMMIT with ${said}: nothing was stored`);
}

async function rolledBack(client: ClientBase): Promise<boolean> {
  return client.query('ROLLBACK').then(
    () => true,
    () => false,
  );
}

function databaseFailureUnlessOurs(error: unknown, client: ClientBase): unknown {
  return error instanceof CommitUnanswered ? error : clientFailure(error, client);
}
