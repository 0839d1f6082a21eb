import type { DigestEngine, TupleBatch } from '../../../../runtime/domain/chain/digest-engine';
import { ENGINES, KEYS, UNTOUCHED, expectDigests } from './engines-under-test';
import { batchOf, digestsIn, expectedLeaves, expectedMacs, tupleOf } from './tuple-batches';

describe.each(ENGINES)('$title refuses', ({ name, create }) => {
  let engine: DigestEngine;
  beforeEach(() => (engine = create(KEYS)));
  afterEach(() => engine.dispose());

  const sound = batchOf([tupleOf(40, 1), tupleOf(60, 2, 1)]);
  const size = sound.bytes.length;
  const words = (...values: number[]) => Int32Array.from(values);
  const start0 = sound.messageStart[0]!;
  const end0 = sound.messageEnd[0]!;
  const hash0 = sound.hashStart[0]!;

  const badMessages: [string, Partial<TupleBatch>][] = [
    ['a message that starts before the batch', { messageStart: words(start0, -1) }],
    ['a message that starts far before it', { messageStart: words(start0, -0x8000_0000) }],
    ['a message that ends before it starts', { messageEnd: words(end0, sound.messageStart[1]! - 1) }],
    ['a message that ends one byte after the batch', { messageEnd: words(end0, size + 1) }],
    ['a message that ends far after it', { messageEnd: words(end0, 0x7fff_ffff) }],
    [
      'an empty message outside of the batch',
      { messageStart: words(start0, size + 1), messageEnd: words(end0, size + 1) },
    ],
  ];
  const badSlots: [string, Partial<TupleBatch>][] = [
    ['a slot without a key', { keySlot: words(0, KEYS.length) }],
    ['a slot below -1', { keySlot: words(0, -2) }],
    ['the largest slot', { keySlot: words(0, 0x7fff_ffff) }],
  ];
  const badHashes: [string, Partial<TupleBatch>][] = [
    ['an event hash before the batch', { hashStart: words(hash0, -1) }],
    ['an event hash that ends one byte after the batch', { hashStart: words(hash0, size - 31) }],
    ['an event hash at the largest offset', { hashStart: words(hash0, 0x7fff_ffff) }],
  ];

  function expectRefusal(call: (out: Uint8Array) => void, message: RegExp): void {
    const out = new Uint8Array(64).fill(UNTOUCHED);
    let error: unknown;
    try {
      call(out);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(RangeError);
    expect((error as Error).message).toMatch(message);
    expect(out.every((byte) => byte === UNTOUCHED)).toBe(true);
    expectDigests(engine, [tupleOf(40, 1), tupleOf(60, 2, 1)], sound);
  }

  it.each([...badMessages, ...badSlots])('macs of %s', (_title, change) => {
    expectRefusal((out) => engine.macs({ ...sound, ...change }, out), /^tuple 1: found .+, allowed /);
  });

  it.each([...badMessages, ...badHashes])('leaves of %s', (_title, change) => {
    expectRefusal(
      (out) => engine.leaves({ ...sound, ...change }, out, false),
      /^tuple 1: found .+, allowed /,
    );
  });

  it.each(badHashes)('leaves of hashes with %s', (_title, change) => {
    expectRefusal(
      (out) => engine.leaves({ ...sound, ...change }, out, true),
      /^tuple 1: found an event hash at .+, allowed 32 bytes within the \d+ bytes of the batch$/,
    );
  });

  it('reads no offset that it does not need', () => {
    const outside = words(-5, 0x7fff_ffff);
    const macs = new Uint8Array(64);
    const leaves = new Uint8Array(64);
    engine.macs({ ...sound, hashStart: outside }, macs);
    engine.macs({ ...sound, messageEnd: words(end0, -9), keySlot: words(0, -1) }, new Uint8Array(64));
    engine.leaves({ ...sound, messageStart: outside, messageEnd: outside, keySlot: outside }, leaves, true);
    const tuples = [tupleOf(40, 1), tupleOf(60, 2, 1)];
    expect(digestsIn(macs, 2)).toEqual(expectedMacs(tuples, KEYS, 0));
    expect(digestsIn(leaves, 2)).toEqual(expectedLeaves(tuples, true));
  });

  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('a count of %d', (count) => {
    const allowed = /^batch: found count .+, allowed an integer from 0$/;
    expectRefusal((out) => engine.macs({ ...sound, count }, out), allowed);
    expectRefusal((out) => engine.leaves({ ...sound, count }, out, false), allowed);
    expectRefusal((out) => engine.nodes(new Uint8Array(128), count, out), allowed);
  });

  it.each(['messageStart', 'messageEnd', 'keySlot'] as const)('macs with too few of %s', (column) => {
    const batch = { ...sound, [column]: words(0) };
    expectRefusal((out) => engine.macs(batch, out), new RegExp(`^${column}: found 1 tuples`));
  });

  it.each(['messageStart', 'messageEnd', 'hashStart'] as const)('leaves with too few of %s', (column) => {
    const batch = { ...sound, [column]: words(0) };
    expectRefusal((out) => engine.leaves(batch, out, false), new RegExp(`^${column}: found 1 tuples`));
  });

  it('results that do not fit', () => {
    expectRefusal(
      (out) => engine.macs(sound, out.subarray(1)),
      /^macs: found 63 bytes, allowed at least 64$/,
    );
    expectRefusal((out) => engine.leaves(sound, out.subarray(1), false), /^leaves: found 63 bytes/);
    expectRefusal((out) => engine.nodes(new Uint8Array(192), 3, out), /^parents: found 64 bytes/);
    expectRefusal((out) => engine.nodes(new Uint8Array(127), 2, out), /^children: found 127 bytes/);
  });

  it.each([0, 31, 33, 64])('a chain key of %i bytes, without telling its bytes', (length) => {
    const createWithBadKey = () => create([KEYS[0]!, new Uint8Array(length).fill(0xab)]);
    expect(createWithBadKey).toThrow(
      new RangeError(`chain key of slot 1: found ${length} bytes, allowed exactly 32`),
    );
  });

  it('work after it was disposed', () => {
    const disposed = create(KEYS);
    disposed.dispose();
    disposed.dispose();
    const out = new Uint8Array(64).fill(UNTOUCHED);
    const message = `digest engine ${name}: found it disposed, allowed is a new engine for new work`;
    expect(() => disposed.macs(sound, out)).toThrow(message);
    expect(() => disposed.leaves(sound, out, false)).toThrow(message);
    expect(() => disposed.nodes(new Uint8Array(64), 1, out)).toThrow(message);
    expect(out.every((byte) => byte === UNTOUCHED)).toBe(true);
  });
});
