import type { AnchorEvidence } from '../../domain/anchor/evidence';
import type { Checkpoint } from '../../domain/chain/checkpoint';
import type { NotRead } from '../../domain/findings/report';
import type { SnapshotSeen } from '../../domain/sharding/read-parts';
import type { VerifiedStretch } from '../../domain/sharding/verify-state';
import { knownFrom } from '../../domain/anchor/known-anchor';
import type { RunMemory } from './run-memory';
import type { PartKeeper } from './scan-whole';
import type { Selection } from './scope';

/** What a run may use of earlier ones. */
export interface Remembered {
  readonly memory: RunMemory;
  readonly scope: 'full' | 'since-last';
}

/** Everything behind what was verified before. */
export function selectBehind({ through }: VerifiedStretch, checkpoints: readonly Checkpoint[]): Selection {
  return {
    from: through.lastSeq + 1,
    to: null,
    firstLink: through.lastHash,
    checkpoints: checkpoints.filter(({ firstSeq }) => firstSeq > through.lastSeq),
  };
}

/**
 * What a run has verified once it ends well; null when no anchored range is in it.
 * @param startedAt ISO 8601, when it began to read
 */
export function stretchOf(
  before: VerifiedStretch | null,
  startedAt: string,
  start: number,
  checkpoints: readonly Checkpoint[],
  anchors: readonly AnchorEvidence[],
  { systemId, timeline, relation }: SnapshotSeen,
): VerifiedStretch | null {
  const last = checkpoints[checkpoints.length - 1];
  const evidence = anchors.find(
    ({ key, versionId }) => key === last?.anchor?.key && versionId === last.anchor.versionId,
  );
  const known = evidence ? knownFrom(evidence) : null;
  if (!known) return null;
  const { key, versionId, anchorSeq, lastSeq, lastHash, hash: sha256 } = known;
  const through = { key, versionId, anchorSeq, lastSeq, lastHash, sha256 };
  return {
    from: before?.from ?? start,
    through,
    anchors: checkpoints.length,
    readAt: before?.readAt ?? startedAt,
    systemId,
    timeline,
    oid: relation.oid,
  };
}

function anchorsIn(from: number, to: number, checkpoints: readonly Checkpoint[]): number {
  return checkpoints.filter(({ firstSeq, lastSeq }) => firstSeq >= from && lastSeq <= to).length;
}

/** What a run did not read itself, in the order of the chain; neighbouring parts as one. */
export function notReadOf(
  before: VerifiedStretch | null,
  keeper: PartKeeper | null,
  start: number,
  checkpoints: readonly Checkpoint[],
): NotRead[] {
  const list: NotRead[] = [];
  if (before) {
    const { from, through, readAt: at } = before;
    const anchors = anchorsIn(from, through.lastSeq, checkpoints);
    list.push({ from, to: through.lastSeq, anchors, reason: 'verified before', at });
  }
  for (const part of keeper?.done ?? []) {
    const to = part.to ?? start;
    const last = list[list.length - 1];
    const joins = last?.reason === 'read before the interruption' && last.to + 1 === part.from;
    if (joins) list.pop();
    const from = joins ? last.from : (part.from ?? start);
    list.push({
      from,
      to,
      anchors: anchorsIn(from, to, checkpoints),
      reason: 'read before the interruption',
      at: keeper!.startedAt,
    });
  }
  return list;
}
