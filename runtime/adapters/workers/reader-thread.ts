import type { MessagePort } from 'node:worker_threads';
import { parentPort, workerData } from 'node:worker_threads';
import type { ChainReading } from '../../application/scan-chain';
import { rateLimit } from '../../application/verify/rate-limit';
import type { PartRequest } from '../../application/verify/scan-part';
import { scanPart } from '../../application/verify/scan-part';
import { systemClock } from '../clock/system-clock';
import { CHAIN_KEY_BYTES } from '../digests/chain-keys';
import { createDigestEngine } from '../digests/select-engine';
import { PostgresAuditLog } from '../postgres/read/audit-log';
import { fromPlain } from './connection-settings';
import type { FromReader, ReaderData, ToReader } from './messages';
import { ALIVE_MS, plainError } from './messages';

function readingOf({ chainId, layout, keyIds, keys }: ReaderData): ChainReading {
  const each = keyIds.map((_id, at) => new Uint8Array(keys, at * CHAIN_KEY_BYTES, CHAIN_KEY_BYTES));
  return { chainId, layout, keys: { ids: keyIds, keys: each }, createEngine: createDigestEngine };
}

class Reader {
  private readonly auditLog: PostgresAuditLog;
  private readonly reading: ChainReading;
  private readonly stop = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly data: ReaderData,
    private readonly port: MessagePort,
  ) {
    const { connection, table, layout, chainId } = data;
    this.auditLog = new PostgresAuditLog({ connection: fromPlain(connection), table, layout, chainId });
    this.reading = readingOf(data);
    setInterval(() => this.say({ kind: 'alive' }), ALIVE_MS).unref();
  }

  take(message: ToReader): void {
    if (message.kind === 'scan') this.running = this.scan(message.request);
    else void this.leave();
  }

  private say(message: FromReader): void {
    this.port.postMessage(message);
  }

  private async scan(request: PartRequest): Promise<void> {
    const { signal } = this.stop;
    const { exported, eventsPerSecond } = this.data;
    try {
      const result = await this.auditLog.snapshot(
        (snapshot) =>
          scanPart(snapshot, this.reading, request, {
            onProgress: (events) => this.say({ kind: 'progress', events }),
            onUnfinished: (findings) => this.say({ kind: 'unfinished', findings }),
            pace: eventsPerSecond === null ? undefined : rateLimit(systemClock, eventsPerSecond, signal),
            signal,
          }),
        { exported, signal },
      );
      this.say({ kind: 'done', result });
    } catch (error) {
      this.say({ kind: 'failed', error: plainError(error) });
    }
  }

  /** Lets go of everything, after which nothing keeps the thread alive. */
  private async leave(): Promise<void> {
    this.stop.abort();
    await this.running;
    await this.auditLog.close();
    this.port.close();
  }
}

/** Reads parts for the thread that started this one, until it is told to stop. */
export function serveReader(): void {
  if (!parentPort) throw new Error('a reader has to be started as a worker thread');
  const reader = new Reader(workerData as ReaderData, parentPort);
  parentPort.on('message', (message: ToReader) => reader.take(message));
}
