import { ConfigError, UnavailableError } from '../../errors';
import type { Finding } from '../../domain/findings/finding';
import type { FindingLog } from '../../domain/findings/finding-log';
import type { WholeChain } from '../../domain/sharding/join-parts';
import { joinParts } from '../../domain/sharding/join-parts';
import type { PartResult, ScanTotals } from '../../domain/sharding/part-result';
import type { ChainPart } from '../../domain/sharding/partition';
import { leftBeside, partition, splitByColumns } from '../../domain/sharding/partition';
import type { AuditLogSnapshot, Clock } from '../ports';
import type { ChainReading } from '../scan-chain';
import { rateLimit } from './rate-limit';
import { scanPart } from './scan-part';
import type { ScanWorkers } from './scan-parts';
import { scanParts } from './scan-parts';

/** Events for which a reader is worth its start. */
const EVENTS_PER_READER = 10_000;

/** Under a limit of rate a part is kept at least so often, as far as anchors lie close enough. */
const SECONDS_PER_PART = 10;

/** How the events are read; none of it changes what is found. */
export interface ScanMeans {
  readonly clock: Clock;
  /** Null to read on one connection. */
  readonly workers: ScanWorkers | null;
  /** Events per second, null for no limit. */
  readonly maxRate: number | null;
  /** Events that a reader has at least; only to be lowered in tests. */
  readonly eventsPerReader?: number;
}

/** Parts that an interrupted run has read, and the place to keep those of this one. */
export interface PartKeeper {
  /** ISO 8601, when the run began; that of the interrupted one that it completes. */
  readonly startedAt: string;
  /** In the order of the chain; each begins and ends where the chain may be divided. */
  readonly done: readonly PartResult[];
  /** Events after which a part is kept. */
  readonly eventsPerPart: number;
  keep(part: ChainPart, result: PartResult): Promise<void>;
}

