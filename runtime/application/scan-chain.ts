import type { ChainKeys } from '../domain/chain/chain-keys';
import type { ScanOptions, ScanSummary } from '../domain/chain/chain-scanner';
import { ChainScanner } from '../domain/chain/chain-scanner';
import type { ChainLayout } from '../domain/chain/columns';
import type { DigestEngineFactory } from '../domain/chain/digest-engine';
import type { Checkpoint } from '../domain/chain/checkpoint';
import type { TupleLayout } from '../domain/chain/tuple-layout';
import { UnavailableError } from '../errors';
import type { AuditLogSnapshot, TupleRange } from './ports';

/** What is needed to read a chain: how it is laid out and how to recompute it. */
export interface ChainReading {
  readonly chainId: string;
  readonly layout: ChainLayout;
  readonly keys: ChainKeys;
  readonly createEngine: DigestEngineFactory;
  /**
   * `view` when the events are meant to be read through a view or a foreign table, which can show each reader
   * something else.
   *
   * @default table
   */
  readonly relation?: 'table' | 'view';
}

/** What one pass over the chain reads, and what it is held against. */
export interface ScanRequest extends Omit<ScanOptions, 'layout' | 'tuples' | 'engine' | 'keyIds'> {
  /** Chain indices, both included; absent for the whole table. */
  readonly range?: TupleRange;
  /**
   * Column list to read.
   *
   * @default - the one that messages cover now
   */
  readonly columns?: string | undefined;
  /** Sees the stream before it is scanned. */
  readonly observe?: (chunk: Uint8Array, tuples: TupleLayout) => void;
  /** Called between chunks with the number of events so far; the stream waits for it. */
  readonly pace?: (events: number) => Promise<void>;
  readonly signal?: AbortSignal;
}

/**
 * Streams events out of the snapshot through the scanner.
 * @throws UnavailableError `COPY_INCOMPLETE` when other events were scanned than the server says it sent
 */
export async function scanChain(
  snapshot: AuditLogSnapshot,
  reading: ChainReading,
  request: ScanRequest,
): Promise<ScanSummary> {
  const { pace, observe, signal, onProgress } = request;
  const tuples = await snapshot.tuples(request.columns);
  const engine = reading.createEngine(reading.keys.keys);
  let events = 0;
  try {
    const scanner = new ChainScanner({
      ...request,
      layout: reading.layout,
      tuples,
      engine,
      keyIds: reading.keys.ids,
      onProgress: (read) => {
        events = read;
        onProgress?.(read);
      },
    });
    let sent = 0;
    const counted = async function* (): AsyncGenerator<Uint8Array, void> {
      sent = yield* snapshot.readTuples(request.range, request.columns);
    };
    for await (const chunk of counted()) {
      signal?.throwIfAborted();
      observe?.(chunk, tuples);
      scanner.push(chunk);
      await pace?.(events);
    }
    const summary = scanner.finish();
    if (summary.events !== sent) throw countsDiffer(summary.events, sent);
    // What was read at last counts too, or a short chain would be read at any rate.
    await pace?.(summary.events);
    return summary;
  } finally {
    engine.dispose();
  }
}

function countsDiffer(scanned: number, sent: number): UnavailableError {
  return new UnavailableError(
    'COPY_INCOMPLETE',
    `${scanned} events arrived of the ${sent} that the server says it sent`,
    { hint: 'Retry; if it persists, look for a proxy between this program and the database.' },
  );
}

/**
 * Index of a chain's first event: 1, but a foreign chain may begin anywhere from 0 on. Its first anchor says where, and
 * is held against the table too.
 * @param checkpoints anchored ranges, ascending
 */
export async function firstIndexOf(
  snapshot: AuditLogSnapshot,
  layout: ChainLayout,
  checkpoints: readonly Checkpoint[] = [],
): Promise<number> {
  if (layout.format === 'v1') return 1;
  const [oldest] = checkpoints;
  if (oldest?.anchor?.seq === 1) return oldest.firstSeq;
  const lowest = await snapshot.firstIndex(0);
  // Anchors before the oldest one may have expired.
  return Math.min(lowest ?? oldest?.firstSeq ?? 1, oldest?.firstSeq ?? Infinity);
}
