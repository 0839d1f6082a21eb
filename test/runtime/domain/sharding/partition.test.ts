import fc from 'fast-check';
import type { Checkpoint } from '../../../../runtime/domain/chain/checkpoint';
import type { ChainPart } from '../../../../runtime/domain/sharding/partition';
import { leftBeside, partition } from '../../../../runtime/domain/sharding/partition';

/** Anchored ranges of these sizes, one behind the other. */
function checkpoints(sizes: readonly number[]): Checkpoint[] {
  let last = 0;
  return sizes.map((size, at) => {
    const firstSeq = last + 1;
    last += size;
    const anchor = { key: `anchor-${at}`, versionId: 'v', seq: at + 1 };
    return { firstSeq, lastSeq: last, lastHash: null, merkleRoot: null, anchor };
  });
}

function whole(sizes: readonly number[]): ChainPart {
  return { from: null, to: null, unindexed: true, checkpoints: checkpoints(sizes) };
}

const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 40 });

function eventsIn({ from, to }: ChainPart, last: number): number {
  return Math.max(0, (to ?? last) - (from ?? 1) + 1);
}

test('parts cover the chain once, in order, each anchored range in one of them', () => {
  const count = fc.integer({ min: 1, max: 64 });
  fc.assert(
    fc.property(sizes, count, fc.nat({ max: 30 }), (ranges, parts, tail) => {
      const all = whole(ranges);
      const last = ranges.reduce((sum, size) => sum + size, 0) + tail;
      const divided = partition(all, { first: 1, last }, parts);
      expect(divided.length).toBeLessThanOrEqual(parts);
      expect(divided[0]?.from).toBeNull();
      expect(divided[divided.length - 1]).toMatchObject({ to: null, unindexed: true });
      divided.slice(1).forEach(({ from }, at) => expect(from).toBe((divided[at]?.to ?? NaN) + 1));
      expect(divided.slice(0, -1).some(({ unindexed }) => unindexed)).toBe(false);
      expect(divided.flatMap((part) => part.checkpoints)).toEqual(all.checkpoints);
      for (const { from, to, checkpoints: within } of divided) {
        for (const { firstSeq, lastSeq } of within) {
          expect(firstSeq).toBeGreaterThanOrEqual(from ?? 1);
          expect(lastSeq).toBeLessThanOrEqual(to ?? last);
        }
      }
    }),
  );
});

test('the largest part is as small as the anchors allow', () => {
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 12 }), (ranges, parts) => {
      const last = ranges.reduce((sum, size) => sum + size, 0);
      const divided = partition(whole(ranges), { first: 1, last }, parts);
      const largest = Math.max(...divided.map((part) => eventsIn(part, last)));
      // No division is better than the mean or than the largest range, and none needs more than both together.
      expect(largest).toBeLessThan(Math.ceil(last / parts) + Math.max(...ranges));
    }),
  );
});

test.each([2 ** 52 + 2, Number.MAX_SAFE_INTEGER - 1, Number.MAX_SAFE_INTEGER])(
  'a chain is divided whose last index is forged to %d',
  (last) => {
    for (const count of [1, 2, 3]) {
      const divided = partition(whole([1, 2]), { first: 1, last }, count);
      expect(divided.map(({ from, to }) => [from, to])).toEqual(
        count === 1
          ? [[null, null]]
          : [
              [null, 3],
              [4, null],
            ],
      );
    }
  },
);

test('events that no anchor covers lie in the last part', () => {
  const divided = partition(whole([10, 10]), { first: 1, last: 1_000 }, 3);
  expect(divided.map(({ from, to }) => [from, to])).toEqual([
    [null, 20],
    [21, null],
  ]);
});

test('a chain that was cut off is divided where there are events', () => {
  const divided = partition(whole([10, 10, 10, 10]), { first: 1, last: 15 }, 4);
  expect(divided.map(({ from, to }) => [from, to])).toEqual([
    [null, 10],
    [11, null],
  ]);
  expect(divided[1]?.checkpoints).toHaveLength(3);
});

test('nothing is divided before the lowest event', () => {
  const divided = partition(whole([10, 10, 10]), { first: 1, last: 30 }, 3, 15);
  expect(divided.map(({ from, to }) => [from, to])).toEqual([
    [null, 20],
    [21, null],
  ]);
  expect(partition(whole([10, 10, 10]), { first: 1, last: 30 }, 3, Infinity)).toHaveLength(1);
});

test('what is left beside parts that are done', () => {
  const all = whole([10, 10, 10, 10]);
  const done = [
    { from: 11, to: 20 },
    { from: 31, to: 40 },
  ];
  const pieces = leftBeside(all, done);
  expect(pieces.map((piece) => ('done' in piece ? piece.done : [piece.left.from, piece.left.to]))).toEqual([
    [null, 10],
    { from: 11, to: 20 },
    [21, 30],
    { from: 31, to: 40 },
    [41, null],
  ]);
  const left = pieces.flatMap((piece) => ('left' in piece ? [piece.left] : []));
  expect(left.map((part) => part.checkpoints.map(({ lastSeq }) => lastSeq))).toEqual([[10], [30], []]);
  expect(left.map(({ unindexed }) => unindexed)).toEqual([false, false, true]);
});

test('nothing is left when everything up to a bound is done', () => {
  const bounded = { ...whole([10, 10]), to: 20, unindexed: false };
  const done = [{ from: null, to: 20 }];
  expect(leftBeside(bounded, done)).toEqual([{ done: done[0] }]);
});
