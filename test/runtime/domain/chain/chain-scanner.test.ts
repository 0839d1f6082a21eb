import fc from 'fast-check';
import { FormatError, UnavailableError } from '../../../../runtime/errors';
import { MAX_PLACES_PER_CODE } from '../../../../runtime/domain/findings/finding-log';
import type { Finding } from '../../../../runtime/domain/findings/finding';
import type { EventContents, StoredEvent } from '../../../support/chain';
import {
  buildChain,
  checkpointOver,
  copyStream,
  plainContents,
  scan,
  storeEvent,
} from '../../../support/chain';

const contents = (count: number): EventContents[] =>
  Array.from({ length: count }, (_, at) => plainContents(at));
const codes = (findings: readonly Finding[]): string[] => findings.map(({ code }) => code);

/** Checkpoints over consecutive slices of the chain. */
function anchored(events: readonly StoredEvent[], size: number): ReturnType<typeof checkpointOver>[] {
  const checkpoints = [];
  for (let at = 0; at < events.length; at += size) {
    checkpoints.push(checkpointOver(events.slice(at, at + size), checkpoints.length + 1));
  }
  return checkpoints;
}

const eventArbitrary: fc.Arbitrary<EventContents> = fc.record({
  actor: fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\0', '')),
  action: fc.string().map((text) => text.replaceAll('\0', '')),
  resource: fc.option(fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\0', ''))),
  outcome: fc.constantFrom('success', 'denied', ''),
  details: fc.option(fc.json()),
  keyId: fc.constantFrom('k1' as const, 'k2' as const),
  occurredAt: fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n }),
});

describe('an untouched chain', () => {
  test('is verified in one pass: every event recomputed, every range compared', () => {
    const events = buildChain(contents(1000));
    const { summary, findings } = scan(copyStream(events), anchored(events, 300));
    expect(findings).toEqual([]);
    expect(summary).toMatchObject({ events: 1000, recomputed: 1000, lastIndex: 1000 });
    expect(summary.lastHash).toBe(events[999]?.hash.toString('hex'));
    expect(summary.ranges.map(({ compared, hashCompared }) => compared && hashCompared)).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });

  test('gives the same result however the stream is cut, also through single bytes', () => {
    const events = buildChain(contents(40));
    const stream = copyStream(events);
    for (const chunkBytes of [1, 2, 3, 7, 100, 1024]) {
      const { summary, findings } = scan(stream, anchored(events, 7), { chunkBytes });
      expect(findings).toEqual([]);
      expect(summary.recomputed).toBe(40);
    }
  });

  test('holds for random events and random ranges', () => {
    fc.assert(
      fc.property(
        fc.array(eventArbitrary, { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 1, max: 9 }),
        (list, size) => {
          const events = buildChain(list);
          const { summary, findings } = scan(copyStream(events), anchored(events, size), { chunkBytes: 53 });
          expect(findings).toEqual([]);
          expect(summary.recomputed).toBe(list.length);
        },
      ),
    );
  });

  test('an event of several megabytes does not stop it', () => {
    const large = { ...plainContents(0), details: JSON.stringify('x'.repeat(3_000_000)) };
    const events = buildChain([plainContents(1), large, plainContents(2)]);
    expect(scan(copyStream(events), anchored(events, 2)).findings).toEqual([]);
  });

  test('an empty chain has nothing to recompute', () => {
    expect(scan(copyStream([])).summary).toMatchObject({
      events: 0,
      recomputed: 0,
      lastIndex: null,
      lastHash: null,
    });
  });
});

describe('every mutation of a stored event is found', () => {
  test('every single bit of every value', () => {
    const events = buildChain(contents(5));
    const checkpoints = anchored(events, 5);
    const clean = copyStream(events);
    const start = 19;
    let flips = 0;
    let malformed = 0;
    for (let byte = start; byte < clean.length - 2; byte++) {
      for (let bit = 0; bit < 8; bit++) {
        const stream = Buffer.from(clean);
        stream[byte]! ^= 1 << bit;
        flips += 1;
        try {
          const { findings } = scan(stream, checkpoints);
          expect(
            findings.filter(({ severity }) => severity === 'tampering' || severity === 'unproven'),
          ).not.toEqual([]);
        } catch (error) {
          // A changed length is no longer a stream PostgreSQL would send.
          if (!(error instanceof FormatError || error instanceof UnavailableError)) throw error;
          malformed += 1;
        }
      }
    }
    expect(flips).toBeGreaterThan(6_000);
    // Only the field count and the eleven length words of an event are structure.
    expect(malformed).toBeLessThanOrEqual(events.length * (2 + 11 * 4) * 8);
  });

  test('every removal, insertion, swap and repetition of random events', () => {
    fc.assert(
      fc.property(
        fc.array(eventArbitrary, { minLength: 3, maxLength: 12 }),
        fc.nat(),
        fc.constantFrom('remove', 'insert', 'swap', 'repeat'),
        (list, where, how) => {
          const events = buildChain(list);
          const at = where % (events.length - 1);
          const mutated = [...events];
          if (how === 'remove') mutated.splice(at, 1);
          if (how === 'insert')
            mutated.splice(at, 0, storeEvent(at + 1, plainContents(99), Buffer.alloc(32)));
          if (how === 'swap') mutated.splice(at, 2, events[at + 1]!, events[at]!);
          if (how === 'repeat') mutated.splice(at, 0, events[at]!);
          const { findings } = scan(copyStream(mutated), anchored(events, 4));
          expect(findings[0]?.severity).toBe('tampering');
          expect(findings[0]?.explainedBy).toBeUndefined();
        },
      ),
    );
  });
});

