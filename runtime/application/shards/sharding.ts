import type { AnchorPolicy } from '../../domain/anchor/check-object';
import type { LookUp } from '../../domain/sharding/plan';
import type { SnapshotSeen } from '../../domain/sharding/read-parts';
import type { KnownAnchor } from '../known-anchor';
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

/** Identity and head as one snapshot shows them. */
export async function lookAround(snapshot: AuditLogSnapshot): Promise<{
  readonly identity: DatabaseIdentity;
  readonly head: ChainHead | null;
  readonly seen: SnapshotSeen;
}> {
  const identity = await snapshot.identity();
  const head = await snapshot.head();
  const { systemId, timeline } = identity;
  const seen = { systemId, timeline, head: head && { index: head.index, hash: head.hash } };
  return { identity, head, seen };
}
