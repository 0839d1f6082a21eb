import type { AnchorEvidence, AnchorLinks } from '../../domain/anchor/evidence';
import { attestsEmptyChain } from '../../domain/anchor/anchor';
import type { Checkpoint } from '../../domain/chain/checkpoint';
import type { KnownAnchor } from '../../domain/anchor/known-anchor';
import { knownFrom } from '../../domain/anchor/known-anchor';

/** What the anchors say of the database, in the form the scan needs. */
export interface Attestations {
  /** Ranges with events, ascending and apart. */
  readonly checkpoints: readonly Checkpoint[];
  /** Anchors whose last event has to be looked up by itself: without events of their own, or overlapping others. */
  readonly others: readonly KnownAnchor[];
}

/** A range is known from the body, or continues the previous anchor when only the head could be read. */
function firstSeqOf(links: AnchorLinks, previous: AnchorLinks | null): number | null {
  if (links.firstSeq !== null) return links.firstSeq;
  return previous && previous.anchorSeq + 1 === links.anchorSeq ? previous.lastSeq + 1 : null;
}

/**
 * @param anchors one for each number, in the order of their keys
 * @param beside anchors of the same numbers, of which only the last event is looked up
 */
export function attestationsOf(
  anchors: readonly AnchorEvidence[],
  beside: readonly AnchorEvidence[] = [],
): Attestations {
  const checkpoints: Checkpoint[] = [];
  const others: KnownAnchor[] = [];
  let previous: AnchorLinks | null = null;
  let covered = -1;
  let coveredHash: string | null = null;
  for (const evidence of anchors) {
    const { links } = evidence;
    if (!links) continue;
    const firstSeq = firstSeqOf(links, previous);
    if (firstSeq !== null && firstSeq <= links.lastSeq && firstSeq > covered && !attestsEmptyChain(links)) {
      const anchor = { key: evidence.key, versionId: evidence.versionId, seq: links.anchorSeq };
      const { lastSeq, lastHash, merkleRoot, chainFormat, columns } = links;
      const list = chainFormat === 'links' && columns !== null ? { columns } : {};
      checkpoints.push({ firstSeq, lastSeq, lastHash, merkleRoot, ...list, anchor });
      covered = lastSeq;
      coveredHash = lastHash;
    } else if (links.lastSeq !== covered || links.lastHash !== coveredHash) {
      const known = knownFrom(evidence);
      if (known && !attestsEmptyChain(known)) others.push(known);
    }
    previous = links;
  }
  for (const evidence of beside) {
    const known = knownFrom(evidence);
    if (known && !attestsEmptyChain(known)) others.push(known);
  }
  return { checkpoints, others };
}
