import type { ChainKeys } from '../chain/chain-keys';
import type { Finding } from '../findings/finding';
import type { UnanchoredTail } from '../findings/report';
import { isCount, isDigest, isIndex, isText, Members, orNull } from './members';
import type { PartResult } from './part-result';
import type { SnapshotSeen } from './read-parts';
import { readFinding, readPartResult, readSnapshotSeen } from './read-parts';
import type { OpenDocument } from './sealed-document';
import { seal, unseal } from './sealed-document';

/** What only the last shard can say. */
export interface ChainEnd {
  readonly tail: UnanchoredTail | null;
  /** Anchored hashes that were looked up one by one. */
  readonly lookedUp: number;
  readonly findings: readonly Finding[];
}

/** What one process found in its shard. */
export interface PartialReport {
  /** Hash of the plan it follows, which binds the anchors too. */
  readonly plan: string;
  /** Number of the shard, from 1. */
  readonly number: number;
  /** The database as it was read. */
  readonly snapshot: SnapshotSeen;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly result: PartResult;
  /**
   * Why it cannot be merged: the shard was not read to its end, or the database had changed since the plan. Such a
   * part is kept for the tampering that it holds. Null for one that can be merged.
   */
  readonly unfit: string | null;
  /** What shows that anchored events were cut off or replaced since the plan; null when nothing does. */
  readonly contradiction: Finding | null;
  /** Null for every shard but the last, and for one that was not read to its end. */
  readonly end: ChainEnd | null;
}

/** Everything that was found in the shard and about it. */
export function foundIn({ result, contradiction, end }: PartialReport): readonly Finding[] {
  return [...(contradiction ? [contradiction] : []), ...result.findings, ...(end?.findings ?? [])];
}

export function holdsTampering(report: PartialReport): boolean {
  return foundIn(report).some(({ severity }) => severity === 'tampering');
}

export function sealPartialReport(report: PartialReport, keys: ChainKeys): object {
  return seal('audit-anchor/part', report, keys);
}

function readEnd(members: Members): ChainEnd {
  return {
    tail: members.optional('tail', (tail) => ({
      events: tail.get('events', isCount),
      fromIndex: tail.get('fromIndex', isIndex),
      ageSeconds: tail.get('ageSeconds', orNull(isCount)),
    })),
    lookedUp: members.get('lookedUp', isCount),
    findings: members.list('findings', readFinding),
  };
}

/**
 * Reads a partial report that is sealed with the chain's keys.
 * @throws FormatError `DOCUMENT_MALFORMED`
 */
export function openPartialReport(document: OpenDocument, keys: ChainKeys): PartialReport {
  const members = Members.of(unseal(document, keys));
  return {
    plan: members.get('plan', isDigest),
    number: members.get('number', isCount),
    snapshot: readSnapshotSeen(members.child('snapshot')),
    startedAt: members.get('startedAt', isText),
    finishedAt: members.get('finishedAt', isText),
    result: readPartResult(members.child('result')),
    unfit: members.get('unfit', orNull(isText)),
    contradiction: members.optional('contradiction', readFinding),
    end: members.optional('end', readEnd),
  };
}
