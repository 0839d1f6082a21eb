import type { Anchor } from '../../../../runtime/domain/anchor/anchor';
import type { FindingCode } from '../../../../runtime/domain/findings/finding';
import type { Scene } from '../../../support/scene';
import { counted, relinked } from '../../../support/scene';
import { NOBODY, only, placed } from './anchor-changes';
import type { Scenario } from './scenario';
import { anchorPlace } from './scenario';

/** The chain of anchors forged as a whole. */
function forged(
  name: string,
  anchors: (scene: Scene) => readonly Anchor[],
  first: FindingCode,
  place: Scenario['place'],
  ...also: readonly FindingCode[]
): Scenario {
  const happens = (scene: Scene): Promise<void> => scene.fill(anchors(scene).map((anchor) => ({ anchor })));
  return { name, happens, verdict: 'tampered', first, place, also };
}

function lastOf({ last_seq, last_hash, key_id }: Anchor): Pick<Anchor, 'last_seq' | 'last_hash' | 'key_id'> {
  return { last_seq, last_hash, key_id };
}

const AFTER_THE_NEWEST = '2030-01-15T16:06:00Z';

const SIBLINGS = {
  ANCHOR_FORK: 'tampered',
  ANCHOR_TWIN: 'verified',
  ANCHOR_TWIN_UNPROVEN: 'not evaluated',
} as const;

/** A second anchor with the number and the predecessor of the newest. */
function beside(name: string, changes: Partial<Anchor>, first: keyof typeof SIBLINGS): Scenario {
  return {
    name,
    async happens(scene) {
      await scene.refill();
      await scene.place({ anchor: counted({ ...scene.anchor(3), ts_utc: AFTER_THE_NEWEST, ...changes }) });
    },
    verdict: SIBLINGS[first],
    first,
    place: placed(AFTER_THE_NEWEST),
  };
}

