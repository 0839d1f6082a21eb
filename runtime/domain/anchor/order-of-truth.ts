import type { FindingLog } from '../findings/finding-log';
import type { Dated } from './check-time';
import { isDatedAhead } from './check-time';
import type { AnchorEvidence, AnchorLinks } from './evidence';

/** An anchor whose links are known, and when S3 stored it. */
export interface Candidate extends Dated {
  readonly links: AnchorLinks;
}

/** Several anchors of one number with the same predecessor. */
export interface Siblings<C extends Candidate = Candidate> {
  /** Earliest first: by S3's time, then by key. */
  readonly members: readonly C[];
  /** Members that a later anchor names as its predecessor. */
  readonly followed: readonly C[];
  /** Those later anchors. */
  readonly followers: readonly C[];
}

/** Whether an anchor holds against the database; null when that was not evaluated. */
export type Holds<C extends Candidate = Candidate> = (candidate: C) => boolean | null;

export interface Judgement<C extends Candidate = Candidate> {
  /** The anchor that the chain goes on from. */
  readonly counts: C;
  readonly others: readonly C[];
  /**
   * - `twin`: a late write of an honest writer; all of them say the same of the events
   * - `fork`: they contradict each other, or the database
   * - `undecided`: nothing contradicts, but nobody has compared them with the database
   */
  readonly kind: 'twin' | 'fork' | 'undecided';
}

/** Null for an anchor whose links could not be read. */
export function candidateOf(evidence: AnchorEvidence): Candidate | null {
  const { key, versionId, seconds, links } = evidence;
  return links && { key, versionId, seconds, links, storedAt: storedAtOf(evidence) };
}

function storedAtOf({ head }: Pick<AnchorEvidence, 'head'>): number {
  return head?.lastModified ?? Infinity;
}

interface Misdatable extends Omit<Dated, 'versionId'> {
  /** Null when they could not be read. */
  readonly links: AnchorLinks | null;
}

/**
 * Finds the anchors that take no part in the chain, for anchorers and verifiers alike: those dated ahead of S3's time
 * of their writing. One that an anchor with a later key goes on from stays, since every anchor behind it rests on it.
 * @returns their keys
 */
export function misdatedAmong(anchors: readonly Misdatable[], toleranceSeconds: number): ReadonlySet<string> {
  const misdated = new Set<string>();
  /** What the anchors with later keys name as their predecessors. */
  const named = new Set<string>();
  for (const anchor of [...anchors].sort((a, b) => (a.key < b.key ? 1 : -1))) {
    const { key, links } = anchor;
    const followed = links !== null && named.has(familyOf(links.anchorSeq + 1, links.hash));
    if (isDatedAhead(anchor, toleranceSeconds) && !followed) misdated.add(key);
    else if (links) named.add(familyOf(links.anchorSeq, links.prevAnchorHash));
  }
  return misdated;
}

/** As `misdatedAmong`, of anchors as a verifier has read them. */
export function misdatedEvidence(
  anchors: readonly AnchorEvidence[],
  toleranceSeconds: number,
): ReadonlySet<string> {
  const dated = anchors.map((evidence) => ({ ...evidence, storedAt: storedAtOf(evidence) }));
  return misdatedAmong(dated, toleranceSeconds);
}

/** Finds every number that more than one anchor has with the same predecessor. */
export function siblingsAmong<C extends Candidate>(anchors: readonly C[]): Siblings<C>[] {
  const families = new Map<string, C[]>();
  for (const anchor of anchors) {
    const family = familyOf(anchor.links.anchorSeq, anchor.links.prevAnchorHash);
    families.set(family, [...(families.get(family) ?? []), anchor]);
  }
  return [...families.values()]
    .filter(({ length }) => length > 1)
    .map((family) => {
      const followersOf = ({ links }: C): readonly C[] =>
        families.get(familyOf(links.anchorSeq + 1, links.hash)) ?? [];
      const members = [...family].sort(byTime);
      return {
        members,
        followed: members.filter((member) => followersOf(member).length > 0),
        followers: members.flatMap(followersOf),
      };
    });
}

/**
 * Decides which of several anchors of one number with the same predecessor counts, for anchorers and verifiers alike:
 * the one that a later anchor already follows; otherwise, of those that hold against the database, the earliest by S3's
 * time, then by key.
 */
export function judgeSiblings<C extends Candidate>(
  { members, followed }: Siblings<C>,
  holds: Holds<C> = () => null,
): Judgement<C> {
  const best = (answer: boolean | null): C | undefined => members.find((member) => holds(member) === answer);
  const counts = followed[0] ?? best(true) ?? best(null) ?? members[0]!;
  const others = members.filter((member) => member !== counts);
  const refuted = members.some((member) => holds(member) === false);
  if (refuted || followed.length > 1 || others.some((other) => contradict(counts, other))) {
    return { counts, others, kind: 'fork' };
  }
  const proven = followed.length === 1 || members.every((member) => holds(member) === true);
  return { counts, others, kind: proven ? 'twin' : 'undecided' };
}

/** Follows the chain from an anchor to its end: the anchor that the next one has to name. */
export function tipFrom<C extends Candidate>(start: C, anchors: readonly C[], holds: Holds<C>): C {
  const families = siblingsAmong(anchors);
  for (let tip = start; ;) {
    const siblings = families.find(({ members }) => members.includes(tip));
    const counts = siblings ? judgeSiblings(siblings, holds).counts : tip;
    const next = anchors.find(({ links }) => follows(links, counts.links));
    if (!next) return counts;
    tip = next;
  }
}

const MESSAGES = {
  twin: 'a late write left two anchors with this number; both say the same of the events, and the other one counts',
  fork: 'two anchors have this number: two writers, or one who continued from an older state',
  undecided:
    'two anchors have this number, and no later anchor follows one of them: only a comparison with the database tells which one counts',
} as const;

const CODES = { twin: 'ANCHOR_TWIN', fork: 'ANCHOR_FORK', undecided: 'ANCHOR_TWIN_UNPROVEN' } as const;

/** Reports the anchors that do not count. */
export function reportSiblings({ counts, others, kind }: Judgement, findings: FindingLog): void {
  for (const { key, versionId, links } of others) {
    findings.add({
      code: CODES[kind],
      place: { kind: 'object', key, versionId },
      message: MESSAGES[kind],
      expected: `anchor ${links.anchorSeq} only in ${counts.key}`,
      actual: `anchor ${links.anchorSeq} also in ${key}`,
    });
  }
}

function familyOf(anchorSeq: number, prevAnchorHash: string): string {
  return `${anchorSeq} ${prevAnchorHash}`;
}

function follows(next: AnchorLinks, previous: AnchorLinks): boolean {
  return next.anchorSeq === previous.anchorSeq + 1 && next.prevAnchorHash === previous.hash;
}

function byTime(a: Candidate, b: Candidate): number {
  // Times of which neither is known are equal; their difference would be no number.
  if (a.storedAt !== b.storedAt) return a.storedAt < b.storedAt ? -1 : 1;
  return a.key < b.key ? -1 : 1;
}

/** True when not both can hold, whatever the database says. */
function contradict({ links: a }: Candidate, { links: b }: Candidate): boolean {
  if (differ(a.firstSeq, b.firstSeq)) return true;
  return a.lastSeq === b.lastSeq && (a.lastHash !== b.lastHash || differ(a.merkleRoot, b.merkleRoot));
}

/** What is not known of an archived anchor differs from nothing. */
function differ<T>(a: T | null, b: T | null): boolean {
  return a !== null && b !== null && a !== b;
}
