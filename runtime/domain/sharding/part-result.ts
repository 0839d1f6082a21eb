import type { Finding } from '../findings/finding';

/** The event a part begins with, as far as its link is concerned. */
export interface FirstEvent {
  readonly index: number;
  /** Hex `prev_hash`; null when the event has no usable hash, so that no link can be held against it. */
  readonly prevHash: string | null;
}

/** What was found in one part of the chain. Plain data: it crosses threads, and is kept in files. */
export interface PartResult {
  readonly from: number | null;
  readonly to: number | null;
  /** Events read. */
  readonly events: number;
  /** Events whose HMAC was recomputed. */
  readonly recomputed: number;
  /** Lowest chain index read, null without one. */
  readonly firstIndex: number | null;
  /** The last event that the next part has to continue; null when there was none. */
  readonly lastIndex: number | null;
  /** Its hash; null when it has none that could be continued. */
  readonly lastHash: string | null;
  /** Null in the part at the beginning, which has no part before it, and in one without events. */
  readonly first: FirstEvent | null;
  /** Anchored hashes that were compared. */
  readonly anchoredHashes: number;
  /** Merkle roots that were compared. */
  readonly rangeRoots: number;
  readonly findings: readonly Finding[];
}

/** What was read of a chain, over all of its parts. */
export type ScanTotals = Pick<
  PartResult,
  'events' | 'recomputed' | 'firstIndex' | 'lastIndex' | 'anchoredHashes' | 'rangeRoots'
>;