const CHAINED: readonly Scenario[] = [
  {
    name: 'an anchor in the middle is gone',
    happens: (scene) => scene.refill(only(2, () => null)),
    verdict: 'tampered',
    first: 'ANCHOR_MISSING',
    place: anchorPlace(3),
    also: ['CADENCE_GAP'],
  },
  {
    name: 'the first anchors are gone before their time',
    happens: (scene) => scene.refill(({ anchor_seq }) => (anchor_seq < 3 ? null : {})),
    verdict: 'tampered',
    first: 'ANCHOR_MISSING',
    place: anchorPlace(3),
    check: ({ findings }) => expect(findings[0]?.count).toBe(2),
  },
  beside('two anchors with one number contradict each other', { last_hash: NOBODY }, 'ANCHOR_FORK'),
  beside('two anchors with one number have other roots', { merkle_root: NOBODY }, 'ANCHOR_FORK'),
  beside('one of two anchors with one number contradicts the database', { last_seq: 29 }, 'ANCHOR_FORK'),
  beside('one of two anchors with one number leaves events out', { first_seq: 22 }, 'ANCHOR_FORK'),
  {
    name: 'two anchors with one number both go on',
    async happens(scene) {
      const at = (ts_utc: string, anchor: Anchor): Anchor => ({ ...anchor, ts_utc });
      const [one, two, three] = scene.anchors as [Anchor, Anchor, Anchor];
      const branch = relinked([one, at('2030-01-15T15:01:00Z', two), at(AFTER_THE_NEWEST, three)]);
      await scene.refill();
      for (const anchor of branch.slice(1)) await scene.place({ anchor });
    },
    verdict: 'tampered',
    first: 'ANCHOR_FORK',
    place: placed('2030-01-15T15:01:00Z'),
  },
  {
    name: 'an unreadable anchor stands where a number is repeated',
    async happens(scene) {
      await scene.refill(({ anchor_seq }) => (anchor_seq === 2 ? { body: 'x' } : {}));
      const again = relinked([scene.anchor(1), { ...scene.anchor(2), ts_utc: '2030-01-15T15:01:00Z' }]);
      await scene.place({ anchor: again[1] ?? scene.anchor(2) });
    },
    verdict: 'tampered',
    first: 'ANCHOR_MALFORMED',
    place: anchorPlace(2),
    also: ['ANCHOR_FORK', 'ANCHOR_LINK'],
  },
  forged(
    'an anchor does not name the one before',
    (scene) =>
      scene.anchors.map((anchor) =>
        anchor.anchor_seq === 3 ? { ...anchor, prev_anchor_hash: NOBODY } : anchor,
      ),
    'ANCHOR_LINK',
    anchorPlace(3),
  ),
  forged(
    'an anchor was changed and its lock renewed: the next one names another',
    (scene) =>
      scene.anchors.map((anchor) => (anchor.anchor_seq === 2 ? { ...anchor, trigger: 'events' } : anchor)),
    'ANCHOR_LINK',
    anchorPlace(3),
  ),
  forged(
    'an anchor leaves events out',
    (scene) =>
      relinked(
        scene.anchors.map((anchor) => (anchor.anchor_seq === 3 ? { ...anchor, first_seq: 23 } : anchor)),
      ),
    'ANCHOR_RANGE',
    anchorPlace(3),
    'RANGE_ROOT',
  ),
  forged(
    'the first anchor leaves the first event out',
    (scene) =>
      relinked(
        scene.anchors.map((anchor) => (anchor.anchor_seq === 1 ? { ...anchor, first_seq: 2 } : anchor)),
      ),
    'ANCHOR_RANGE',
    anchorPlace(1),
    'RANGE_ROOT',
  ),
  {
    name: 'the chain becomes shorter from one anchor to the next',
    async happens(scene) {
      const shorter: Anchor = { ...scene.anchor(3), ...lastOf(scene.anchor(1)), first_seq: 10 };
      const anchors = relinked([scene.anchor(1), scene.anchor(2), shorter]);
      await scene.fill(anchors.map((anchor) => ({ anchor })));
    },
    verdict: 'tampered',
    first: 'ANCHOR_RANGE',
    place: anchorPlace(3),
  },
  forged(
    'an anchor says that the chain has another format',
    (scene) =>
      scene.anchors.map((anchor) => (anchor.anchor_seq === 3 ? { ...anchor, chain_format: 'rows' } : anchor)),
    'ANCHOR_FORMAT',
    anchorPlace(3),
  ),
  forged(
    'an anchor says that the chain has other columns',
    (scene) =>
      scene.anchors.map((anchor) =>
        anchor.anchor_seq === 3 ? { ...anchor, columns: 'chain_index:int8' } : anchor,
      ),
    'ANCHOR_FORMAT',
    anchorPlace(3),
  ),
  forged(
    'an anchor has a Merkle root of its own making',
    (scene) =>
      relinked(
        scene.anchors.map((anchor) =>
          anchor.anchor_seq === 3 ? { ...anchor, merkle_root: NOBODY } : anchor,
        ),
      ),
    'RANGE_ROOT',
    { kind: 'events', from: 21, to: 30 },
  ),
  forged(
    'an anchor has a last hash of its own making',
    (scene) =>
      relinked(
        scene.anchors.map((anchor) => (anchor.anchor_seq === 3 ? { ...anchor, last_hash: NOBODY } : anchor)),
      ),
    'ANCHORED_HASH',
    { kind: 'events', from: 21, to: 30 },
  ),
  {
    name: 'an old anchor is repeated as if it were new',
    async happens(scene) {
      await scene.refill();
      await scene.place({ anchor: { ...scene.anchor(1), ts_utc: '2030-01-15T16:06:00Z' } });
    },
    verdict: 'tampered',
    first: 'ANCHOR_TIME_ORDER',
    place: placed('2030-01-15T16:06:00Z'),
  },
];

const WARNINGS: readonly Scenario[] = [
  beside('a late write left the newest anchor twice', {}, 'ANCHOR_TWIN'),
  {
    ...beside(
      'a late write left the newest anchor twice, and nobody asks the database',
      {},
      'ANCHOR_TWIN_UNPROVEN',
    ),
    scope: { kind: 'anchors-only' },
  },
  {
    name: 'a late write left an anchor twice, and the later one is followed',
    async happens(scene) {
      const [one, two, three] = scene.anchors as [Anchor, Anchor, Anchor];
      const later = { ...two, ts_utc: '2030-01-15T15:00:07Z' };
      const chain = relinked([one, later, three]);
      await scene.fill([one, two, ...chain.slice(1)].map((anchor) => ({ anchor })));
    },
    verdict: 'verified',
    first: 'ANCHOR_TWIN',
    place: anchorPlace(2),
    check: ({ coverage }) => expect(coverage).toMatchObject({ anchors: 4, rangeRoots: 3 }),
  },
  {
    name: 'the anchors of a retention period are gone after it',
    async happens(scene) {
      await scene.refill(({ anchor_seq }) => (anchor_seq < 3 ? null : {}));
      scene.embedded.clock.set('2031-02-19T15:50:00Z');
    },
    verdict: 'verified',
    first: 'ANCHOR_STALE',
    place: anchorPlace(3),
    also: ['ANCHORS_EXPIRED'],
  },
  {
    name: 'a lifecycle rule removed an expired anchor before an older one',
    async happens(scene) {
      await scene.refill(only(2, () => null));
      scene.embedded.clock.set('2031-02-19T15:50:00Z');
    },
    verdict: 'verified',
    first: 'CADENCE_GAP',
    place: anchorPlace(3),
    also: ['ANCHOR_STALE', 'ANCHORS_EXPIRED'],
  },
  {
    name: 'a lifecycle rule put its delete marker over an anchor past its retention',
    async happens(scene) {
      await scene.refill();
      const { client, sdk, bucket, clock } = scene.embedded;
      clock.set('2031-02-19T15:50:00Z');
      await client.send(new sdk.DeleteObjectCommand({ Bucket: bucket, Key: scene.key(1) }));
    },
    verdict: 'verified',
    first: 'ANCHOR_STALE',
    place: anchorPlace(3),
    also: ['ANCHORS_EXPIRED'],
  },
  {
    name: 'the writer paused for longer than its interval',
    happens: (scene) =>
      scene.fill(
        relinked(
          scene.anchors.map((anchor) =>
            anchor.anchor_seq === 3 ? { ...anchor, ts_utc: '2030-01-15T16:05:01Z' } : anchor,
          ),
        ).map((anchor) => ({ anchor })),
      ),
    verdict: 'verified',
    first: 'CADENCE_GAP',
    place: placed('2030-01-15T16:05:01Z'),
  },
  {
    name: 'the writer is down',
    happens: (scene) => Promise.resolve(scene.embedded.clock.set('2030-01-15T17:05:01Z')),
    verdict: 'verified',
    first: 'ANCHOR_STALE',
    place: anchorPlace(3),
  },
];

