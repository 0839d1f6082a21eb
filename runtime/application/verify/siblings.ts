import type { AnchorEvidence } from '../../domain/anchor/evidence';
import type { Candidate, Holds, Siblings } from '../../domain/anchor/order-of-truth';
import {
  candidateOf,
  judgeSiblings,
  reportSiblings,
  siblingsAmong,
} from '../../domain/anchor/order-of-truth';
import type { FindingLog } from '../../domain/findings/finding-log';
import { lagsBehind } from '../anchored-event';
import { holdsAgainst } from '../holds-against';
import { knownFrom } from '../../domain/anchor/known-anchor';
import type { AuditLogSnapshot, DatabaseIdentity } from '../ports';
import type { ChainReading } from '../scan-chain';

/** Anchors in the order of truth: one for each number, and those that do not count beside it. */
export interface OrderedAnchors {
  /** First version of every anchor key of the chain, in key order, without misdated ones; of several with one number the one that counts. */
  readonly anchors: readonly AnchorEvidence[];
  /** The others of them. */
  readonly beside: readonly AnchorEvidence[];
  /** Anchors of one number about which only the database can tell whether they are a fork. */
  readonly siblings: readonly Siblings[];
}

/**
 * Leaves in the chain what counts as far as the bucket can tell.
 * @param clockToleranceSeconds by which the clocks of two writers may differ
 * @param findings takes forks that the bucket proves by itself
 */
export function orderAnchors(
  anchors: readonly AnchorEvidence[],
  clockToleranceSeconds: number,
  findings: FindingLog,
): OrderedAnchors {
  const candidates = anchors.flatMap((evidence) => candidateOf(evidence) ?? []);
  // A late write was dated before anything could follow its sibling; what is dated later was not written by an anchorer.
  const repeatsThePast = (candidate: Candidate, { followers }: Siblings): boolean =>
    followers.some(({ seconds }) => candidate.seconds > seconds + clockToleranceSeconds);
  const open: Siblings[] = [];
  const beside = new Set<string>();
  for (const found of siblingsAmong(candidates)) {
    const group = { ...found, members: found.members.filter((member) => !repeatsThePast(member, found)) };
    if (group.members.length < 2) continue;
    const judgement = judgeSiblings(group);
    // Two branches that both go on stay in the chain, whose check reports every anchor of both.
    const others = judgement.others.filter((other) => !group.followed.includes(other));
    others.forEach(({ key }) => beside.add(key));
    if (judgement.kind === 'fork') reportSiblings({ ...judgement, others }, findings);
    else open.push(group);
  }
  return {
    anchors: anchors.filter(({ key }) => !beside.has(key)),
    beside: anchors.filter(({ key }) => beside.has(key)),
    siblings: open,
  };
}

/** Whether anchors of one number hold, by the SHA-256 of each; one that a standby has not replayed is left out. */
export async function compareSiblings(
  snapshot: AuditLogSnapshot,
  reading: ChainReading,
  { anchors, beside, siblings }: OrderedAnchors,
  identity: DatabaseIdentity,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, boolean>> {
  const compared = new Map<string, boolean>();
  const hashes = new Set(siblings.flatMap(({ members }) => members.map(({ links }) => links.hash)));
  for (const evidence of [...anchors, ...beside]) {
    const anchor = knownFrom(evidence);
    const { links } = evidence;
    if (!anchor || !links || !hashes.has(links.hash) || lagsBehind(identity, anchor)) continue;
    compared.set(links.hash, await holdsAgainst(snapshot, reading, links, signal));
  }
  return compared;
}

/** Reports what became of the groups that the bucket left open. */
export function settleSiblings(open: readonly Siblings[], holds: Holds, findings: FindingLog): void {
  for (const group of open) reportSiblings(judgeSiblings(group, holds), findings);
}

/** Answers by what was compared; null for the rest. */
export function holdsIn(
  compared: ReadonlyMap<string, boolean> | undefined,
): (candidate: Candidate) => boolean | null {
  return ({ links }) => compared?.get(links.hash) ?? null;
}
