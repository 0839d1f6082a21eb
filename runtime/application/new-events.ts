import { attestsEmptyChain } from '../domain/anchor/anchor';
import { ZERO_HASH } from '../domain/digests';
import type { FindingLog } from '../domain/findings/finding-log';
import { EMPTY_ROOT } from '../domain/merkle/accumulator';
import type { AnchorRequest } from './anchoring';
import type { KnownAnchor } from '../domain/anchor/known-anchor';
import type { AuditLogSnapshot, ChainHead } from './ports';
import type { ChainReading } from './scan-chain';
import { scanChain } from './scan-chain';

/** The events that the next anchor certifies, up to `head`. */
export interface NewRange {
  readonly previous: KnownAnchor | null;
  readonly head: ChainHead | null;
  /** Index of the first of them; one behind the head where there is none. */
  readonly firstSeq: number;
}

export interface NewEvents {
  /** Null when the events do not lead to the head. */
  readonly merkleRoot: string | null;
  readonly events: number;
  /** Absent when none was read. */
  readonly recomputed?: number;
}

const NO_EVENTS: NewEvents = { merkleRoot: EMPTY_ROOT, events: 0 };

/**
 * Verifies the events between the previous anchor and the head.
 * @param findings takes what is wrong with them
 */
export async function verifyNewEvents(
  snapshot: AuditLogSnapshot,
  reading: ChainReading,
  { previous, head, firstSeq }: NewRange,
  findings: FindingLog,
  { signal, onProgress }: AnchorRequest,
): Promise<NewEvents> {
  if (!head) return NO_EVENTS;
  if (head.index < firstSeq) {
    if (previous && !attestsEmptyChain(previous)) return NO_EVENTS;
    findings.add({
      code: 'EVENT_INDEX',
      place: { kind: 'events', from: head.index, to: head.index },
      message: `the chain begins at index ${firstSeq}; its last event stands before it`,
    });
    return { merkleRoot: null, events: 0 };
  }
  const indexes = { from: firstSeq, to: head.index };
  const checkpoint = { firstSeq, lastSeq: head.index, lastHash: null, merkleRoot: null, anchor: null };
  const scanned = await scanChain(snapshot, reading, {
    range: indexes,
    firstIndex: firstSeq,
    firstLink: previous ? previous.lastHash : ZERO_HASH,
    checkpoints: [checkpoint],
    findings,
    onProgress,
    signal,
  });
  const reachesHead = scanned.lastIndex === head.index && scanned.lastHash === head.hash;
  const { recomputed } = scanned;
  const [range] = reachesHead ? scanned.ranges : [];
  return { merkleRoot: range?.root ?? null, events: range?.events ?? 0, recomputed };
}