const UNREADABLE: readonly Scenario[] = [
  {
    name: 'the bucket is empty',
    happens: (scene) => scene.fill([]),
    verdict: 'not evaluated',
    first: 'NO_ANCHORS',
    place: ({ embedded }) => ({ kind: 'bucket', name: embedded.bucket }),
  },
  {
    name: 'S3 refuses to show one anchor',
    happens(scene) {
      scene.embedded.s3.faults.inject({
        operation: 'GetObject',
        key: scene.key(2),
        status: 403,
        times: Infinity,
      });
      return Promise.resolve();
    },
    verdict: 'not evaluated',
    first: 'ANCHOR_UNREADABLE',
    place: anchorPlace(2),
  },
  {
    name: 'an anchor is gone between the listing and its reading',
    happens(scene) {
      const fault = { operation: 'GetObject', status: 404, code: 'NoSuchVersion', times: Infinity };
      scene.embedded.s3.faults.inject({ ...fault, key: scene.key(2) });
      return Promise.resolve();
    },
    verdict: 'not evaluated',
    first: 'ANCHOR_UNREADABLE',
    place: anchorPlace(2),
  },
  {
    name: 'S3 does not answer in time',
    happens(scene) {
      scene.embedded.s3.faults.inject({
        operation: 'GetObject',
        key: scene.key(2),
        delayMs: 2_000,
        times: Infinity,
      });
      return Promise.resolve({ store: scene.embedded.store({ requestTimeoutMs: 120 }) });
    },
    verdict: 'not evaluated',
    first: 'ANCHOR_UNREADABLE',
    place: anchorPlace(2),
  },
  {
    name: 'bodies lie in an archive',
    happens: (scene) =>
      scene.refill(({ anchor_seq }) => (anchor_seq < 3 ? { put: { StorageClass: 'DEEP_ARCHIVE' } } : {})),
    verdict: 'not evaluated',
    first: 'ANCHOR_ARCHIVED',
    place: anchorPlace(1),
    check: ({ coverage }) =>
      expect(coverage).toMatchObject({ anchors: 3, anchorsRead: 1, anchoredHashes: 3, rangeRoots: 1 }),
  },
  {
    name: 'bodies lie in an archive, and the events they attest were forged',
    async happens(scene) {
      await scene.refill(() => ({ put: { StorageClass: 'DEEP_ARCHIVE' } }));
      await scene.sql('DELETE FROM audit_events WHERE chain_index >= 5');
      await scene.append(28, 'k1');
    },
    verdict: 'tampered',
    first: 'ANCHORED_HASH',
    place: { kind: 'events', from: 10, to: 10 },
    also: ['ANCHOR_ARCHIVED'],
  },
  {
    name: 'bodies lie in an archive, and their links do not hold',
    happens: (scene) =>
      scene.fill(
        scene.anchors.map((anchor) => ({
          anchor: anchor.anchor_seq === 3 ? { ...anchor, prev_anchor_hash: NOBODY } : anchor,
          put: { StorageClass: 'DEEP_ARCHIVE' },
        })),
      ),
    verdict: 'tampered',
    first: 'ANCHOR_LINK',
    place: anchorPlace(3),
    also: ['ANCHOR_ARCHIVED'],
  },
];

/** What can be wrong with the anchors as a chain, or with looking at them. */
export const ANCHOR_CHAIN_SCENARIOS: readonly Scenario[] = [...CHAINED, ...WARNINGS, ...UNREADABLE];