describe('findings name the cause and its place', () => {
  const events = buildChain(contents(100));
  const checkpoints = anchored(events, 25);

  test('an edited event: its hash, and the range as a consequence', () => {
    const edited = [...events];
    const original = events[41]!;
    const message = Buffer.from(original.message);
    message[40]! ^= 1;
    edited[41] = { ...original, message };
    const { findings } = scan(copyStream(edited), checkpoints);
    expect(findings[0]).toMatchObject({ code: 'EVENT_HASH', place: { from: 42, to: 42 }, count: 1 });
    expect(findings[0]).not.toHaveProperty('expected');
    expect(findings.slice(1)).toEqual([
      expect.objectContaining({ code: 'RANGE_ROOT', explainedBy: 'EVENT_HASH' }),
    ]);
  });

  test('a tail cut off and chained anew with the secret: the first anchor that disagrees', () => {
    const forged = buildChain(
      contents(60).map((event) => ({ ...event, actor: 'nobody' })),
      41,
      events[39]!.hash,
    );
    const { findings } = scan(copyStream([...events.slice(0, 40), ...forged]), checkpoints);
    expect(findings[0]).toMatchObject({
      code: 'ANCHORED_HASH',
      place: { from: 26, to: 50 },
      count: 1,
      expected: events[49]!.hash.toString('hex'),
      actual: forged[9]!.hash.toString('hex'),
      anchor: { seq: 2 },
    });
    expect(
      findings.slice(1).map(({ code, anchor, explainedBy }) => [code, anchor?.seq, explainedBy]),
    ).toEqual([
      ['ANCHORED_HASH', 3, 'ANCHORED_HASH'],
      ['ANCHORED_HASH', 4, 'ANCHORED_HASH'],
      ['RANGE_ROOT', 2, 'ANCHORED_HASH'],
      ['RANGE_ROOT', 3, 'ANCHORED_HASH'],
      ['RANGE_ROOT', 4, 'ANCHORED_HASH'],
    ]);
  });

  test('a tail cut off: which anchored events are gone', () => {
    const { findings } = scan(copyStream(events.slice(0, 60)), checkpoints);
    expect(findings[0]).toMatchObject({ code: 'CHAIN_TRUNCATED', place: { from: 61, to: 100 }, count: 2 });
    expect(findings.slice(1).every(({ explainedBy }) => explainedBy === 'CHAIN_TRUNCATED')).toBe(true);
  });

  test('an emptied table', () => {
    const { findings } = scan(copyStream([]), checkpoints);
    expect(findings[0]).toMatchObject({
      code: 'CHAIN_TRUNCATED',
      place: { from: 1, to: 100 },
      actual: 'no event',
    });
  });

  test('a gap: the missing events, not the broken link behind them', () => {
    const { findings } = scan(copyStream([...events.slice(0, 10), ...events.slice(13)]), checkpoints);
    expect(findings[0]).toMatchObject({ code: 'EVENT_MISSING', place: { from: 11, to: 13 }, count: 3 });
    expect(codes(findings)).toEqual(['EVENT_MISSING', 'RANGE_ROOT']);
  });

  test('an event before the first, also with a negative index', () => {
    const before = storeEvent(-3, plainContents(0), Buffer.alloc(32));
    expect(scan(copyStream([before, ...events])).findings[0]).toMatchObject({
      code: 'EVENT_INDEX',
      place: { from: -3 },
    });
  });

  test('a repeated index', () => {
    const { findings } = scan(copyStream([...events.slice(0, 10), events[9]!, ...events.slice(10)]));
    expect(codes(findings)).toContain('EVENT_DUPLICATE');
  });

  test('an infinite time', () => {
    const [first] = events;
    const message = Buffer.from(first!.message);
    message.writeBigInt64BE(0x7fff_ffff_ffff_ffffn, 16);
    const { findings } = scan(copyStream([{ ...first!, message }]));
    expect(codes(findings)).toEqual(expect.arrayContaining(['EVENT_MALFORMED', 'EVENT_HASH']));
  });

  test('an unknown key is not evaluated, and is no tampering', () => {
    const { findings, summary } = scan(copyStream(events), checkpoints, { keyIds: ['other', 'k2'] });
    expect(codes(findings)).toEqual(['KEY_UNKNOWN']);
    expect(findings[0]).toMatchObject({ severity: 'unproven', place: { from: 1, to: 100 }, count: 100 });
    expect(summary.recomputed).toBe(0);
  });

  test('ten thousand edited events are a handful of findings', () => {
    const many = buildChain(contents(20_000));
    const edited = many.map((event) => {
      if (event.index % 2 === 0) return event;
      const message = Buffer.from(event.message);
      message[40]! ^= 1;
      return { ...event, message };
    });
    const { findings } = scan(copyStream(edited), anchored(many, 5_000));
    const hashes = findings.filter(({ code }) => code === 'EVENT_HASH');
    expect(hashes.length).toBeLessThanOrEqual(MAX_PLACES_PER_CODE + 1);
    expect(hashes.reduce((sum, { count }) => sum + count, 0)).toBe(10_000);
  });
});

describe('a stream that is not complete or not PostgreSQL’s is an error, never a verdict', () => {
  const stream = copyStream(buildChain(contents(10)));

  test.each([0, 5, 19, 30, stream.length - 100, stream.length - 2, stream.length - 1])(
    'cut after %i bytes',
    (length) => {
      expect(() => scan(stream.subarray(0, length))).toThrow(UnavailableError);
    },
  );

  test('another signature', () => {
    expect(() => scan(Buffer.from('not a copy stream at all'))).toThrow(FormatError);
  });

  test('another number of fields', () => {
    expect(() => scan(copyStream(buildChain(contents(2)), 8))).toThrow(/9 fields where 11/);
  });
});
