import type { AnchorLinks } from '../../../../runtime/domain/anchor/evidence';
import type { Candidate } from '../../../../runtime/domain/anchor/order-of-truth';
import {
  judgeSiblings,
  misdatedAmong,
  siblingsAmong,
  tipFrom,
} from '../../../../runtime/domain/anchor/order-of-truth';

const PREVIOUS = 'aa';

function anchor(key: string, storedAt: number, links: Partial<AnchorLinks> = {}): Candidate {
  const body = { chainFormat: 'v1', columns: 'a:int8' } as const;
  const same = { ...body, anchorSeq: 2, firstSeq: 11, lastSeq: 20, lastHash: 'h20', merkleRoot: 'root' };
  const own = { key, versionId: key, seconds: 0, storedAt };
  return { ...own, links: { ...same, prevAnchorHash: PREVIOUS, hash: key, ...links } };
}

function judge(anchors: readonly Candidate[], holds: Readonly<Record<string, boolean>> = {}) {
  const [siblings] = siblingsAmong(anchors);
  if (!siblings) return null;
  const { counts, others, kind } = judgeSiblings(siblings, ({ key }) => holds[key] ?? null);
  return [kind, counts.key, others.map(({ key }) => key)];
}

const early = anchor('b', 1_000);
const late = anchor('a', 2_000, { lastSeq: 25, lastHash: 'h25' });
const both = { a: true, b: true };
const followerOf = (of: Candidate, key = 'c'): Candidate =>
  anchor(key, 3_000, { anchorSeq: 3, prevAnchorHash: of.links.hash });

test('anchors of different numbers or predecessors are no siblings', () => {
  expect(siblingsAmong([early, followerOf(early)])).toEqual([]);
  expect(siblingsAmong([early, anchor('a', 1, { prevAnchorHash: 'other' })])).toEqual([]);
  expect(siblingsAmong([])).toEqual([]);
});

describe('which one counts', () => {
  test.each([
    ['the earliest by the time of S3, when both hold', [late, early], both, ['twin', 'b', ['a']]],
    ['in the same second the first key', [anchor('b', 1), anchor('a', 1)], both, ['twin', 'a', ['b']]],
    ['the one that holds', [early, late], { a: true, b: false }, ['fork', 'a', ['b']]],
    [
      'the one that is followed, though the other is earlier',
      [early, late, followerOf(late)],
      both,
      ['twin', 'a', ['b']],
    ],
    [
      'the one that is followed, though only the other holds',
      [early, late, followerOf(late)],
      { a: false, b: true },
      ['fork', 'a', ['b']],
    ],
    ['the earliest, when none holds', [late, early], { a: false, b: false }, ['fork', 'b', ['a']]],
    ['the followed one, when nobody has compared', [early, late, followerOf(late)], {}, ['twin', 'a', ['b']]],
    [
      'undecided, when nobody has compared and none is followed',
      [early, late],
      {},
      ['undecided', 'b', ['a']],
    ],
    ['undecided, when one could not be compared', [early, late], { b: true }, ['undecided', 'b', ['a']]],
    ['a time that is not known comes last', [anchor('a', Infinity), early], both, ['twin', 'b', ['a']]],
  ])('%s', (_, anchors, holds, expected) => {
    expect(judge(anchors, holds as Record<string, boolean>)).toEqual(expected);
  });
});

describe('what is a fork whatever the database says', () => {
  test.each<[string, Partial<AnchorLinks>]>([
    ['another hash of the same last event', { lastHash: 'other' }],
    ['another root over the same events', { merkleRoot: 'other' }],
    ['another first event', { firstSeq: 12, lastSeq: 30 }],
  ])('%s', (_, links) => {
    expect(judge([early, anchor('z', 2_000, links)], { b: true, z: true })).toEqual(['fork', 'b', ['z']]);
  });

  test('two branches that both go on', () => {
    const anchors = [early, late, followerOf(late), followerOf(early, 'd')];
    expect(judge(anchors, both)?.[0]).toBe('fork');
  });

  test('what is not known of an archived anchor contradicts nothing', () => {
    const archived = anchor('z', 2_000, { firstSeq: null, merkleRoot: null });
    expect(judge([early, archived], { b: true, z: true })).toEqual(['twin', 'b', ['z']]);
  });
});

describe('the end of the chain', () => {
  const tip = (start: Candidate, anchors: readonly Candidate[]): string =>
    tipFrom(start, anchors, () => true).key;

  test('an anchor alone is its own end', () => {
    expect(tip(late, [late])).toBe('a');
  });

  test('of two it is the one that counts, wherever the look began', () => {
    expect([tip(late, [late, early]), tip(early, [late, early])]).toEqual(['b', 'b']);
  });

  test('a late anchor whose key is the last one does not hide what already follows its sibling', () => {
    const lastKey = anchor('z', 4_000);
    expect(tip(lastKey, [early, followerOf(early), lastKey])).toBe('c');
  });
});

describe('which ones are dated ahead of their writing', () => {
  const TOLERANCE = 300;

  /** An anchor of this number, stored at 0, or so many seconds before its time. */
  function dated(anchorSeq: number, key: string, { ahead = 0, after = null as string | null } = {}) {
    const links = { anchorSeq, hash: key, prevAnchorHash: after ?? PREVIOUS };
    return { ...anchor(key, 1_000_000 - ahead * 1_000, links), seconds: 1_000 };
  }

  const unread = (key: string, ahead: number) => ({ ...dated(9, key, { ahead }), links: null });

  test.each([
    ['none', [dated(1, 'a'), dated(2, 'b', { after: 'a' })], []],
    ['not within the tolerance', [dated(1, 'a', { ahead: 300 }), dated(2, 'b', { ahead: 301 })], ['b']],
    ['not what was dated back', [dated(1, 'a', { ahead: -10_000 })], []],
    ['where S3 does not show its time', [{ ...dated(1, 'a'), storedAt: Infinity }], []],
    ['what cannot be parsed too', [dated(1, 'a'), unread('b', 301), unread('c', 300)], ['b']],
    ['the one without followers, of several', [dated(1, 'a'), dated(1, 'b', { ahead: 301 })], ['b']],
    [
      'not one that a later anchor goes on from',
      [dated(1, 'a', { ahead: 301 }), dated(2, 'b', { after: 'a' })],
      [],
    ],
    [
      'not one from which a chain of them leads to a right one',
      [
        dated(1, 'a', { ahead: 400 }),
        dated(2, 'b', { ahead: 301, after: 'a' }),
        dated(3, 'c', { after: 'b' }),
      ],
      [],
    ],
    [
      'a chain of them that leads nowhere',
      [dated(1, 'a', { ahead: 400 }), dated(2, 'b', { ahead: 301, after: 'a' }), dated(2, 'c')],
      ['a', 'b'],
    ],
    [
      'one whose follower has an earlier key, which is no later anchor',
      [dated(2, 'a', { after: 'b' }), dated(1, 'b', { ahead: 301 })],
      ['b'],
    ],
    [
      'one that is named under another number',
      [dated(1, 'a', { ahead: 301 }), dated(3, 'b', { after: 'a' })],
      ['a'],
    ],
  ])('%s', (_, anchors, expected) => {
    expect([...misdatedAmong(anchors, TOLERANCE)].sort()).toEqual(expected);
    expect([...misdatedAmong([...anchors].reverse(), TOLERANCE)].sort()).toEqual(expected);
  });
});
