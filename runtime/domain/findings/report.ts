import type { Finding } from './finding';
import type { Verdict } from './verdict';

/** Events that were not read this time although their anchors are in scope, and what is known of them instead. */
export interface NotRead {
  /** Chain indices, both included. */
  readonly from: number;
  readonly to: number;
  /** Anchors over them. */
  readonly anchors: number;
  /**
   * - `read before the interruption`: by the interrupted run that this one completed; they are counted as read
   * - `verified before`: by earlier runs, under the same anchors; a change since then would not be seen
   * - `anchored after the plan`: read, but not held against these anchors
   */
  readonly reason: 'read before the interruption' | 'verified before' | 'anchored after the plan';
  /** ISO 8601, when that was: the begin of the run that read the oldest of them, or the time of the plan. */
  readonly at: string;
}

/** Bounds by the time in the anchors (`ts_utc`, the clock of their writer), not by the times in the events. */
export interface CoveredTime {
  /** ISO 8601: time of the anchor before the first event; null from the beginning of the chain. */
  readonly after: string | null;
  /** ISO 8601: time of the anchor that covers the last event; null while none does. */
  readonly until: string | null;
}

/** How much was looked at. Zero is shown as zero: what was not counted was not checked. */
export interface Coverage {
  /** Anchor keys of the chain found in the bucket. */
  readonly anchors: number;
  /** Anchors whose body was read and parsed. */
  readonly anchorsRead: number;
  /** Events read from the database. */
  readonly events: number;
  /** Events whose HMAC was recomputed. */
  readonly eventsRecomputed: number;
  /** Chain indices that were read, both included; null when none were. */
  readonly range: { readonly from: number; readonly to: number } | null;
  /** When the events that were read were anchored; null when none were, or when only the newest anchor was looked at. */
  readonly time: CoveredTime | null;
  /** Anchored hashes held against the database. */
  readonly anchoredHashes: number;
  /** Merkle roots recomputed and held against anchors. */
  readonly rangeRoots: number;
  /** Absent when everything in scope was read now. */
  readonly notRead?: readonly NotRead[];
}

/** Events that no anchor attests yet. */
export interface UnanchoredTail {
  readonly events: number;
  readonly fromIndex: number;
  /** Age of the oldest of them, seconds; null when the events carry no time. */
  readonly ageSeconds: number | null;
}

/** What the name of the table stood for in the session of the verifier. */
export interface ReadRelation {
  readonly schema: string;
  readonly name: string;
  readonly kind: 'table' | 'partitioned table' | 'view' | 'materialized view' | 'foreign table';
  /** PostgreSQL's number of it, which a table of the same name made anew does not have. */
  readonly oid: number;
  /** The first of its partitions and children, at any depth, that is no table itself; null where all are. */
  readonly nonTableChild: Pick<ReadRelation, 'schema' | 'name' | 'kind'> | null;
}

/** What a verification looked at, what it found, and the verdict over it. */
export interface VerificationReport {
  readonly verdict: Verdict;
  readonly scope: 'full' | 'latest' | 'anchors-only' | 'range' | 'since-last';
  readonly chainId: string;
  readonly bucket: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly finishedAt: string;
  /**
   * What can be said of the contents of events. `not evaluated` for a foreign chain, without keys or without a
   * database: links and anchored hashes may hold all the same.
   */
  readonly contents: Verdict;
  readonly coverage: Coverage;
  readonly newestAnchor: {
    readonly key: string;
    readonly versionId: string;
    readonly anchorSeq: number;
    readonly lastSeq: number;
    readonly time: string;
    /** When its lock ends, ISO 8601; null when it has none or S3 does not show it. */
    readonly lockedUntil: string | null;
  } | null;
  readonly tail: UnanchoredTail | null;
  readonly database: {
    readonly systemId: string | null;
    readonly timeline: number | null;
    /** What the events were read from. */
    readonly relation: ReadRelation;
  } | null;
  /** The finding that explains the others first. */
  readonly findings: readonly Finding[];
}
