import type { Checkpoint } from '../../domain/chain/checkpoint';
import type { PartResult } from '../../domain/sharding/part-result';
import { attestedDigest } from '../../domain/sharding/plan';

/** What the anchors of now attest of a part; null when they do not divide the chain where it begins and ends. */
export function digestOver(
  { from, to }: PartResult,
  beginning: number | null,
  checkpoints: readonly Checkpoint[],
): string | null {
  const ends = new Set(checkpoints.map(({ lastSeq }) => lastSeq));
  const begins = from === beginning || (from !== null && ends.has(from - 1));
  const fits = to !== null && ends.has(to) && begins;
  const within = checkpoints.filter(
    ({ firstSeq, lastSeq }) => (from === null || firstSeq >= from) && lastSeq <= (to ?? -1),
  );
  return fits ? attestedDigest(within, []) : null;
}
