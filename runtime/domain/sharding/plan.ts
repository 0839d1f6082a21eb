import { FormatError } from '../../errors';
import type { KnownAnchor } from '../anchor/known-anchor';
import type { ChainKeys } from '../chain/chain-keys';
import type { Checkpoint } from '../chain/checkpoint';
import { digestOf } from './canonical-json';
import { isCount, isDigest, isIndex, isText, Members, orNull } from './members';
import type { ChainPart } from './partition';
import type { SnapshotSeen } from './read-parts';
import { readCheckpoint, readSnapshotSeen } from './read-parts';
import type { OpenDocument } from './sealed-document';
import { seal, unseal } from './sealed-document';

/** An anchor whose last event is looked up by itself. */
export type LookUp = Pick<KnownAnchor, 'key' | 'versionId' | 'anchorSeq' | 'lastSeq' | 'lastHash'>;

/** One shard of a plan. The last one also answers for everything behind the newest anchor. */
export interface Shard extends ChainPart {
  /** From 1. */
  readonly number: number;
  /** Events between its bounds when it was planned. */
  readonly events: number;
}

/** How a chain is divided for a verification in several processes. */
export interface ShardPlan {
  readonly chainId: string;
  readonly bucket: string;
  /** ISO 8601. */
  readonly createdAt: string;
  /** What the planner saw of the database. */
  readonly snapshot: SnapshotSeen;
  /** Chain index the first event must have. */
  readonly firstIndex: number;
  /** Newest anchor that the plan takes into account, null without one. */
  readonly newest: (LookUp & { readonly sha256: string }) | null;
  readonly lookUps: readonly LookUp[];
  readonly shards: readonly Shard[];
}

/** What every partial report repeats, so that it belongs to this plan and no other. */
export function planHash(plan: ShardPlan): string {
  return digestOf(plan);
}

/** Binds what anchors attest; equal only when every key, version, range, hash and root is. */
export function attestedDigest(checkpoints: readonly Checkpoint[], lookUps: readonly LookUp[]): string {
  return digestOf([
    checkpoints,
    lookUps.map(({ key, versionId, anchorSeq, lastSeq, lastHash }) => [
      key,
      versionId,
      anchorSeq,
      lastSeq,
      lastHash,
    ]),
  ]);
}

export function sealPlan(plan: ShardPlan, keys: ChainKeys): object {
  return seal('audit-anchor/plan', { hash: planHash(plan), ...plan }, keys);
}

export function readLookUp(members: Members): LookUp {
  return {
    key: members.get('key', isText),
    versionId: members.get('versionId', isText),
    anchorSeq: members.get('anchorSeq', isCount),
    lastSeq: members.get('lastSeq', isCount),
    lastHash: members.get('lastHash', isDigest),
  };
}

function readShard(members: Members): Shard {
  const to = members.get('to', orNull(isIndex));
  return {
    number: members.get('number', isCount),
    from: members.get('from', orNull(isIndex)),
    to,
    unindexed: to === null,
    events: members.get('events', isCount),
    checkpoints: members.list('checkpoints', readCheckpoint),
  };
}

/** Shards have to cover the chain once, in order. */
function checkShards(shards: readonly Shard[]): void {
  shards.forEach((shard, at) => {
    const before = shards[at - 1];
    const begins = before ? before.to !== null && shard.from === before.to + 1 : shard.from === null;
    if (shard.number !== at + 1 || !begins) {
      throw new FormatError('DOCUMENT_MALFORMED', `shard ${at + 1} does not continue the one before it`);
    }
  });
  if (shards[shards.length - 1]?.to !== null) {
    throw new FormatError('DOCUMENT_MALFORMED', 'its last shard does not reach the end of the chain');
  }
}

/**
 * Reads a plan that is sealed with the chain's keys.
 * @throws FormatError `DOCUMENT_MALFORMED`
 */
export function openPlan(document: OpenDocument, keys: ChainKeys): ShardPlan {
  const members = Members.of(unseal(document, keys));
  const plan: ShardPlan = {
    chainId: members.get('chainId', isText),
    bucket: members.get('bucket', isText),
    createdAt: members.get('createdAt', isText),
    snapshot: readSnapshotSeen(members.child('snapshot')),
    firstIndex: members.get('firstIndex', isIndex),
    newest: members.optional('newest', (newest) => ({
      ...readLookUp(newest),
      sha256: newest.get('sha256', isDigest),
    })),
    lookUps: members.list('lookUps', readLookUp),
    shards: members.list('shards', readShard),
  };
  checkShards(plan.shards);
  if (members.get('hash', isDigest) !== planHash(plan)) {
    throw new FormatError('DOCUMENT_MALFORMED', 'its hash is not that of its content');
  }
  return plan;
}
