import type { DigestEngine } from '../../../../runtime/domain/chain/digest-engine';
import { ENGINES, KEYS, UNTOUCHED, expectDigests } from './engines-under-test';
import { batchOf, hashedBy, type TestBatch, tupleOf } from './tuple-batches';

describe.each(ENGINES)('$title refuses', ({ create }) => {
  let engine: DigestEngine;
  beforeEach(() => (engine = create(KEYS)));
  afterEach(() => engine.dispose());

  const sound = batchOf([tupleOf(40, 1), tupleOf(60, 2, 1)]);
  const size = sound.bytes.length;
  const words = (...values: number[]) => Int32Array.from(values);
  const start0 = sound.messageStart[0]!;
  const end0 = sound.messageEnd[0]!;

  const badMessages: [string, Partial<TestBatch>][] = [
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
  const badSlots: [string, Int32Array][] = [
    ['a slot without a key', words(0, KEYS.length)],
    ['a slot below -1', words(0, -2)],
    ['the largest slot', words(0, 0x7fff_ffff)],
  ];

  function expectRefusal(call: (out: Uint8Array) => void, naming: RegExp): void {
    const out = new Uint8Array(64).fill(UNTOUCHED);
    let error: unknown;
    try {
      call(out);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(RangeError);
    expect((error as Error).message).toMatch(naming);
    expect(out.every((byte) => byte === UNTOUCHED)).toBe(true);
    expectDigests(engine, [tupleOf(40, 1), tupleOf(60, 2, 1)], sound);
  }

  const digests = new Uint8Array(64);
  const { hashHeads, keySlot } = sound;

  it.each(badMessages)('digests of %s', (_title, change) => {
    expectRefusal((out) => engine.digests({ ...sound, ...change }, out), /^message 1 /);
  });

  it.each(badSlots)('macs of %s', (_title, slots) => {
    expectRefusal((out) => engine.macs(digests, slots, 2, out), /^key slot 1 /);
  });

  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('a count of %d', (count) => {
    expectRefusal((out) => engine.digests({ ...sound, count }, out), /^count /);
    expectRefusal((out) => engine.macs(digests, keySlot, count, out), /^count /);
    expectRefusal((out) => engine.leaves(digests, hashHeads, count, out), /^count /);
    expectRefusal((out) => engine.nodes(new Uint8Array(128), count, out), /^count /);
  });

  it.each(['messageStart', 'messageEnd'] as const)('digests with too few of %s', (column) => {
    const batch = { ...sound, [column]: words(0) };
    expectRefusal((out) => engine.digests(batch, out), new RegExp(`^${column} has 1 `));
  });

  it('arguments that are too short', () => {
    const short = new Uint8Array(63);
    expectRefusal((out) => engine.macs(digests, words(0), 2, out), /^keySlot has 1 /);
    expectRefusal((out) => engine.macs(short, keySlot, 2, out), /^digests has 63 /);
    expectRefusal((out) => engine.leaves(short, hashHeads, 2, out), /^digests has 63 /);
    expectRefusal((out) => engine.leaves(digests, hashHeads.subarray(1), 2, out), /^hashHeads has 31 /);
    expectRefusal((out) => engine.nodes(new Uint8Array(127), 2, out), /^children has 127 /);
  });

  it('results that do not fit', () => {
    expectRefusal((out) => engine.digests(sound, out.subarray(1)), /^digests has 63 /);
    expectRefusal((out) => engine.macs(digests, keySlot, 2, out.subarray(1)), /^macs has 63 /);
    expectRefusal((out) => engine.leaves(digests, hashHeads, 2, out.subarray(1)), /^leaves has 63 /);
    expectRefusal((out) => engine.nodes(new Uint8Array(192), 3, out), /^parents has 64 /);
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
    expect(() => hashedBy(disposed, sound)).toThrow('disposed');
    expect(() => disposed.digests(sound, out)).toThrow('disposed');
    expect(() => disposed.macs(digests, keySlot, 2, out)).toThrow('disposed');
    expect(() => disposed.leaves(digests, hashHeads, 2, out)).toThrow('disposed');
    expect(() => disposed.nodes(new Uint8Array(64), 1, out)).toThrow('disposed');
    expect(out.every((byte) => byte === UNTOUCHED)).toBe(true);
  });
});
