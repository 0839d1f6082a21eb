import fc from 'fast-check';
import type { Anchor } from '../../../../runtime/domain/anchor/anchor';
import {
  anchorMetadata,
  attestsEmptyChain,
  formatAnchorTime,
  TRIGGERS,
} from '../../../../runtime/domain/anchor/anchor';
import {
  MAX_ANCHOR_BYTES,
  parseAnchor,
  serializeAnchor,
} from '../../../../runtime/domain/anchor/anchor-body';
import { DEFAULT_COLUMN_LIST } from '../../../../runtime/domain/chain/columns';
import { ZERO_HASH } from '../../../../runtime/domain/digests';
import { EMPTY_ROOT } from '../../../../runtime/domain/merkle/accumulator';
import { FormatError } from '../../../../runtime/errors';

const PLAIN: Anchor = {
  chain_id: 'production',
  last_seq: 20,
  last_hash: 'a'.repeat(64),
  ts_utc: '2030-01-15T14:00:00Z',
  db_snapshot_lsn: '0/9F000A50',
  prev_anchor_hash: 'b'.repeat(64),
  format: 1,
  anchor_seq: 2,
  first_seq: 11,
  events: 10,
  merkle_root: 'c'.repeat(64),
  faults: 0,
  chain_format: 'v1',
  columns: DEFAULT_COLUMN_LIST,
  key_id: 'k1',
  trigger: 'interval',
  db_system_id: '7711102263033355138',
  db_timeline: 1,
  leaves_sha256: null,
  declared: null,
};
const EMPTY: Anchor = {
  ...PLAIN,
  last_seq: 0,
  last_hash: ZERO_HASH,
  prev_anchor_hash: ZERO_HASH,
  anchor_seq: 1,
  first_seq: 1,
  events: 0,
  merkle_root: EMPTY_ROOT,
  key_id: null,
};

const text = (anchor: Anchor): string => serializeAnchor(anchor).toString('latin1');

/** What the parser says of a body that it must refuse. */
function refusal(body: string | Buffer): string {
  try {
    parseAnchor(typeof body === 'string' ? Buffer.from(body, 'utf8') : body);
  } catch (error) {
    if (error instanceof FormatError && error.code === 'ANCHOR_MALFORMED') return error.message;
    throw error;
  }
  throw new Error('the body was accepted');
}

/** The body with one value replaced by other JSON text. */
function withValue(key: keyof Anchor, json: string, anchor: Anchor = PLAIN): string {
  const body = text(anchor);
  const changed = body.replace(`"${key}":${JSON.stringify(anchor[key])}`, `"${key}":${json}`);
  expect(changed).not.toBe(body);
  return changed;
}

test('the canonical body', () => {
  expect(text(PLAIN)).toMatchInlineSnapshot(
    `"{"chain_id":"production","last_seq":20,"last_hash":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","ts_utc":"2030-01-15T14:00:00Z","db_snapshot_lsn":"0/9F000A50","prev_anchor_hash":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","format":1,"anchor_seq":2,"first_seq":11,"events":10,"merkle_root":"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc","faults":0,"chain_format":"v1","columns":"chain_index:int8,occurred_at:timestamptz,actor:text,action:text,resource:text,outcome:text,details:json,salt:uuid,key_id:text,prev_hash:bytea","key_id":"k1","trigger":"interval","db_system_id":"7711102263033355138","db_timeline":1,"leaves_sha256":null,"declared":null}"`,
  );
  expect(anchorMetadata(PLAIN)).toEqual({
    'anchor-seq': '2',
    'last-seq': '20',
    'last-hash': PLAIN.last_hash,
    'prev-anchor-hash': PLAIN.prev_anchor_hash,
  });
});

