import type { ClientConfig } from 'pg';
import { UnavailableError } from '../../../errors';
import { EventRefused } from './failure';
import type { AppendOptions, AppendResult } from './options';
import { withProgress } from './progress';
import { BatchAppender } from './batch-appender';
import { BATCH_BYTES, BATCH_EVENTS, commit, CommitUnanswered, type SentBatch } from './batch-store';
import { Connection } from '../connection';
import type { PreparedEvent } from './event-encoder';
import type { EventValues } from './event-values';
import { firstRefused } from './first-refused';

export interface AppendStreamOptions extends AppendOptions {
  /** As `pg` takes it. */
  readonly connection: ClientConfig;
  /** Called after each committed batch, with the events appended so far. */
  readonly onBatch?: (result: AppendResult, appended: number) => void;
  /**
   * Stops the reading of events. What was read is stored, if the server takes it within a second; otherwise the
   * connection is cut.
   */
  readonly signal?: AbortSignal;
}

export interface AppendStreamResult extends AppendResult {
  readonly appended: number;
}

/** How long a server may take to store what was read when `signal` aborts, milliseconds. */
const LAST_BATCH_MS = 1_000;

/** The signal aborted, and not everything that was read could be stored: what is not named here was rolled back. */
export class AppendInterrupted extends UnavailableError {
  /**
   * @param stored null when nothing was
   * @param unresolved a batch whose COMMIT had no answer: it is in the chain as a whole, or not at all
   */
  constructor(
    readonly stored: AppendStreamResult | null,
    readonly unresolved: AppendResult | null,
    cause: unknown,
  ) {
    super('INTERRUPTED', 'stopped before everything that was read could be stored', { cause });
  }
}

/** An event of a stream is a line of its input. */
function nameOf(number: number): string {
  return `line ${number}`;
}

class BatchWriter {
  private pending: PreparedEvent[] = [];
  private pendingBytes = 0;
  private total: AppendStreamResult | null = null;
  private committing: SentBatch | null = null;

  constructor(
    private readonly connection: Connection,
    private readonly appender: BatchAppender,
    private readonly onBatch: AppendStreamOptions['onBatch'],
  ) {}

  get result(): AppendStreamResult | null {
    return this.total;
  }

  /** A batch whose COMMIT was sent and not answered. */
  get unresolved(): AppendResult | null {
    return this.committing && this.appender.resultOf(this.committing.batch, this.committing.head);
  }

  get appended(): number {
    return this.total?.appended ?? 0;
  }

  async add(event: PreparedEvent): Promise<void> {
    this.pending.push(event);
    this.pendingBytes += event.tuple.length;
    if (this.pending.length >= BATCH_EVENTS || this.pendingBytes >= BATCH_BYTES) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.pending.length === 0) return;
    const { client } = this.connection;
    const head = await this.appender.begin(client);
    const batch = this.appender.link(this.pending, head);
    try {
      await this.appender.send(client, batch, head);
      await this.commit({ batch, head });
    } catch (error) {
      throw error instanceof EventRefused ? await this.named(error) : error;
    }
    const result = this.appender.resultOf(batch, head);
    const appended = this.appended + this.pending.length;
    this.total = { ...result, firstIndex: this.total?.firstIndex ?? result.firstIndex, appended };
    this.pending = [];
    this.pendingBytes = 0;
    this.onBatch?.(result, appended);
  }

  private async named(error: EventRefused): Promise<Error> {
    const found =
      error.code === 'EVENT_ALTERED' && error.position !== null
        ? { position: error.position, refusal: error }
        : await firstRefused(this.connection.client, this.appender, this.pending, error);
    return found.refusal.about(nameOf(this.appended + found.position + 1));
  }

  private async commit(sent: SentBatch): Promise<void> {
    this.committing = sent;
    try {
      await commit(this.connection.client, sent);
    } catch (error) {
      if (!(error instanceof CommitUnanswered)) this.committing = null;
      throw error;
    }
    this.committing = null;
  }
}

/** A signal that aborts `LAST_BATCH_MS` after another one. */
class LastCall {
  private readonly late = new AbortController();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly first: AbortSignal | undefined) {
    if (first?.aborted) this.wait();
    else first?.addEventListener('abort', this.wait, { once: true });
  }

  get signal(): AbortSignal {
    return this.late.signal;
  }

  /** It is not needed any more. */
  dispose(): void {
    this.first?.removeEventListener('abort', this.wait);
    clearTimeout(this.timer);
  }

  private readonly wait = (): void => {
    this.timer = setTimeout(() => this.late.abort(this.first?.reason), LAST_BATCH_MS);
  };
}

function isOfInterruption(error: unknown, signal: AbortSignal): boolean {
  return error === signal.reason || error instanceof UnavailableError || error instanceof CommitUnanswered;
}

/** Events as they come, with the signal looked at before each. */
async function* untilAborted(
  events: AsyncIterable<EventValues>,
  signal: AbortSignal | undefined,
): AsyncGenerator<EventValues> {
  for await (const event of events) {
    if (signal?.aborted) return;
    yield event;
  }
}

async function connect({ connection, signal }: AppendStreamOptions): Promise<Connection> {
  try {
    return await Connection.open(connection, signal);
  } catch (error) {
    throw signal?.aborted ? new AppendInterrupted(null, null, error) : error;
  }
}

/**
 * Appends a stream of events, in transactions of up to 1,000 events or 4 MiB, on a connection of its own. Events
 * of other writers may come between two batches.
 * @returns what was appended; null for an empty stream. After `signal` aborted: what was read until then.
 * @throws AppendInterrupted when that could not be stored in time, also while the server is silent
 * @throws ConfigError `EVENT_INVALID`, `EVENT_ALTERED` with the number of the event in the stream
 * @throws UnavailableError `APPEND_UNRESOLVED` when it is unknown whether the last batch was stored
 * @throws as `appendEvents`; hint and `done` of every error say what is stored
 */
export async function appendStream(
  events: AsyncIterable<EventValues>,
  options: AppendStreamOptions,
): Promise<AppendStreamResult | null> {
  const { signal } = options;
  const appender = new BatchAppender(options);
  const connection = await connect(options);
  const writer = new BatchWriter(connection, appender, options.onBatch);
  const lastCall = new LastCall(signal);
  let taken = 0;
  try {
    await connection.until(lastCall.signal, async () => {
      const encoder = await appender.open(connection.client);
      for await (const event of untilAborted(events, signal)) {
        taken += 1;
        await writer.add(encoder.prepare(event, nameOf(taken)));
      }
      await writer.flush();
    });
    return writer.result;
  } catch (error) {
    if (signal?.aborted && isOfInterruption(error, signal)) {
      throw new AppendInterrupted(writer.result, writer.unresolved, error);
    }
    throw withProgress(error, { result: writer.result, unresolved: writer.unresolved, taken });
  } finally {
    lastCall.dispose();
    await connection.close();
    appender.dispose();
  }
}
