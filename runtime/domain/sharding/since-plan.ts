import { cutOff } from '../chain/event-faults';
import type { Checkpoint } from '../chain/checkpoint';
import type { Finding } from '../findings/finding';
import { finding } from '../findings/finding';
import type { LookUp, ShardPlan } from './plan';
import type { SnapshotSeen } from './read-parts';
import { olderThan, otherDatabase } from './read-parts';

/**
 * What a later look at the planned database comes to:
 * - `same`: it continues what the planner saw.
 * - `stale`: it does not, and why; nothing is proven by that.
 * - `tampered`: it does not, and anchored events are gone or were replaced.
 */
export type SincePlan =
  | { readonly kind: 'same' }
  | { readonly kind: 'stale'; readonly why: string }
  | { readonly kind: 'tampered'; readonly finding: Finding };

/**
 * Holds a later look against the plan. A standby that lags behind it must not be asked: what has yet to come is not
 * gone.
 * @param hash hex hash that is now stored at the planner's last event; null when there is no such event
 */
export function judgeSincePlan(plan: ShardPlan, seen: SnapshotSeen, hash: string | null): SincePlan {
  const { head } = plan.snapshot;
  const other = otherDatabase(plan.snapshot, seen);
  if (other !== null) return { kind: 'stale', why: other };
  const older = olderThan(plan.snapshot, seen);
  if (head === null || (older === null && hash === head.hash)) return { kind: 'same' };
  const attested = attestedBy(plan);
  const cut = cutOff(attested, seen.head?.index ?? null);
  if (cut) return { kind: 'tampered', finding: finding(cut) };
  if (older !== null) return { kind: 'stale', why: older };
  const anchored = attested.find(({ lastSeq, lastHash }) => lastSeq === head.index && lastHash !== hash);
  if (anchored) return { kind: 'tampered', finding: replaced(anchored, hash) };
  return { kind: 'stale', why: anotherEvent(head.index, 'the planner') };
}

export function anotherEvent(index: number, whose: string): string {
  return `event ${index} is no longer the one that ${whose} saw last`;
}

/** Everything that anchors say of a last event, in the order of the chain. */
function attestedBy({ shards, lookUps }: ShardPlan): Checkpoint[] {
  return [...shards.flatMap(({ checkpoints }) => checkpoints), ...lookUps.map(pointOf)].sort(
    (a, b) => a.lastSeq - b.lastSeq,
  );
}

function pointOf({ key, versionId, anchorSeq, lastSeq, lastHash }: LookUp): Checkpoint {
  return {
    firstSeq: lastSeq,
    lastSeq,
    lastHash,
    merkleRoot: null,
    anchor: { key, versionId, seq: anchorSeq },
  };
}

function replaced({ lastSeq, lastHash, anchor }: Checkpoint, hash: string | null): Finding {
  const place = { kind: 'events', from: lastSeq, to: lastSeq } as const;
  const by = { anchor: anchor ?? undefined };
  if (hash === null) {
    const message = 'the chain has a gap: these events are not in the table';
    return finding({ code: 'EVENT_MISSING', place, message, ...by });
  }
  const message =
    'events were rewritten after they were anchored: the last one has another hash than its anchor says';
  return finding({
    code: 'ANCHORED_HASH',
    place,
    message,
    expected: lastHash ?? undefined,
    actual: hash,
    ...by,
  });
}
