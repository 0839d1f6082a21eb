import type { Anchor, Trigger } from '../domain/anchor/anchor';
import type { Finding } from '../domain/findings/finding';
import type { KnownAnchor } from '../domain/anchor/known-anchor';

/** What an attempt to anchor has seen. */
export interface AnchoringSeen {
  /** Newest anchor, also the one that the attempt itself wrote; null when there is none, or it is in doubt. */
  readonly newest: KnownAnchor | null;
  /** Events behind it; null where the database lacks anchored events, so that nobody can tell. */
  readonly unanchored: number | null;
}

export interface AnchorRequest {
  /** Write even when no trigger is due: `manual` on demand, `shutdown` only if events are unanchored. */
  readonly force?: 'manual' | 'shutdown';
  readonly signal?: AbortSignal;
  /** Called now and then while new events are verified, with their number so far. */
  readonly onProgress?: (events: number) => void;
  /** Called as soon as bucket and database were seen, and after the write: what follows may be refused or fail. */
  readonly onSeen?: (seen: AnchoringSeen) => void;
  /** Called for each anchor of a backlog, once it is written, but for the last one, which is the outcome. */
  readonly onBacklog?: (written: WrittenAnchor) => void;
}

/** What the head of the chain says between two looks at the bucket. */
export interface Pending {
  /** The trigger that `anchor()` would write for now. */
  readonly trigger: Trigger | null;
  /** Null when no look at the bucket has told yet which anchor is the newest. */
  readonly unanchored: number | null;
}

/** An anchor that is in the bucket, and locked. */
export interface WrittenAnchor {
  readonly kind: 'written';
  readonly anchor: Anchor;
  readonly trigger: Trigger;
  readonly key: string;
  readonly versionId: string;
  /** Milliseconds since 1970. */
  readonly retainUntil: number;
  /** True when an earlier request whose reply was lost had already stored these very bytes. */
  readonly alreadyStored: boolean;
  /** Milliseconds of the whole attempt: waiting for the chain's lock, verifying the new events, writing. */
  readonly durationMs: number;
  /**
   * What was noticed and does not keep anchors from being written: anchors of one number (`ANCHOR_TWIN`, or `ANCHOR_FORK`,
   * which is tampering), and objects dated ahead of their writing (`ANCHOR_TIME_SKEW`, tampering).
   *
   * @default - nothing was noticed
   */
  readonly findings?: readonly Finding[];
}

/** What came of an attempt to anchor. */
export type AnchorOutcome =
  | WrittenAnchor
  /** `nextInterval`: when the interval trigger comes, milliseconds since 1970. */
  | {
      readonly kind: 'not due';
      readonly nextInterval: number;
      readonly unanchored: number;
      /** As of a written anchor. */
      readonly findings?: readonly Finding[];
    }
  /** The database contradicts the bucket, or the new events are broken or cannot be recomputed: nothing was written. */
  | {
      readonly kind: 'refused';
      readonly findings: readonly Finding[];
      /** New events whose HMAC was recomputed; absent when none was read. */
      readonly eventsRecomputed?: number | undefined;
    };

/** Another anchorer held the chain's lock all the while: neither bucket nor events were looked at. */
export interface BusyOutcome {
  readonly kind: 'busy';
  /** Who holds the lock, and how long it was waited for. */
  readonly message: string;
}
