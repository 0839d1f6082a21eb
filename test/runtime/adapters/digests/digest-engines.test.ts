import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import type { DigestEngine } from '../../../../runtime/domain/chain/digest-engine';
import { ENGINES, KEYS, UNTOUCHED, expectDigests } from './engines-under-test';
import {
  batchOf,
  digestsIn,
  hashedBy,
  hashHeadsOf,
  patterned,
  type TestBatch,
  tupleOf,
} from './tuple-batches';

interface Vectors {
  readonly chain_keys: Readonly<Record<string, string>>;
  readonly events: readonly {
    readonly key_id: string;
    readonly message: string;
    readonly digest: string;
    readonly event_hash: string;
    readonly leaf: string;
  }[];
}

const vectors = JSON.parse(
  readFileSync(path.join(__dirname, '../../../fixtures/chain-v1.json'), 'utf8'),
) as Vectors;

describe.each(ENGINES)('$title', ({ name, create }) => {
  let engine: DigestEngine;
  beforeEach(() => (engine = create(KEYS)));
  afterEach(() => engine.dispose());

  it('says which engine it is', () => {
    expect(engine.name).toBe(name);
  });

  it('gives the hashes and leaves of the chain vectors', () => {
    const ids = Object.keys(vectors.chain_keys);
    const keys = ids.map((id) => Buffer.from(vectors.chain_keys[id]!, 'hex'));
    const batch = batchOf(
      vectors.events.map((event) => ({
        message: Buffer.from(event.message, 'hex'),
        hash: Buffer.from(event.event_hash, 'hex'),
        slot: ids.indexOf(event.key_id),
      })),
    );
    const ofVectors = create(keys);
    const { digests, macs, leaves } = hashedBy(ofVectors, batch);
    ofVectors.dispose();
    expect(batch.count).toBeGreaterThan(4);
    expect(new Set(batch.keySlot).size).toBe(2);
    expect(digestsIn(digests, batch.count)).toEqual(vectors.events.map((event) => event.digest));
    expect(digestsIn(macs, batch.count)).toEqual(vectors.events.map((event) => event.event_hash));
    expect(digestsIn(leaves, batch.count)).toEqual(vectors.events.map((event) => event.leaf));
  });

  it('is right for every message length from 0 to 300, together', () => {
    const tuples = Array.from({ length: 301 }, (_, length) => tupleOf(length, length, length % 3));
    expectDigests(engine, tuples, batchOf(tuples));
  });

  it('is right for every message length from 0 to 300, alone', () => {
    for (let length = 0; length <= 300; length++) {
      const tuples = [tupleOf(length, length, length % 3)];
      expectDigests(engine, tuples, batchOf(tuples));
    }
  });

  it.each([2, 3, 4, 5, 6, 7, 8, 9])('is right for %i tuples around the edges of blocks', (count) => {
    for (const edge of [0, 55, 56, 63, 64, 119, 120, 127, 128, 183, 184, 191, 192]) {
      const tuples = Array.from({ length: count }, (_, i) =>
        tupleOf(Math.max(0, edge + (i % 3) - 1), edge + i, i % 3),
      );
      expectDigests(engine, tuples, batchOf(tuples));
    }
  });

  it('is right for random batches in random layouts', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.uint8Array({ minLength: 200, maxLength: 1_500, size: 'max' }),
    );
    const tuple = fc.record({
      message: bytes,
      hash: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      slot: fc.integer({ min: -1, max: KEYS.length - 1 }),
    });
    const layout = fc.record({
      filler: fc.nat(255),
      offset: fc.nat(70),
      gaps: fc.tuple(fc.nat(70), fc.nat(70)),
    });
    fc.assert(
      fc.property(fc.array(tuple, { maxLength: 40 }), layout, (tuples, options) =>
        expectDigests(engine, tuples, batchOf(tuples, options)),
      ),
      { numRuns: 150 },
    );
  });

  it('is right for random keys', () => {
    const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(fc.array(key, { minLength: 1, maxLength: 9 }), (keys) => {
        const tuples = Array.from({ length: 20 }, (_, i) => tupleOf(i * 13, i, i % keys.length));
        const keyed = create(keys);
        expectDigests(keyed, tuples, batchOf(tuples), keys);
        keyed.dispose();
      }),
      { numRuns: 30 },
    );
  });

  it('does not depend on where tuples are, nor on the bytes between them', () => {
    const batch = batchOf([tupleOf(100, 1), tupleOf(7, 2, 1)]);
    const reversed = {
      ...batch,
      messageStart: batch.messageStart.toReversed(),
      messageEnd: batch.messageEnd.toReversed(),
      hashHeads: hashHeadsOf([tupleOf(7, 2, 1), tupleOf(100, 1)]),
      keySlot: batch.keySlot.toReversed(),
    };
    expectDigests(engine, [tupleOf(7, 2, 1), tupleOf(100, 1)], reversed);
    for (const filler of [0x00, 0x80, 0xff]) {
      const tuples = [tupleOf(31, 3), tupleOf(64, 4)];
      expectDigests(engine, tuples, batchOf(tuples, { filler }));
    }
  });

  it('hashes overlapping messages, as two readers of one tuple would ask for', () => {
    const bytes = patterned(500, 9);
    const starts = [0, 100, 100, 468];
    const ends = [500, 400, 400, 468];
    const tuples = starts.map((start, i) => ({
      message: bytes.subarray(start, ends[i]),
      hash: bytes.subarray(start, start + 32),
      slot: 0,
    }));
    const batch: TestBatch = {
      bytes,
      count: 4,
      messageStart: Int32Array.from(starts),
      messageEnd: Int32Array.from(ends),
      hashHeads: hashHeadsOf(tuples),
      keySlot: new Int32Array(4),
    };
    expectDigests(engine, tuples, batch);
  });

  it('is right for messages of a megabyte among short ones', () => {
    const lengths = [300, 1_048_576, 0, 1_500_003, 70_000, 16_320, 16_321, 65_535, 12, 5_000];
    const tuples = lengths.map((length, i) => tupleOf(length, i, (i % 4) - 1));
    expectDigests(engine, tuples, batchOf(tuples));
  });

  it('is right for a batch of 8 MiB, and for a small one after it', () => {
    const bytes = Buffer.from(patterned(8 * 1_048_576, 5).buffer);
    const lengths = Array.from({ length: 3_000 }, (_, i) => 200 + ((i * 7_919) % 4_800));
    let at = 0;
    const starts = lengths.map((length) => (at += length + 40) - length - 36);
    expect(at).toBeLessThan(bytes.length);
    const tuples = lengths.map((length, i) => {
      const end = starts[i]! + length;
      return { message: bytes.subarray(starts[i], end), hash: bytes.subarray(end, end + 32), slot: i % 3 };
    });
    expectDigests(engine, tuples, {
      bytes,
      count: lengths.length,
      messageStart: Int32Array.from(starts),
      messageEnd: Int32Array.from(starts, (start, i) => start + lengths[i]!),
      hashHeads: hashHeadsOf(tuples),
      keySlot: Int32Array.from(tuples, ({ slot }) => slot),
    });
    const small = [tupleOf(10, 1), tupleOf(100, 2, 2)];
    expectDigests(engine, small, batchOf(small));
  });

  it('hashes nothing in an empty batch', () => {
    expectDigests(engine, [], batchOf([]));
    expectDigests(engine, [], { ...batchOf([tupleOf(10, 1)]), count: 0 });
  });

  it('leaves the result alone where every slot is -1', () => {
    const tuples = [0, 1, 2, 3, 4].map((i) => tupleOf(100 * i, i, -1));
    expectDigests(engine, tuples, batchOf(tuples));
  });

  it('needs no key for leaves, nodes and tuples without a slot', () => {
    const keyless = create([]);
    const tuples = [tupleOf(50, 1, -1), tupleOf(60, 2, -1)];
    expectDigests(keyless, tuples, batchOf(tuples), []);
    keyless.dispose();
  });

  it('takes only the first tuples of arrays that are longer than count', () => {
    const tuples = [tupleOf(20, 1), tupleOf(30, 2), tupleOf(40, 3)];
    expectDigests(engine, tuples.slice(0, 2), { ...batchOf(tuples), count: 2 });
  });

  it.each([0, 1, 2, 3, 4, 5, 7, 100, 4_095, 4_096, 4_097, 9_001])('hashes %i pairs of nodes', (pairs) => {
    const children = patterned(pairs * 64 + 5, pairs);
    const expected = Array.from({ length: pairs }, (_, pair) =>
      createHash('sha256')
        .update(Uint8Array.of(1))
        .update(children.subarray(pair * 64, pair * 64 + 64))
        .digest('hex'),
    );
    const parents = new Uint8Array(pairs * 32 + 1).fill(UNTOUCHED);
    engine.nodes(children, pairs, parents);
    expect(digestsIn(parents, pairs)).toEqual(expected);
    expect(parents[pairs * 32]).toBe(UNTOUCHED);
    engine.nodes(children, pairs, children);
    expect(digestsIn(children, pairs)).toEqual(expected);
  });

  it('keeps no reference to the keys it was given', () => {
    const keys = KEYS.map((key) => Uint8Array.from(key));
    const keyed = create(keys);
    keys.forEach((key) => key.fill(0));
    const tuples = [tupleOf(40, 1), tupleOf(60, 2, 1)];
    expectDigests(keyed, tuples, batchOf(tuples));
    keyed.dispose();
  });
});
