import type { ChainLayout } from '../chain/columns';
import { brokenLink, cutOff, missingEvents } from '../chain/event-faults';
import type { Checkpoint } from '../chain/checkpoint';
import type { FindingLog } from '../findings/finding-log';
import type { PartResult, ScanTotals } from './part-result';

/** Where the reading of the whole began, and what it should have reached. */
export interface WholeChain {
  readonly layout: ChainLayout;
  /** Chain index the first event must have. */
  readonly firstIndex: number;
  /** Hex hash that the first event must continue, null when it is not known. */
  readonly firstLink: string | null;
  readonly checkpoints: readonly Checkpoint[];
  /** Index that must be reached because events are known to stand behind it. */
  readonly reaches?: number;
}

/**
 * Joins the parts of a chain: holds the first event of each against the last of the one before, and judges the end
 * of the chain. The findings are those of one reading from beginning to end, word for word.
 * @param parts in the order of the chain, without a gap between their bounds
 */
export function joinParts(chain: WholeChain, parts: readonly PartResult[], findings: FindingLog): ScanTotals {
  let lastIndex: number | null = null;
  let lastHash = chain.firstLink;
  for (const [at, part] of parts.entries()) {
    if (at > 0 && part.from !== null && part.firstIndex !== null) {
      const expected: number = lastIndex === null ? chain.firstIndex : lastIndex + 1;
      // The part itself reports what is missing from its own beginning on.
      if (part.from > expected) findings.add(missingEvents(expected, part.from - 1));
      const { first } = part;
      if (first && first.index === expected && first.prevHash !== null && lastHash !== null) {
        if (first.prevHash !== lastHash) {
          findings.add(brokenLink(chain.layout, first.index, lastHash, first.prevHash));
        }
      }
    }
    part.findings.forEach((found) => findings.add(found));
    if (part.lastIndex !== null) {
      lastIndex = part.lastIndex;
      lastHash = part.lastHash;
    }
  }
  judgeEnd(chain, lastIndex, findings);
  const sum = (count: 'events' | 'recomputed' | 'anchoredHashes' | 'rangeRoots'): number =>
    parts.reduce((total, part) => total + part[count], 0);
  return {
    events: sum('events'),
    recomputed: sum('recomputed'),
    firstIndex: parts.find(({ firstIndex }) => firstIndex !== null)?.firstIndex ?? null,
    lastIndex,
    anchoredHashes: sum('anchoredHashes'),
    rangeRoots: sum('rangeRoots'),
  };
}

function judgeEnd(chain: WholeChain, lastIndex: number | null, findings: FindingLog): void {
  const { firstIndex, reaches, checkpoints } = chain;
  const last = lastIndex ?? firstIndex - 1;
  const gap = reaches !== undefined && last < reaches;
  if (gap) findings.add(missingEvents(last + 1, reaches));
  const cut = cutOff(checkpoints, gap ? reaches : lastIndex);
  if (cut) findings.add(cut);
}
