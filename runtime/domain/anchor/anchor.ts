import type { CHAIN_FORMATS } from '../chain/columns';
import { sha256Hex, ZERO_HASH } from '../digests';

/** Why an anchor was written. */
export const TRIGGERS = [
  'interval',
  'events',
  'key_rotation',
  'manual',
  'shutdown',
  'backlog',
  'declared',
] as const;
/**
 * Why an anchor was written: `manual` on demand, `shutdown` when the daemon stops, `backlog` because more events wait
 * than one anchor covers, `declared` because a declaration waits, the others by themselves.
 */
export type Trigger = (typeof TRIGGERS)[number];

/** Events that one anchor covers at most, so that ranges stay of a size that can be read again. */
export const MAX_ANCHOR_EVENTS = 1_000_000;

/** The body of an anchor, format 1. Field names are the JSON keys, in their order. */
export interface Anchor {
  readonly chain_id: string;
  /** Chain index of the last event; 0 for an empty chain. */
  readonly last_seq: number;
  /** Hex `event_hash` of the last event; 64 zeros for an empty chain. */
  readonly last_hash: string;
  /** `YYYY-MM-DDTHH:MM:SSZ`. */
  readonly ts_utc: string;
  readonly db_snapshot_lsn: string | null;
  /** SHA-256 of the previous anchor's body; 64 zeros for the first. */
  readonly prev_anchor_hash: string;
  readonly format: 1;
  /** 1 for the first anchor, then +1. */
  readonly anchor_seq: number;
  /** `last_seq + 1` when no event came since the previous anchor. */
  readonly first_seq: number;
  /** Number of events in `first_seq..last_seq`. */
  readonly events: number;
  readonly merkle_root: string;
  /** Events of the range that did not verify when it was anchored. */
  readonly faults: number;
  readonly chain_format: (typeof CHAIN_FORMATS)[number];
  /** Column list that the messages of the range cover. */
  readonly columns: string;
  /** Key of the last event; null for an empty chain, and for a foreign chain without key ids. */
  readonly key_id: string | null;
  readonly trigger: Trigger;
  readonly db_system_id: string | null;
  readonly db_timeline: number | null;
  /** SHA-256 of the leaves object, null when none was written. */
  readonly leaves_sha256: string | null;
  /** SHA-256 of the newest declaration that was taken in, null while there is none. */
  readonly declared: string | null;
}

/** A hash of 16 to 64 bytes, as a foreign chain may have. */
const FOREIGN_HASH = /^(?:[0-9a-f]{2}){16,64}$/;

/** True for 32 to 128 lower-case hex digits, an even number of them: a hash that some chain can have. */
export function isForeignHash(value: unknown): value is string {
  return typeof value === 'string' && FOREIGN_HASH.test(value);
}

/** `YYYY-MM-DDTHH:MM:SSZ` of whole seconds since 1970. */
export function formatAnchorTime(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
}

/** Seconds since 1970 of an anchor's `ts_utc`. */
export function anchorSeconds(anchor: Pick<Anchor, 'ts_utc'>): number {
  return Date.parse(anchor.ts_utc) / 1000;
}

/** True when the anchor covers no event: none came since the one before it. */
export function coversNothing(anchor: Pick<Anchor, 'first_seq' | 'last_seq'>): boolean {
  return anchor.first_seq > anchor.last_seq;
}

/**
 * True when an anchor says that the chain has no events: 64 zeros, a hash that no event of ours can have. A foreign event
 * can, and a foreign chain without events is not anchored.
 */
export function attestsEmptyChain({
  lastHash,
  lastSeq,
  chainFormat,
}: {
  readonly lastHash: string;
  readonly lastSeq: number;
  readonly chainFormat: Anchor['chain_format'] | null;
}): boolean {
  return chainFormat !== 'links' && lastSeq === 0 && lastHash === ZERO_HASH;
}

/** Hex SHA-256 of a stored body: the anchor's identity and the next anchor's `prev_anchor_hash`. */
export function anchorHash(body: Uint8Array): string {
  return sha256Hex(body);
}

/** User metadata stored with an anchor, so that a HEAD is enough to check the links of an archived one. */
export function anchorMetadata(anchor: Anchor): Record<string, string> {
  return {
    'anchor-seq': String(anchor.anchor_seq),
    'last-seq': String(anchor.last_seq),
    'last-hash': anchor.last_hash,
    'prev-anchor-hash': anchor.prev_anchor_hash,
  };
}
