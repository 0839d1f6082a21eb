import type { ClientConfig } from 'pg';
import { AuditAnchorError, ConfigError } from '../../errors';
import type { AppendOptions, AppendResult } from './append-options';
import { BatchAppender } from './batch-appender';
import { BATCH_BYTES, BATCH_EVENTS } from './batch-limits';
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
    await this.connection.query('COMMIT');
    const result = this.appender.resultOf(batch, head);
    const appended = this.appended + this.pending.length;
    this.total = { ...result, firstIndex: this.total?.firstIndex ?? result.firstIndex, appended };
    this.pending = [];
    this.pendingBytes = 0;
    this.onBatch?.(result, appended);
  }
}

/** Tells how far a stream came: what was committed stays, so a retry has to start after it. */
function withProgress(error: unknown, appended: number): unknown {
  if (!(error instanceof ConfigError && error.code === 'EVENT_INVALID')) return error;
  const hint =
    appended === 0
      ? 'No event was stored; correct it and send all of them again.'
      : `Events 1 to ${appended} are stored; correct it and send from event ${appended + 1} on.`;
  return new ConfigError(error.code, error.message, { cause: error, hint, faults: error.faults });
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
 * @throws ConfigError `EVENT_INVALID` with the number of the event in the stream; its hint says what is stored
 * @throws as `appendEvents`
 */
export async function appendStream(
  events: AsyncIterable<EventValues>,
  options: AppendStreamOptions,
): Promise<AppendStreamResult | null> {
  const appender = new BatchAppender(options);
  const connection = await Connection.open(options.connection);
  const writer = new BatchWriter(connection, appender, options.onBatch);
  try {
    const encoder = await appender.open(connection.client);
    let position = 0;
    for await (const event of untilAborted(events, options.signal)) {
      position += 1;
      await writer.add(encoder.prepare(event, `event ${position}`));
    }
    await writer.flush();
    return writer.result;
  } catch (error) {
    throw error instanceof AuditAnchorError ? withProgress(error, writer.appended) : error;
  } finally {
    await connection.close();
    appender.dispose();
  }
}