describe('bodies that are no anchor', () => {
  test('every truncation', () => {
    const body = serializeAnchor(PLAIN);
    for (let length = 0; length < body.length; length += 1) {
      expect(refusal(body.subarray(0, length))).toMatch(/is not JSON/);
    }
  });

  test('a control character anywhere', () => {
    const body = serializeAnchor(PLAIN);
    for (let at = 0; at <= body.length; at += 1) {
      for (const extra of ['\n', '\0', '\t']) {
        const grown = Buffer.concat([body.subarray(0, at), Buffer.from(extra), body.subarray(at)]);
        expect(refusal(grown)).toBeTruthy();
      }
    }
  });

  test('huge: refused by its size, before it is parsed', () => {
    const huge = Buffer.alloc(MAX_ANCHOR_BYTES + 1, 0x20);
    expect(refusal(huge)).toBe(
      `the body has ${huge.length} bytes; an anchor has at most ${MAX_ANCHOR_BYTES}`,
    );
  });

  test.each([
    ['nothing', ''],
    ['text', 'hello'],
    ['two documents', `${text(PLAIN)}${text(PLAIN)}`],
    ['a byte order mark', `\ufeff${text(PLAIN)}`],
    ['UTF-16', Buffer.from(text(PLAIN), 'utf16le')],
  ])('not JSON: %s', (_, body) => expect(refusal(body)).toMatch(/is not JSON/));

  test.each(['null', '[]', '1', '"{}"', 'true'])('JSON but no object: %s', (body) =>
    expect(refusal(body)).toBe('the body is JSON but not an object'),
  );

  test.each([
    [
      'reordered',
      JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text(PLAIN)) as object).reverse())),
    ],
    ['a repeated key', text(PLAIN).replace('"format":1,', '"format":1,"format":1,')],
    ['a repeated key whose last value wins', text(PLAIN).replace('{', '{"last_seq":7,')],
    ['spaces', JSON.stringify(JSON.parse(text(PLAIN)), null, 1)],
    ['a trailing newline', `${text(PLAIN)}\n`],
    ['a leading space', ` ${text(PLAIN)}`],
    ['a needless escape', text(PLAIN).replace('"k1"', '"\\u006b1"')],
    ['upper-case digits of an escape', text({ ...PLAIN, key_id: 'ü' }).replace('\\u00fc', '\\u00FC')],
    ['raw UTF-8 instead of an escape', text({ ...PLAIN, key_id: 'ü' }).replace('\\u00fc', 'ü')],
    ['a raw Latin-1 byte', Buffer.from(text({ ...PLAIN, key_id: 'ü' }).replace('\\u00fc', 'ü'), 'latin1')],
    ['a number in another form', withValue('last_seq', '2e1')],
    ['a fraction of zero', withValue('last_seq', '20.0')],
  ])('not canonical: %s', (_, body) => expect(refusal(body)).toMatch(/not in canonical form/));

  test('an unknown key', () => {
    expect(refusal(text(PLAIN).replace('}', ',"note":1}'))).toBe('unknown key "note"');
    expect(refusal(text(PLAIN).replace('}', ',"__proto__":{}}'))).toBe('unknown key "__proto__"');
  });

  test.each(Object.keys(PLAIN) as (keyof Anchor)[])('without %s', (key) => {
    const rest = Object.fromEntries(Object.entries(PLAIN).filter(([name]) => name !== key));
    expect(refusal(JSON.stringify(rest))).toBe(`missing key "${key}"`);
  });

  test.each([
    ['chain_id', '"../x"'],
    ['chain_id', '""'],
    ['chain_id', '7'],
    ['last_seq', '-1'],
    ['last_seq', '20.5'],
    ['last_seq', '"20"'],
    ['last_seq', 'null'],
    ['last_seq', '9007199254740992'],
    ['last_seq', '9007199254740993'],
    ['last_seq', '1e400'],
    ['anchor_seq', '0'],
    ['anchor_seq', '9007199254740992'],
    ['first_seq', '-1'],
    ['first_seq', '9007199254740993'],
    ['last_hash', `"${'A'.repeat(64)}"`],
    ['last_hash', `"${'a'.repeat(63)}"`],
    ['merkle_root', `"${'g'.repeat(64)}"`],
    ['prev_anchor_hash', 'null'],
    ['ts_utc', '"2030-02-30T14:00:00Z"'],
    ['ts_utc', '"2030-01-15T24:00:00Z"'],
    ['ts_utc', '"2030-01-15T14:00:60Z"'],
    ['ts_utc', '"2030-01-15T14:00:00.000Z"'],
    ['ts_utc', '"2030-01-15T14:00:00+00:00"'],
    ['db_snapshot_lsn', '"0/9f000a50"'],
    ['db_snapshot_lsn', '""'],
    ['db_snapshot_lsn', '"1/123456789"'],
    ['last_hash', `"${'a'.repeat(65)}"`],
    ['last_hash', `"${'a'.repeat(130)}"`],
    ['events', '-1'],
    ['events', '1000001'],
    ['events', 'null'],
    ['faults', '-1'],
    ['faults', 'null'],
    ['chain_format', '"v2"'],
    ['chain_format', 'null'],
    ['columns', '""'],
    ['columns', 'null'],
    ['columns', '"a"'],
    ['columns', '"a:int8,a:int4"'],
    ['columns', '"a:int8,"'],
    ['columns', '"a:b:int8"'],
    ['columns', '"a%2c:int8"'],
    ['columns', '"a%41:int8"'],
    ['leaves_sha256', '"x"'],
    ['declared', '"x"'],
    ['format', '2'],
    ['format', '"1"'],
    ['key_id', '""'],
    ['key_id', '7'],
    ['trigger', '"hourly"'],
    ['trigger', 'null'],
    ['db_system_id', '7711102263033355138'],
    ['db_system_id', '"x"'],
    ['db_timeline', '0'],
    ['db_timeline', '"1"'],
  ] as const)('%s: %s', (key, json) => {
    expect(refusal(withValue(key, json))).toMatch(new RegExp(`^${key} is .*; expected `));
  });
});

