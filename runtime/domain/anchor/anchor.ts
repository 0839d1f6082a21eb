import { FormatError } from '../../errors';
import { isHexDigest, sha256Hex, ZERO_HASH } from '../digests';
import { EMPTY_ROOT } from '../merkle/accumulator';
import { CHAIN_ID_RULE, isChainId } from './object-key';

/** Why an anchor was written. */
export const TRIGGERS = ['interval', 'events', 'key_rotation', 'manual', 'shutdown'] as const;
/** Why an anchor was written: `manual` on demand, `shutdown` when the daemon stops, the others by themselves. */
export type Trigger = (typeof TRIGGERS)[number];

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
  readonly merkle_root: string;
  /** Key of the last event; null for an empty chain, and for a foreign chain without key ids. */
  readonly key_id: string | null;
  readonly trigger: Trigger;
  readonly db_system_id: string | null;
  readonly db_timeline: number | null;
}

const KEYS = [
  'chain_id',
  'last_seq',
  'last_hash',
  'ts_utc',
  'db_snapshot_lsn',
  'prev_anchor_hash',
  'format',
  'anchor_seq',
  'first_seq',
  'merkle_root',
  'key_id',
  'trigger',
  'db_system_id',
  'db_timeline',
] as const satisfies readonly (keyof Anchor)[];

/** A body is well under 2 KiB; whatever is larger is not an anchor and is not read. */
export const MAX_ANCHOR_BYTES = 16 * 1024;

const LSN = /^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/;
const SYSTEM_ID = /^\d{1,20}$/;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;

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

/** True when the hash is that of a chain without events: 64 zeros, since no event can have it. */
export function attestsEmptyChain(lastHash: string): boolean {
  return lastHash === ZERO_HASH;
}

/** The bytes that are stored, and whose SHA-256 is the anchor's identity. */
export function serializeAnchor(anchor: Anchor): Buffer {
  const ordered = Object.fromEntries(KEYS.map((key) => [key, anchor[key]]));
  const json = JSON.stringify(ordered).replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return Buffer.from(json, 'ascii');
}

/** Hex SHA-256 of a stored body: the anchor's identity and the next anchor's `prev_anchor_hash`. */
export function anchorHash(body: Uint8Array): string {
  return sha256Hex(body);
}

type Rule = readonly [test: (value: unknown) => boolean, allowed: string];

function integer(min: number): Rule {
  return [
    (value) => Number.isSafeInteger(value) && (value as number) >= min,
    `an integer from ${min} to 2^53 - 1`,
  ];
}
const digest: Rule = [isHexDigest, '64 lower-case hex digits'];

function nullOr([test, allowed]: Rule): Rule {
  return [(value) => value === null || test(value), `null or ${allowed}`];
}

function matching(pattern: RegExp, allowed: string): Rule {
  return [(value) => typeof value === 'string' && pattern.test(value), allowed];
}

function isAnchorTime(value: unknown): boolean {
  if (typeof value !== 'string' || !TIME.test(value)) return false;
  const millis = Date.parse(value);
  return !Number.isNaN(millis) && formatAnchorTime(millis / 1000) === value;
}

const RULES: Readonly<Record<keyof Anchor, Rule>> = {
  chain_id: [(value) => typeof value === 'string' && isChainId(value), CHAIN_ID_RULE],
  last_seq: integer(0),
  last_hash: digest,
  ts_utc: [isAnchorTime, 'YYYY-MM-DDTHH:MM:SSZ'],
  db_snapshot_lsn: nullOr(matching(LSN, 'a PostgreSQL LSN such as 0/9F000A50')),
  prev_anchor_hash: digest,
  format: [(value) => value === 1, '1'],
  anchor_seq: integer(1),
  first_seq: integer(0),
  merkle_root: digest,
  key_id: nullOr([(value) => typeof value === 'string' && value !== '', 'a key id']),
  trigger: [(value) => (TRIGGERS as readonly unknown[]).includes(value), TRIGGERS.join(', ')],
  db_system_id: nullOr(matching(SYSTEM_ID, 'up to 20 digits')),
  db_timeline: nullOr(integer(1)),
};

function malformed(message: string, cause?: unknown): FormatError {
  return new FormatError('ANCHOR_MALFORMED', message, { cause });
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function parseJson(body: Uint8Array): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(body).toString('latin1'));
  } catch (cause) {
    throw malformed(`the body of ${body.length} bytes is not JSON`, cause);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw malformed('the body is JSON but not an object');
  }
  return parsed as Record<string, unknown>;
}

function checkKeys(object: Record<string, unknown>): void {
  const found = Object.keys(object);
  const unknown = found.filter((key) => !(KEYS as readonly string[]).includes(key));
  if (unknown.length > 0) throw malformed(`unknown key ${show(unknown[0])}`);
  const missing = KEYS.filter((key) => !found.includes(key));
  if (missing.length > 0) throw malformed(`missing key ${show(missing[0])}`);
}

/** What the fields say of each other. */
function checkConsistency(anchor: Anchor): void {
  if (anchor.first_seq > anchor.last_seq + 1) {
    throw malformed(`first_seq ${anchor.first_seq} is beyond last_seq + 1 (${anchor.last_seq + 1})`);
  }
  if (coversNothing(anchor) && anchor.merkle_root !== EMPTY_ROOT) {
    throw malformed('the anchor covers no event but its merkle_root is not that of the empty tree');
  }
  const empty = attestsEmptyChain(anchor.last_hash);
  if (empty && (anchor.last_seq !== 0 || anchor.first_seq !== 1 || anchor.key_id !== null)) {
    throw malformed('last_hash means an empty chain: last_seq must be 0, first_seq 1 and key_id null');
  }
  if (!empty && anchor.anchor_seq === 1 && coversNothing(anchor)) {
    throw malformed('the first anchor covers no event but does not say that the chain is empty');
  }
  if (anchor.anchor_seq === 1 && anchor.prev_anchor_hash !== ZERO_HASH) {
    throw malformed('the first anchor must have 64 zeros as prev_anchor_hash');
  }
  if (anchor.anchor_seq > 1 && anchor.prev_anchor_hash === ZERO_HASH) {
    throw malformed(`anchor ${anchor.anchor_seq} has no prev_anchor_hash`);
  }
}

/**
 * Parses a stored body. The bytes may come from an attacker: anything but the one canonical form is refused.
 * @throws FormatError `ANCHOR_MALFORMED` naming the first thing that is wrong
 */
export function parseAnchor(body: Uint8Array): Anchor {
  if (body.length > MAX_ANCHOR_BYTES) {
    throw malformed(`the body has ${body.length} bytes; an anchor has at most ${MAX_ANCHOR_BYTES}`);
  }
  const object = parseJson(body);
  checkKeys(object);
  for (const key of KEYS) {
    const [test, allowed] = RULES[key];
    if (!test(object[key])) throw malformed(`${key} is ${show(object[key])}; allowed: ${allowed}`);
  }
  const anchor = object as unknown as Anchor;
  checkConsistency(anchor);
  if (!serializeAnchor(anchor).equals(body)) {
    throw malformed(
      'the body is not in canonical form (order of keys, repeated key, white space or escapes)',
    );
  }
  return anchor;
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
