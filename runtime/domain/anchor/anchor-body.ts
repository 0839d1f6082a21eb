import { CHAIN_ID_RULE, isChainId } from '../../contract/chain-id';
import { FormatError } from '../../errors';
import { asciiJson } from '../ascii-json';
import { CHAIN_FORMATS } from '../chain/columns';
import { readListedColumns } from '../chain/column-list';
import { isHexDigest, ZERO_HASH } from '../digests';
import { EMPTY_ROOT } from '../merkle/accumulator';
import {
  type Anchor,
  coversNothing,
  formatAnchorTime,
  isForeignHash,
  MAX_ANCHOR_EVENTS,
  TRIGGERS,
} from './anchor';

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
  'events',
  'merkle_root',
  'faults',
  'chain_format',
  'columns',
  'key_id',
  'trigger',
  'db_system_id',
  'db_timeline',
  'leaves_sha256',
  'declared',
] as const satisfies readonly (keyof Anchor)[];

/** Whatever is larger is no anchor and is not read. Most of a body is its column list. */
export const MAX_ANCHOR_BYTES = 64 * 1024;

const LSN = /^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/;
const SYSTEM_ID = /^\d{1,20}$/;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;

/**
 * The bytes that are stored, and whose SHA-256 is the anchor's identity.
 * @throws FormatError `VALUE_INVALID` when a string holds half of a surrogate pair
 */
export function serializeAnchor(anchor: Anchor): Buffer {
  const ordered = Object.fromEntries(KEYS.map((key) => [key, anchor[key]]));
  return Buffer.from(asciiJson(ordered), 'ascii');
}

type Rule = readonly [test: (value: unknown) => boolean, expected: string];

function integer(min: number): Rule {
  return [
    (value) => Number.isSafeInteger(value) && (value as number) >= min,
    `an integer from ${min} to 2^53 - 1`,
  ];
}
const digest: Rule = [isHexDigest, '64 lower-case hex digits'];

function nullOr([test, expected]: Rule): Rule {
  return [(value) => value === null || test(value), `null or ${expected}`];
}

function matching(pattern: RegExp, expected: string): Rule {
  return [(value) => typeof value === 'string' && pattern.test(value), expected];
}

function oneOf(values: readonly string[]): Rule {
  return [(value) => (values as readonly unknown[]).includes(value), values.join(', ')];
}

function isColumnList(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  try {
    return readListedColumns(value).length > 0;
  } catch {
    return false;
  }
}

function isAnchorTime(value: unknown): boolean {
  if (typeof value !== 'string' || !TIME.test(value)) return false;
  const millis = Date.parse(value);
  return !Number.isNaN(millis) && formatAnchorTime(millis / 1000) === value;
}

const RULES: Readonly<Record<keyof Anchor, Rule>> = {
  chain_id: [(value) => typeof value === 'string' && isChainId(value), CHAIN_ID_RULE],
  last_seq: integer(0),
  last_hash: [isForeignHash, '64 lower-case hex digits (links: 32 to 128)'],
  ts_utc: [isAnchorTime, 'YYYY-MM-DDTHH:MM:SSZ'],
  db_snapshot_lsn: nullOr(matching(LSN, 'a PostgreSQL LSN such as 0/9F000A50')),
  prev_anchor_hash: digest,
  format: [(value) => value === 1, '1'],
  anchor_seq: integer(1),
  first_seq: integer(0),
  events: [
    (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_ANCHOR_EVENTS,
    `an integer from 0 to ${MAX_ANCHOR_EVENTS}`,
  ],
  merkle_root: digest,
  faults: integer(0),
  chain_format: oneOf(CHAIN_FORMATS),
  columns: [isColumnList, 'name:type,name:type,... with each name once'],
  key_id: nullOr([(value) => typeof value === 'string' && value !== '', 'a key id']),
  trigger: oneOf(TRIGGERS),
  db_system_id: nullOr(matching(SYSTEM_ID, 'up to 20 digits')),
  db_timeline: nullOr(integer(1)),
  leaves_sha256: nullOr(digest),
  declared: nullOr(digest),
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
  checkEvents(anchor);
  checkHash(anchor);
  if (anchor.anchor_seq === 1 && anchor.prev_anchor_hash !== ZERO_HASH) {
    throw malformed('the first anchor must have 64 zeros as prev_anchor_hash');
  }
  if (anchor.anchor_seq > 1 && anchor.prev_anchor_hash === ZERO_HASH) {
    throw malformed(`anchor ${anchor.anchor_seq} has no prev_anchor_hash`);
  }
}

function checkEvents(anchor: Anchor): void {
  const { first_seq, last_seq, events, faults, chain_format } = anchor;
  const indexes = last_seq - first_seq + 1;
  if (coversNothing(anchor) ? events !== 0 : events === 0) {
    throw malformed(`events is ${events}, but first_seq to last_seq are ${indexes} indexes`);
  }
  // Only of a chain whose events do not verify can there be more than one to an index, and only v1 has no gaps.
  const differs = chain_format === 'v1' ? events !== indexes : events > indexes;
  if (faults === 0 && differs) {
    throw malformed(
      `events is ${events}; ${chain_format} has ${indexes} indexes from ${first_seq} to ${last_seq}`,
    );
  }
  if (faults > events) throw malformed(`faults is ${faults}, but events is ${events}`);
  if (events === 0 && anchor.merkle_root !== EMPTY_ROOT) {
    throw malformed('the anchor covers no event but its merkle_root is not that of the empty tree');
  }
  if (anchor.leaves_sha256 !== null && (events === 0 || chain_format === 'v1')) {
    throw malformed('leaves_sha256 names an object that such an anchor cannot have');
  }
}

function checkHash(anchor: Anchor): void {
  const { chain_format, last_hash, last_seq, first_seq } = anchor;
  if (chain_format === 'links') {
    if (anchor.anchor_seq === 1 && coversNothing(anchor)) {
      throw malformed('the first anchor covers no event; an empty table of format links is not anchored');
    }
    return;
  }
  if (!isHexDigest(last_hash)) throw malformed(`last_hash is ${show(last_hash)}; expected 64 hex digits`);
  const empty = last_hash === ZERO_HASH;
  if (empty && (last_seq !== 0 || first_seq !== 1 || anchor.key_id !== null)) {
    throw malformed('last_hash means an empty chain: last_seq must be 0, first_seq 1 and key_id null');
  }
  if (!empty && anchor.anchor_seq === 1 && coversNothing(anchor)) {
    throw malformed('the first anchor covers no event but does not say that the chain is empty');
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
    const [test, expected] = RULES[key];
    if (!test(object[key])) throw malformed(`${key} is ${show(object[key])}; expected ${expected}`);
  }
  const anchor = object as unknown as Anchor;
  checkConsistency(anchor);
  if (!isCanonical(anchor, body)) {
    throw malformed(
      'the body is not in canonical form (order of keys, repeated key, white space or escapes)',
    );
  }
  return anchor;
}

function isCanonical(anchor: Anchor, body: Uint8Array): boolean {
  try {
    return serializeAnchor(anchor).equals(body);
  } catch {
    // A string that no writer can have written.
    return false;
  }
}
