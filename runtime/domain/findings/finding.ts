/**
 * - `tampering`: evidence contradicts itself or the database; the verdict is `tampered`.
 * - `unproven`: something could not be looked at; the verdict cannot be `verified`.
 * - `warning`: worth an operator's attention; does not change the verdict.
 * - `info`: worth knowing.
 */
export type Severity = 'tampering' | 'unproven' | 'warning' | 'info';

/** Where: one object version in the bucket, events by chain index (both ends included), a whole
 * side, or a file of the verifier's own. */
export type Place =
  | { readonly kind: 'object'; readonly key: string; readonly versionId: string }
  | { readonly kind: 'events'; readonly from: number; readonly to: number }
  | { readonly kind: 'bucket'; readonly name: string }
  | { readonly kind: 'file'; readonly name: string }
  | { readonly kind: 'database' };

/**
 * Every code a report can hold, with its severity. The order is the order of explanation: of two findings of the
 * same severity the one that stands first here is shown first, since it usually causes the other.
 */
export const FINDINGS = {
  ANCHOR_OVERLAID: 'tampering',
  ANCHOR_DELETE_MARKER: 'tampering',
  ANCHOR_CHECKSUM: 'tampering',
  ANCHOR_MALFORMED: 'tampering',
  ANCHOR_MISPLACED: 'tampering',
  ANCHOR_NOT_LOCKED: 'tampering',
  ANCHOR_NOT_COMPLIANCE: 'tampering',
  ANCHOR_RETENTION_SHORT: 'tampering',
  ANCHOR_FORK: 'tampering',
  ANCHOR_MISSING: 'tampering',
  ANCHOR_LINK: 'tampering',
  ANCHOR_RANGE: 'tampering',
  ANCHOR_FORMAT: 'tampering',
  ANCHOR_TIME_ORDER: 'tampering',
  ANCHOR_TIME_SKEW: 'tampering',
  ANCHOR_METADATA: 'tampering',
  FOREIGN_OBJECT: 'tampering',
  EVENT_HASH: 'tampering',
  EVENT_MISSING: 'tampering',
  EVENT_DUPLICATE: 'tampering',
  EVENT_INDEX: 'tampering',
  EVENT_MALFORMED: 'tampering',
  EVENT_LINK: 'tampering',
  CHAIN_TRUNCATED: 'tampering',
  ANCHORED_HASH: 'tampering',
  RANGE_ROOT: 'tampering',
  NO_ANCHORS: 'unproven',
  NOTHING_IN_RANGE: 'unproven',
  ANCHOR_INCOMPLETE: 'unproven',
  ANCHOR_TWIN_UNPROVEN: 'unproven',
  ANCHOR_ARCHIVED: 'unproven',
  ANCHOR_UNREADABLE: 'unproven',
  REPLICA_INCOMPLETE: 'unproven',
  DATABASE_UNREADABLE: 'unproven',
  RELATION_NOT_TABLE: 'unproven',
  TABLE_SHAPE: 'unproven',
  STANDBY_BEHIND: 'unproven',
  KEY_UNKNOWN: 'unproven',
  CONTENTS_NOT_EVALUATED: 'unproven',
  INTERRUPTED: 'unproven',
  ANCHOR_TWIN: 'warning',
  ANCHOR_REPEATED: 'warning',
  CADENCE_GAP: 'warning',
  ANCHOR_STALE: 'warning',
  BUCKET_UNPROTECTED: 'warning',
  ANCHOR_NOT_REPLICATED: 'warning',
  DATABASE_CHANGED: 'warning',
  STATE_DISCARDED: 'warning',
  ANCHORS_EXPIRED: 'info',
  ANCHOR_RETENTION_EARLIER: 'info',
} as const satisfies Readonly<Record<string, Severity>>;

/** Stable name of what was found; part of the public contract. */
export type FindingCode = keyof typeof FINDINGS;

/** One thing that is wrong or unproven, with its place. */
export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  readonly place: Place;
  /** One sentence for people. */
  readonly message: string;
  readonly expected?: string;
  readonly actual?: string;
  /** The anchor that attests otherwise, where one does. */
  readonly anchor?: { readonly key: string; readonly versionId: string; readonly seq: number };
  /** How many places this finding stands for; `place` is the first, or the range of all. */
  readonly count: number;
  /** Code of the finding that explains this one as its consequence. */
  readonly explainedBy?: FindingCode;
}

/** What a check reports; code and place decide the rest. */
export type NewFinding = Omit<Finding, 'severity' | 'count'> & { readonly count?: number };

export function finding(details: NewFinding): Finding {
  return { count: 1, ...details, severity: FINDINGS[details.code] };
}

const CODES = Object.keys(FINDINGS) as FindingCode[];
const SEVERITIES: readonly Severity[] = ['tampering', 'unproven', 'warning', 'info'];

function position(place: Place): string {
  if (place.kind === 'events') return `2 ${String(place.from).padStart(16, '0')}`;
  return place.kind === 'object' ? `1 ${place.key}` : '0';
}

/** Orders findings: causes before consequences, severe before mild, then by code and place. */
export function compareFindings(a: Finding, b: Finding): number {
  return (
    SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
    Number(a.explainedBy !== undefined) - Number(b.explainedBy !== undefined) ||
    CODES.indexOf(a.code) - CODES.indexOf(b.code) ||
    (position(a.place) < position(b.place) ? -1 : 1)
  );
}