export interface WholeRequest {
  readonly part: ChainPart;
  readonly chain: WholeChain;
  /** Last event of the table, null without one. */
  readonly head: { readonly index: number } | null;
  readonly keeper: PartKeeper | null;
  readonly onProgress: (events: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads a part of the chain with all means there are, and joins what was found.
 * @throws UnavailableError `COPY_INCOMPLETE` when a reading to the end does not reach the head
 */
export async function scanWhole(
  snapshot: AuditLogSnapshot,
  reading: ChainReading,
  request: WholeRequest,
  means: ScanMeans,
  findings: FindingLog,
): Promise<ScanTotals> {
  const { part, chain, head, keeper, onProgress, signal } = request;
  const { firstIndex, firstLink } = chain;
  const pieces = leftBeside(part, keeper?.done ?? []);
  const divide = await divider(snapshot, request, means);
  const places: (PartResult | ChainPart)[] = [];
  for (const piece of pieces) {
    if ('done' in piece) places.push(piece.done);
    else places.push(...(await readableParts(snapshot, head ? divide(piece.left) : [piece.left], findings)));
  }
  const open = places.flatMap((place, at) => ('checkpoints' in place ? [{ place, at }] : []));
  const results = await scanParts(snapshot, {
    requests: open.map(({ place, at }) => ({
      part: place,
      start: at === 0 ? { firstIndex, firstLink } : null,
    })),
    workers: means.workers,
    maxRate: means.maxRate,
    onUnfinished: (unfinished) => foundIn(places, unfinished).forEach((found) => findings.add(found)),
    scanHere: (each, { signal: stop, eventsPerSecond, ...listener }) =>
      scanPart(snapshot, reading, each, {
        ...listener,
        signal: stop,
        pace: eventsPerSecond === null ? undefined : rateLimit(means.clock, eventsPerSecond, stop),
      }),
    onProgress,
    onPart: async (at, result) => keeper?.keep(open[at]!.place, result),
    signal,
  });
  const joined: PartResult[] = [];
  for (const place of places) joined.push('checkpoints' in place ? results.shift()! : place);
  if (part.to === null && !reachesHead(joined, head, firstIndex)) {
    // What was found in the events that were read stands, and nothing about those that were not.
    const last = lastIndexOf(joined) ?? -Infinity;
    const read = ({ place }: Finding): boolean => place.kind !== 'events' || place.to <= last;
    joined.forEach((each) => each.findings.filter(read).forEach((found) => findings.add(found)));
    throw endMissed(joined, head);
  }
  return joinParts(chain, joined, findings);
}

/** Divides parts by their columns; where the table no longer has what a list names, roots are not evaluated. */
async function readableParts(
  snapshot: AuditLogSnapshot,
  parts: readonly ChainPart[],
  findings: FindingLog,
): Promise<readonly ChainPart[]> {
  const pieces = parts.flatMap((part) => splitByColumns(part, snapshot.columns));
  const readable: ChainPart[] = [];
  for (const piece of pieces) {
    try {
      await snapshot.tuples(piece.columns);
      readable.push(piece);
    } catch (error) {
      if (!(error instanceof ConfigError) || error.code !== 'TABLE_SHAPE') throw error;
      for (const { firstSeq, lastSeq, anchor } of piece.checkpoints) {
        const place = { kind: 'events', from: firstSeq, to: lastSeq } as const;
        findings.add({ code: 'TABLE_SHAPE', place, message: error.message, anchor: anchor ?? undefined });
      }
      const checkpoints = piece.checkpoints.map((checkpoint) => ({ ...checkpoint, merkleRoot: null }));
      readable.push({ ...piece, columns: undefined, checkpoints });
    }
  }
  return readable;
}

/** What was found in every place, in the order of the chain: where none is done yet, what `unfinished` says. */
function foundIn(
  places: readonly (PartResult | ChainPart)[],
  unfinished: readonly (readonly Finding[])[],
): readonly Finding[] {
  const rest = [...unfinished];
  return places.flatMap((place) => ('checkpoints' in place ? (rest.shift() ?? []) : place.findings));
}

function lastIndexOf(parts: readonly PartResult[]): number | null {
  return parts.reduce<number | null>((last, { lastIndex }) => lastIndex ?? last, null);
}

/** A head before the first event that the chain can have is a finding of the scan, and not what it has to reach. */
function reachesHead(parts: readonly PartResult[], head: WholeRequest['head'], firstIndex: number): boolean {
  const expected = head !== null && head.index >= firstIndex ? head.index : null;
  return lastIndexOf(parts) === expected;
}

function endMissed(parts: readonly PartResult[], head: WholeRequest['head']): UnavailableError {
  const show = (index: number | null): string => (index === null ? 'nowhere' : `at index ${index}`);
  return new UnavailableError(
    'COPY_INCOMPLETE',
    `the events that were read end ${show(lastIndexOf(parts))}, those of the same snapshot ${show(head?.index ?? null)}`,
    { hint: 'Retry; if it persists, check the index of the table (amcheck, REINDEX).' },
  );
}

/** How to divide what is left: among the readers, and into parts that are kept. */
async function divider(
  snapshot: AuditLogSnapshot,
  { part, chain, head, keeper }: WholeRequest,
  { workers, maxRate, eventsPerReader = EVENTS_PER_READER }: ScanMeans,
): Promise<(left: ChainPart) => readonly ChainPart[]> {
  const first = part.from ?? chain.firstIndex;
  const last = part.to ?? head?.index ?? first;
  const readers = (events: number): number =>
    Math.max(1, Math.min(workers?.count ?? 1, Math.floor(events / eventsPerReader)));
  let lowest = -Infinity;
  if (workers && chain.layout.format === 'links' && part.from === null) {
    // Only the first event of a foreign chain may have no previous hash, so the first part has to hold it.
    lowest = (await snapshot.firstIndex()) ?? Infinity;
    if (lowest < chain.firstIndex) lowest = Infinity;
  }
  return (left) => {
    const from = left.from ?? first;
    const events = Math.max(0, (left.to ?? last) - from + 1);
    const reading = readers(events);
    const soon = maxRate === null ? Infinity : Math.ceil((maxRate / reading) * SECONDS_PER_PART);
    const kept = keeper ? Math.ceil(events / Math.min(keeper.eventsPerPart, soon)) : 1;
    return partition(left, { first: from, last }, Math.max(reading, kept), lowest);
  };
}