describe('what the fields say of each other', () => {
  test.each([
    ['first_seq beyond last_seq + 1', { ...PLAIN, first_seq: 22 }, /beyond last_seq/],
    ['no event but a root', { ...PLAIN, first_seq: 21, events: 0 }, /not that of the empty tree/],
    ['events without an index', { ...PLAIN, first_seq: 21 }, /events is 10/],
    ['indexes without an event', { ...PLAIN, events: 0 }, /events is 0/],
    ['fewer events than indexes of a v1 chain', { ...PLAIN, events: 9 }, /events is 9/],
    ['more events than indexes', { ...PLAIN, events: 11, chain_format: 'rows' }, /events is 11/],
    ['more faults than events', { ...PLAIN, faults: 11 }, /faults is 11/],
    ['leaves of a v1 chain', { ...PLAIN, leaves_sha256: 'd'.repeat(64) }, /leaves_sha256/],
    ['a short hash of a v1 chain', { ...PLAIN, last_hash: 'a'.repeat(32) }, /last_hash/],
    [
      'an empty foreign chain',
      { ...EMPTY, last_hash: 'a'.repeat(32), chain_format: 'links' },
      /links is not anchored/,
    ],
    ['an empty chain with a last_seq', { ...EMPTY, last_seq: 3, first_seq: 4 }, /empty chain/],
    ['an empty chain that begins at 0', { ...EMPTY, first_seq: 0 }, /events is 0/],
    ['an empty chain with a key', { ...EMPTY, key_id: 'k1' }, /empty chain/],
    [
      'a first anchor without events of a chain with some',
      { ...EMPTY, last_hash: PLAIN.last_hash, key_id: 'k1' },
      /first anchor covers no event/,
    ],
    ['a first anchor with a predecessor', { ...PLAIN, anchor_seq: 1 }, /first anchor must have 64 zeros/],
    ['a later anchor without one', { ...PLAIN, prev_anchor_hash: ZERO_HASH }, /no prev_anchor_hash/],
  ] as const)('%s', (_, anchor, message) => {
    expect(refusal(text(anchor))).toMatch(message);
  });

  test.each([
    ['an empty chain', EMPTY],
    ['an empty chain once more', { ...EMPTY, anchor_seq: 2, prev_anchor_hash: PLAIN.prev_anchor_hash }],
    ['no event since', { ...PLAIN, first_seq: 21, events: 0, merkle_root: EMPTY_ROOT }],
    ['gaps in a table', { ...PLAIN, events: 3, chain_format: 'rows', leaves_sha256: 'd'.repeat(64) }],
    ['faults of a chain with a gap', { ...PLAIN, events: 9, faults: 1 }],
    ['the short hash of a foreign chain', { ...PLAIN, last_hash: 'a'.repeat(32), chain_format: 'links' }],
    ['the long hash of a foreign chain', { ...PLAIN, last_hash: 'a'.repeat(128), chain_format: 'links' }],
    ['encoded separators', { ...PLAIN, columns: 'odd%2Cna%3Ame%25:numeric%3A,b:text[]' }],
    [
      'a foreign chain whose only event is 0',
      { ...PLAIN, first_seq: 0, last_seq: 0, events: 1, chain_format: 'links' },
    ],
    [
      'the largest integers',
      {
        ...PLAIN,
        first_seq: Number.MAX_SAFE_INTEGER - 9,
        last_seq: Number.MAX_SAFE_INTEGER,
        anchor_seq: Number.MAX_SAFE_INTEGER,
      },
    ],
    [
      'a server that gives nothing',
      { ...PLAIN, db_snapshot_lsn: null, db_system_id: null, db_timeline: null },
    ],
  ] as const)('accepted: %s', (_, anchor) => {
    expect(parseAnchor(serializeAnchor(anchor))).toEqual(anchor);
  });
});

