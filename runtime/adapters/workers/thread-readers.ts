import type { Worker, WorkerOptions } from 'node:worker_threads';
import type { ChainReading } from '../../application/scan-chain';
import type { PartListener, PartRequest } from '../../application/verify/scan-part';
import type { PartScanner, ScanWorkers } from '../../application/verify/scan-parts';
import type { PartResult } from '../../domain/sharding/part-result';
import { UnavailableError } from '../../errors';
import { CHAIN_KEY_BYTES } from '../digests/chain-keys';
import type { TableName } from '../postgres/table';
import type { ConnectionSettings } from './connection-settings';
import { toPlain } from './connection-settings';
import type { FromReader, ReaderData, ToReader } from './messages';
import { READER } from './is-reader-thread';
import { errorOf } from './messages';

/** How long a reader may take to let go of its connection before its thread is ended. */
const LEAVE_MS = 2_000;
/** After so long without a sign of life from its thread a reader is lost. */
const SILENT_MS = 60_000;
/** Silence is looked for so often within that time: a machine that slept, or was busy here, has missed one look only. */
const LOOKS = 4;

/** What pg itself looks up in the environment: where its password file is. Nothing else reaches a reader. */
const ENVIRONMENT = ['HOME', 'APPDATA', 'PGPASSFILE', 'USER', 'USERNAME'] as const;

/** Starts a thread whose entry calls `serveReader`. */
export type StartThread = (options: WorkerOptions) => Worker;

export interface ThreadReadersOptions {
  readonly startThread: StartThread;
  /** Readers at the same time, the calling thread included. */
  readonly count: number;
  readonly connection: ConnectionSettings;
  readonly table: TableName;
  readonly reading: ChainReading;
  readonly env: NodeJS.ProcessEnv;
  /** Milliseconds without a sign of life after which a reader is lost. Default 60,000. */
  readonly silentMs?: number;
}

interface Pending {
  readonly resolve: (result: PartResult) => void;
  readonly reject: (error: Error) => void;
  readonly listener: PartListener;
}

/** One reader in a thread of its own. A thread that is gone or hangs fails the part it was reading. */
class ThreadScanner implements PartScanner {
  private pending: Pending | null = null;
  private gone: Error | null = null;
  private leaving: Promise<void> | null = null;
  private readonly ended: Promise<void>;
  private silentLooks = 0;

  constructor(
    private readonly thread: Worker,
    silentMs: number,
    onEnd: () => void,
  ) {
    const looking = setInterval(() => this.look(silentMs), silentMs / LOOKS);
    thread.on('message', (message: FromReader) => this.hear(message));
    thread.on('error', (error) => this.lose(lost(error.message)));
    thread.on('messageerror', (error) => this.lose(lost(error.message)));
    this.ended = new Promise((resolve) => {
      thread.once('exit', (code) => {
        clearInterval(looking);
        this.lose(lost(`its thread ended with code ${code}`));
        onEnd();
        resolve();
      });
    });
  }

  scan(request: PartRequest, listener: PartListener): Promise<PartResult> {
    return new Promise((resolve, reject) => {
      if (this.gone) return reject(this.gone);
      this.pending = { resolve, reject, listener };
      this.say({ kind: 'scan', request });
    });
  }

  stop(): Promise<void> {
    this.leaving ??= this.leave();
    return this.leaving;
  }

  private say(message: ToReader): void {
    this.thread.postMessage(message);
  }

  private look(silentMs: number): void {
    this.silentLooks += 1;
    if (this.silentLooks <= LOOKS) return;
    this.lose(lost(`its thread has shown no sign of life for ${silentMs / 1000} s`));
    void this.thread.terminate();
  }

  private hear(message: FromReader): void {
    this.silentLooks = 0;
    const { pending } = this;
    if (!pending) return;
    switch (message.kind) {
      case 'alive':
        return;
      case 'progress':
        return pending.listener.onProgress(message.events);
      case 'unfinished':
        return pending.listener.onUnfinished(message.findings);
      case 'done':
        this.pending = null;
        return pending.resolve(message.result);
      case 'failed':
        this.pending = null;
        return pending.reject(errorOf(message.error));
    }
  }

  private lose(error: Error): void {
    this.gone ??= error;
    this.pending?.reject(this.gone);
    this.pending = null;
  }

  private async leave(): Promise<void> {
    // It says what it has found by then before it goes.
    this.gone ??= new UnavailableError('INTERRUPTED', 'a reader of events was stopped before it was done');
    this.say({ kind: 'stop' });
    const timer = setTimeout(() => void this.thread.terminate(), LEAVE_MS);
    await this.ended;
    clearTimeout(timer);
  }
}

function lost(what: string): UnavailableError {
  return new UnavailableError('WORKER_LOST', `a reader of events was lost: ${what}`, {
    hint: 'Retry, with fewer --workers if memory is short.',
  });
}

/** Readers in worker threads, each with a connection of its own. */
export class ThreadReaders implements ScanWorkers {
  readonly count: number;
  private readonly keys: SharedArrayBuffer;
  private readonly running = new Set<ThreadScanner>();

  constructor(private readonly options: ThreadReadersOptions) {
    this.count = options.count;
    const { keys } = options.reading.keys;
    this.keys = new SharedArrayBuffer(keys.length * CHAIN_KEY_BYTES);
    keys.forEach((key, at) => new Uint8Array(this.keys).set(key, at * CHAIN_KEY_BYTES));
  }

  start(exported: string, eventsPerSecond: number | null): PartScanner {
    const { startThread, connection, table, reading, env, silentMs = SILENT_MS } = this.options;
    const workerData: ReaderData = {
      kind: READER,
      connection: toPlain(connection),
      table,
      layout: reading.layout,
      chainId: reading.chainId,
      keyIds: reading.keys.ids,
      keys: this.keys,
      exported,
      eventsPerSecond,
    };
    const passed = ENVIRONMENT.flatMap((name) =>
      env[name] === undefined ? [] : [[name, env[name]] as const],
    );
    const thread = startThread({ workerData, env: Object.fromEntries(passed), name: READER });
    const scanner = new ThreadScanner(thread, silentMs, () => this.running.delete(scanner));
    this.running.add(scanner);
    return scanner;
  }

  /** Ends every thread and wipes the keys, in this order: a thread must never read with wiped keys. */
  async close(): Promise<void> {
    await Promise.all([...this.running].map((scanner) => scanner.stop()));
    new Uint8Array(this.keys).fill(0);
  }
}
