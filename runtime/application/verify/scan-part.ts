import { FindingLog } from '../../domain/findings/finding-log';
import type { Finding, NewFinding } from '../../domain/findings/finding';
import type { PartResult } from '../../domain/sharding/part-result';
import type { ChainPart } from '../../domain/sharding/partition';
import type { AuditLogSnapshot, TupleRange } from '../ports';
import type { ChainReading, ScanRequest } from '../scan-chain';
import { scanChain } from '../scan-chain';
import { FirstEventObserver } from './first-event';

/** A part of the chain, and how to begin with it. */
export interface PartRequest {
  readonly part: ChainPart;
  /**
   * Where the whole begins, in the first part; null in every other, whose first event is judged when the parts are
   * joined.
   */
  readonly start: { readonly firstIndex: number; readonly firstLink: string | null } | null;
}

/** What becomes known of a part before its result. */
export interface PartListener {
  /** Events of the part so far. */
  readonly onProgress: (events: number) => void;
  /** Is given what was found in a part that could not be read to its end. */
  readonly onUnfinished: (findings: readonly Finding[]) => void;
}

/** What a reader tells while it reads, and what slows or stops it. */
export type PartOptions = Partial<PartListener> & Pick<ScanRequest, 'pace' | 'signal'>;

/** Findings of one part: whether the chain was cut off is known only when all parts are. */
class PartFindings extends FindingLog {
  override add(details: NewFinding): void {
    if (details.code !== 'CHAIN_TRUNCATED') super.add(details);
  }
}

/** Reads one part of the chain out of the snapshot. */
export async function scanPart(
  snapshot: AuditLogSnapshot,
  reading: ChainReading,
  { part, start }: PartRequest,
  { onUnfinished, ...options }: PartOptions = {},
): Promise<PartResult> {
  const findings = new PartFindings();
  const first = start === null ? new FirstEventObserver() : null;
  const { from, to, columns, checkpoints } = part;
  try {
    const { events, ranges, recomputed, firstIndex, lastIndex, lastHash } = await scanChain(
      snapshot,
      reading,
      {
        ...options,
        range: rangeOf(from, to),
        observe: first?.see.bind(first),
        columns,
        firstIndex: start?.firstIndex ?? from ?? 0,
        firstLink: start?.firstLink ?? null,
        checkpoints,
        findings,
      },
    );
    const unindexed = part.unindexed && from !== null ? await scanUnindexed(snapshot, reading, findings) : 0;
    return {
      from,
      to,
      events: events + unindexed,
      recomputed,
      firstIndex,
      lastIndex,
      lastHash,
      first: first?.finish() ?? null,
      anchoredHashes: ranges.filter(({ hashCompared }) => hashCompared).length,
      rangeRoots: ranges.filter(({ compared }) => compared).length,
      findings: findings.all(),
    };
  } catch (error) {
    onUnfinished?.(findings.all());
    throw error;
  }
}

/** Absent without bounds: only then rows without an index are read too. */
function rangeOf(from: number | null, to: number | null): TupleRange | undefined {
  return from === null && to === null ? undefined : { from: from ?? undefined, to: to ?? undefined };
}

/** Rows without an index come last in a reading without bounds; with bounds they have to be asked for. */
async function scanUnindexed(
  snapshot: AuditLogSnapshot,
  reading: ChainReading,
  findings: FindingLog,
): Promise<number> {
  const { events } = await scanChain(snapshot, reading, {
    range: { unindexed: true },
    firstIndex: 0,
    firstLink: null,
    checkpoints: [],
    findings,
  });
  return events;
}
