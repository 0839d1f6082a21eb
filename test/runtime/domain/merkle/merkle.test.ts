import fc from 'fast-check';
import { sha256 } from '../../../../runtime/domain/digests';
import { EMPTY_ROOT, MerkleAccumulator } from '../../../../runtime/domain/merkle/accumulator';
import { inclusionPath, verifyInclusion } from '../../../../runtime/domain/merkle/inclusion-proof';
import { plainNodeHasher } from '../../../support/plain-node-hasher';

/** RFC 9162, 2.1.1, word by word. */
function definition(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return leaves[0] as Buffer;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return sha256(Buffer.from([1]), definition(leaves.slice(0, k)), definition(leaves.slice(k)));
}

function leavesOf(count: number, seed = 0): Buffer[] {
  return Array.from({ length: count }, (_, n) => sha256(Buffer.from(`${seed}/${n}`)));
}

function accumulate(leaves: readonly Buffer[], sizes: readonly number[]): string {
  const accumulator = new MerkleAccumulator(plainNodeHasher);
  let at = 0;
  for (const size of [...sizes, leaves.length]) {
    const batch = leaves.slice(at, at + size);
    accumulator.append(Buffer.concat(batch), batch.length);
    at += batch.length;
  }
  expect(accumulator.size).toBe(leaves.length);
  return accumulator.root().toString('hex');
}

test('the empty tree', () => {
  expect(EMPTY_ROOT).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  expect(accumulate([], [])).toBe(EMPTY_ROOT);
});

test('every size up to 70, in one batch and leaf by leaf', () => {
  const leaves = leavesOf(70);
  for (let count = 0; count <= leaves.length; count += 1) {
    const first = leaves.slice(0, count);
    const root = definition(first).toString('hex');
    expect(accumulate(first, [])).toBe(root);
    expect(accumulate(first, Array<number>(count).fill(1))).toBe(root);
  }
});

test('property: random batches give the root of the definition', () => {
  fc.assert(
    fc.property(fc.nat(2_000), fc.array(fc.nat(700), { maxLength: 12 }), fc.nat(), (count, sizes, seed) => {
      const leaves = leavesOf(count, seed);
      expect(accumulate(leaves, sizes)).toBe(definition(leaves).toString('hex'));
    }),
    { numRuns: 20 },
  );
});

test('a root in between changes nothing, and a reset starts anew', () => {
  const leaves = leavesOf(13);
  const accumulator = new MerkleAccumulator(plainNodeHasher);
  leaves.forEach((leaf, position) => {
    accumulator.append(leaf, 1);
    expect(accumulator.root()).toEqual(definition(leaves.slice(0, position + 1)));
  });
  accumulator.reset();
  expect(accumulator.size).toBe(0);
  expect(accumulator.root().toString('hex')).toBe(EMPTY_ROOT);
  accumulator.append(Buffer.concat(leaves), leaves.length);
  expect(accumulator.root()).toEqual(definition(leaves));
});

describe('inclusion proofs', () => {
  test('every position of every size up to 33 is proved, and no other position by the same path', () => {
    const leaves = leavesOf(33);
    for (let size = 1; size <= leaves.length; size += 1) {
      const tree = leaves.slice(0, size);
      const root = definition(tree);
      for (let position = 0; position < size; position += 1) {
        const leaf = tree[position] as Buffer;
        const path = inclusionPath(tree, position);
        for (let claimed = 0; claimed < size; claimed += 1) {
          expect(verifyInclusion(leaf, claimed, size, path, root)).toBe(claimed === position);
        }
      }
    }
  });

  test('property: every flipped bit of leaf, path or root is found', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.nat(), fc.nat(255), (size, pick, bit) => {
        const leaves = leavesOf(size);
        const position = pick % size;
        const path = inclusionPath(leaves, position);
        const root = definition(leaves);
        const proof = [leaves[position] as Buffer, root, ...path];
        expect(verifyInclusion(proof[0] as Buffer, position, size, path, root)).toBe(true);
        proof.forEach((_, changed) => {
          const [leaf, top, ...siblings] = proof.map((digest, n) => {
            const copy = Buffer.from(digest);
            if (n === changed) copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
            return copy;
          });
          expect(verifyInclusion(leaf as Buffer, position, size, siblings, top as Buffer)).toBe(false);
        });
      }),
      { numRuns: 40 },
    );
  });

  test('property: a path that is longer, shorter or in another order proves nothing', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 200 }), fc.nat(), (size, pick) => {
        const leaves = leavesOf(size);
        const position = pick % size;
        const leaf = leaves[position] as Buffer;
        const root = definition(leaves);
        const path = inclusionPath(leaves, position);
        const wrong = [path.slice(1), path.slice(0, -1), [...path, root], [leaf, ...path]];
        if (path.length > 1) wrong.push([...path].reverse());
        for (const other of wrong) expect(verifyInclusion(leaf, position, size, other, root)).toBe(false);
      }),
      { numRuns: 40 },
    );
  });

  test.each([
    [-1, 3],
    [3, 3],
    [0, 0],
    [0.5, 3],
    [Number.NaN, 3],
    [0, Number.POSITIVE_INFINITY],
    [0, 2 ** 53],
  ])('position %p of %p proves nothing', (position, size) => {
    const [leaf] = leavesOf(1) as [Buffer];
    expect(verifyInclusion(leaf, position, size, [], leaf)).toBe(false);
  });

  test.each([-1, 3, 0.5, Number.NaN])('there is no path to leaf %p of 3', (position) => {
    expect(() => inclusionPath(leavesOf(3), position)).toThrow(
      new RangeError(`leaf ${position} does not exist; the tree has 3`),
    );
  });

  test('digests of other lengths are no digests', () => {
    const leaves = leavesOf(1);
    const [leaf] = leaves as [Buffer];
    expect(verifyInclusion(leaf, 0, 1, [], leaf)).toBe(true);
    expect(verifyInclusion(leaf.subarray(0, 31), 0, 1, [], leaf)).toBe(false);
    expect(verifyInclusion(leaf, 0, 1, [], Buffer.alloc(0))).toBe(false);
  });
});
