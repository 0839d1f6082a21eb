import type { AnchorPolicy } from '../../domain/anchor/policy';
import type { AgeLimits } from '../../domain/sharding/document-age';
import { DEFAULT_MAX_AGE_HOURS } from '../../domain/sharding/document-age';
import type { LookUp } from '../../domain/sharding/plan';
import type { SnapshotSeen } from '../../domain/sharding/read-parts';
import type { KnownAnchor } from '../../domain/anchor/known-anchor';
import type { AnchorStore, AuditLogSnapshot, ChainHead, Clock, DatabaseIdentity } from '../ports';
import type { VerifyProgress } from '../verify/every-anchor';

/** What planning and merging need of the bucket's side. */
export interface ShardingOptions {
  readonly store: AnchorStore;
  readonly clock: Clock;
  readonly policy: AnchorPolicy;
  readonly progress?: VerifyProgress;
  readonly signal?: AbortSignal;
}

export function lookUpOf({ key, versionId, anchorSeq, lastSeq, lastHash }: KnownAnchor): LookUp {
  return { key, versionId, anchorSeq, lastSeq, lastHash };
}

/** How old a plan may be, and how wrong a clock. */
export interface AgeOptions {
  readonly clockToleranceSeconds: number;
  /**
   * Hours that a plan and its partial reports count.
   *
   * @default 24
   */
  readonly maxAgeHours?: number;
}

export function ageLimits(
  { clockToleranceSeconds, maxAgeHours = DEFAULT_MAX_AGE_HOURS }: AgeOptions,
  clock: Clock,
): AgeLimits {
  return { now: clock.now(), maxAgeHours, clockToleranceSeconds };
}

/**
 * Identity and head as one snapshot shows them. The hash is that of a look-up by index: of two events with one index
 * every process has to see the same.
 */
export async function lookAround(snapshot: AuditLogSnapshot): Promise<{
  readonly identity: DatabaseIdentity;
  readonly head: ChainHead | null;
  readonly seen: SnapshotSeen;
}> {
  const identity = await snapshot.identity();
  const head = await snapshot.head();
  const { systemId, timeline } = identity;
  const hash = head && (await snapshot.hashAt(head.index));
  const { relation } = snapshot;
  const seen = { systemId, timeline, relation, head: head && { index: head.index, hash: hash ?? '' } };
  return { identity, head, seen };
}