test('key ids beyond printable ASCII are escaped', () => {
  const anchor = { ...PLAIN, key_id: 'ü\u0000\u2028\u007f~😀"\\/' };
  expect(text(anchor)).toContain('"key_id":"\\u00fc\\u0000\\u2028\\u007f~\\ud83d\\ude00\\"\\\\/"');
  expect(parseAnchor(serializeAnchor(anchor))).toEqual(anchor);
});

test('half of a surrogate pair is neither written nor read', () => {
  expect(() => serializeAnchor({ ...PLAIN, key_id: '\ud800' })).toThrow(FormatError);
  expect(refusal(withValue('key_id', '"\\ud800"'))).toMatch(/not in canonical form/);
  expect(refusal(withValue('key_id', '"\\udc00\\ud800"'))).toMatch(/not in canonical form/);
});

test('64 zeros mean an empty chain, but for a foreign one, which may have such a hash', () => {
  const empty = { lastHash: ZERO_HASH, lastSeq: 0, chainFormat: 'v1' } as const;
  expect(attestsEmptyChain(empty)).toBe(true);
  expect(attestsEmptyChain({ ...empty, chainFormat: 'links' })).toBe(false);
  expect(attestsEmptyChain({ ...empty, lastSeq: 7, chainFormat: null })).toBe(false);
});

const digest = fc.stringMatching(/^[0-9a-f]{64}$/).filter((hash) => hash !== ZERO_HASH);
const anchors: fc.Arbitrary<Anchor> = fc
  .record({
    first_seq: fc.integer({ min: 1, max: 2 ** 52 }),
    events: fc.nat(1_000_000),
    anchor_seq: fc.integer({ min: 2, max: 2 ** 52 }),
    last_hash: digest,
    prev_anchor_hash: digest,
    merkle_root: digest,
    seconds: fc.integer({ min: 0, max: 253_402_300_799 }),
    key_id: fc.option(
      fc.string({ minLength: 1, maxLength: 80, unit: 'binary' }).filter((id) => !/\p{Cs}/u.test(id)),
      { nil: null },
    ),
    trigger: fc.constantFrom(...TRIGGERS),
    db_snapshot_lsn: fc.option(fc.stringMatching(/^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/), { nil: null }),
    db_system_id: fc.option(fc.stringMatching(/^\d{1,20}$/), { nil: null }),
    db_timeline: fc.option(fc.integer({ min: 1, max: 2 ** 31 - 1 }), { nil: null }),
    faults: fc.constant(0),
    chain_format: fc.constant('v1' as const),
    columns: fc.constant(DEFAULT_COLUMN_LIST),
    declared: fc.option(digest, { nil: null }),
  })
  .map(({ seconds, merkle_root, ...rest }) => ({
    chain_id: 'production',
    ts_utc: formatAnchorTime(seconds),
    format: 1,
    ...rest,
    last_seq: rest.first_seq + rest.events - 1,
    merkle_root: rest.events === 0 ? EMPTY_ROOT : merkle_root,
    leaves_sha256: null,
  }));

test('property: what is written is what is read', () => {
  fc.assert(
    fc.property(anchors, (anchor) => {
      const body = serializeAnchor(anchor);
      expect(parseAnchor(body)).toEqual(anchor);
      expect(body.every((byte) => byte >= 0x20 && byte <= 0x7e)).toBe(true);
    }),
  );
});

test('property: a body with any byte changed is refused, or is another anchor', () => {
  const byte = fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 }));
  fc.assert(
    fc.property(anchors, byte, (anchor, [position, mask]) => {
      const body = serializeAnchor(anchor);
      const at = position % body.length;
      body.writeUInt8(body.readUInt8(at) ^ mask, at);
      let parsed: Anchor | null = null;
      try {
        parsed = parseAnchor(body);
      } catch (error) {
        expect(error).toMatchObject({ code: 'ANCHOR_MALFORMED' });
      }
      if (parsed) expect(serializeAnchor(parsed).equals(body)).toBe(true);
      expect(parsed).not.toEqual(anchor);
    }),
    { numRuns: 300 },
  );
});
