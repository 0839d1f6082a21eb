import type { ClientConfig } from 'pg';
import type { AppendOptions, AppendResult } from './append-options';
import { withProgress } from './append-progress';
import { BatchAppender } from './batch-appender';
import { BATCH_BYTES, BATCH_EVENTS } from './batch-limits';
import { commit } from './batch-store';
import { Connection } from './connection';
import type { PreparedEvent } from './event-encoder';
import type { EventValues } from './event-values';

export interface AppendStreamOptions extends AppendOptions {
  /** As `pg` takes it. */
  readonly connection: ClientConfig;
  /** Called after each committed batch, with the events appended so far. */
  readonly onBatch?: (result: AppendResult, appended: number) => void;
  /** Stops between two batches. */
  readonly signal?: AbortSignal;
}

export interface AppendStreamResult extends AppendResult {
  readonly appended: number;
}

class BatchWriter {
  private pending: PreparedEvent[] = [];
  private pendingBytes = 0;
  private total: AppendStreamResult | null = null;

  constructor(
    private readonly connection: Connection,
    private readonly appender: BatchAppender,
    private readonly onBatch: AppendStreamOptions['onBatch'],
  ) {}

  get result(): AppendStreamResult | null {
    return this.total;
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
    await this.appender.send(client, batch);
    await commit(client, { batch, head });
    const result = this.appender.resultOf(batch, head);
    const appended = this.appended + this.pending.length;
    this.total = { ...result, firstIndex: this.total?.firstIndex ?? result.firstIndex, appended };
    this.pending = [];
    this.pendingBytes = 0;
    this.onBatch?.(result, appended);
  }
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

/**
 * Appends a stream of events, in transactions of up to 1,000 events or 4 MiB, on a connection of its own. Events
 * of other writers may come between two batches.
 * @returns what was appended; null for an empty stream. After `signal` aborted: what was appended until then.
 * @throws ConfigError `EVENT_INVALID` with the number of the event in the stream
 * @throws UnavailableError `APPEND_UNRESOLVED` when it is unknown whether the last batch was stored
 * @throws as `appendEvents`; hint and `done` of every error say what is stored
 */
export async function appendStream(
  events: AsyncIterable<EventValues>,
  options: AppendStreamOptions,
): Promise<AppendStreamResult | null> {
  const appender = new BatchAppender(options);
  const connection = await Connection.open(options.connection);
  const writer = new BatchWriter(connection, appender, options.onBatch);
  let taken = 0;
  try {
    const encoder = await appender.open(connection.client);
    for await (const event of untilAborted(events, options.signal)) {
      taken += 1;
      await writer.add(encoder.prepare(event, `event ${taken}`));
    }
    await writer.flush();
    return writer.result;
  } catch (error) {
    throw withProgress(error, { result: writer.result, taken });
  } finally {
    await connection.close();
    appender.dispose();
  }
}
