import type { Bound, VerifyScope } from '../../../../runtime/application/verify/scope';
import { seconds } from '../../../support/scene';
import type { Scenario } from './scenario';
import { anchorPlace, DATABASE, events } from './scenario';

const index = (at: number): Bound => ({ kind: 'index', index: at });
const time = (iso: string): Bound => ({ kind: 'time', seconds: seconds(iso) });
const range = (from: Bound | null, to: Bound | null): VerifyScope => ({ kind: 'range', from, to });
const LATEST: VerifyScope = { kind: 'latest' };

function nothing(name: string, from: Bound | null, to: Bound | null): Scenario {
  return {
    name: `nothing lies ${name}`,
    happens: () => Promise.resolve(),
    scope: range(from, to),
    verdict: 'not evaluated',
    first: 'NOTHING_IN_RANGE',
    place: DATABASE,
  };
}

const RANGES: readonly Scenario[] = [
  nothing('beyond the head', index(33), null),
  nothing('far beyond the head', index(1000), index(2000)),
  nothing('before the first event', null, index(0)),
  nothing('after now', time('2030-01-15T17:00:00Z'), null),
  {
    name: 'an event outside of the range is edited, one inside is missing',
    happens: (scene) =>
      scene.sql(
        "UPDATE audit_events SET actor = 'x' WHERE chain_index = 5; DELETE FROM audit_events WHERE chain_index = 20",
      ),
    scope: range(index(15), index(18)),
    verdict: 'tampered',
    first: 'EVENT_MISSING',
    place: events(20),
    also: ['RANGE_ROOT'],
  },
  {
    name: 'the end of the table is cut off inside the range',
    happens: (scene) => scene.sql('DELETE FROM audit_events WHERE chain_index > 17'),
    scope: range(index(15), index(18)),
    verdict: 'tampered',
    first: 'CHAIN_TRUNCATED',
    place: events(18, 20),
    also: ['RANGE_ROOT'],
  },
  {
    name: 'the range does not follow from the anchor before it',
    happens: (scene) => scene.sql("UPDATE audit_events SET prev_hash = sha256('x') WHERE chain_index = 11"),
    scope: range(index(11), index(20)),
    verdict: 'tampered',
    first: 'EVENT_HASH',
    place: events(11),
    also: ['EVENT_LINK', 'RANGE_ROOT'],
  },
];

const NEWEST: readonly Scenario[] = [
  {
    name: 'the newest: there is none',
    happens: (scene) => scene.fill([]),
    scope: LATEST,
    verdict: 'not evaluated',
    first: 'NO_ANCHORS',
    place: ({ embedded }) => ({ kind: 'bucket', name: embedded.bucket }),
  },
  {
    name: 'the newest: an event of its range is edited',
    happens: (scene) => scene.sql("UPDATE audit_events SET actor = 'x' WHERE chain_index = 25"),
    scope: LATEST,
    verdict: 'tampered',
    first: 'EVENT_HASH',
    place: events(25),
    also: ['RANGE_ROOT'],
  },
  {
    name: 'the newest: an event since then is edited',
    happens: (scene) => scene.sql("UPDATE audit_events SET actor = 'x' WHERE chain_index = 32"),
    scope: LATEST,
    verdict: 'tampered',
    first: 'EVENT_HASH',
    place: events(32),
  },
  {
    name: 'the newest: the table ends before it',
    happens: (scene) => scene.sql('DELETE FROM audit_events WHERE chain_index > 8'),
    scope: LATEST,
    verdict: 'tampered',
    first: 'EVENT_MISSING',
    place: events(20),
    also: ['CHAIN_TRUNCATED'],
  },
  {
    name: 'the newest: its body is archived',
    happens: (scene) =>
      scene.refill(({ anchor_seq }) => (anchor_seq === 3 ? { put: { StorageClass: 'DEEP_ARCHIVE' } } : {})),
    scope: LATEST,
    verdict: 'not evaluated',
    first: 'ANCHOR_ARCHIVED',
    place: anchorPlace(3),
    check: ({ coverage }) =>
      expect(coverage).toMatchObject({ anchoredHashes: 1, events: 2, eventsRecomputed: 2 }),
  },
  {
    name: 'the newest: its body is archived, and the table was forged',
    async happens(scene) {
      await scene.refill(({ anchor_seq }) =>
        anchor_seq === 3 ? { put: { StorageClass: 'DEEP_ARCHIVE' } } : {},
      );
      await scene.sql('DELETE FROM audit_events WHERE chain_index >= 25');
      await scene.append(8);
    },
    scope: LATEST,
    verdict: 'tampered',
    first: 'EVENT_LINK',
    place: events(31),
    also: ['ANCHORED_HASH', 'ANCHOR_ARCHIVED'],
  },
  {
    name: 'the newest: it is malformed',
    happens: (scene) => scene.refill(({ anchor_seq }) => (anchor_seq === 3 ? { body: 'not an anchor' } : {})),
    scope: LATEST,
    verdict: 'tampered',
    first: 'ANCHOR_MALFORMED',
    place: anchorPlace(3),
    check: ({ database, coverage }) => {
      expect(database).toBeNull();
      expect(coverage.events).toBe(0);
    },
  },
  {
    name: 'the newest: S3 refuses to show it',
    happens(scene) {
      scene.embedded.s3.faults.inject({ operation: 'GetObject', status: 403, times: Infinity });
      return Promise.resolve();
    },
    scope: LATEST,
    verdict: 'not evaluated',
    first: 'ANCHOR_UNREADABLE',
    place: anchorPlace(3),
  },
  {
    name: 'the newest: another version and a delete marker lie over it',
    async happens(scene) {
      await scene.refill();
      await scene.place({ anchor: { ...scene.anchor(3), trigger: 'manual' } });
      const { client, sdk, bucket } = scene.embedded;
      await client.send(new sdk.DeleteObjectCommand({ Bucket: bucket, Key: scene.key(3) }));
    },
    scope: LATEST,
    verdict: 'tampered',
    first: 'ANCHOR_OVERLAID',
    place: async (scene) => {
      const versions = (await scene.embedded.versions(scene.key(3))).filter(({ kind }) => kind === 'version');
      return { kind: 'object', key: scene.key(3), versionId: versions[0]?.versionId ?? '' };
    },
    also: ['ANCHOR_DELETE_MARKER'],
  },
  {
    name: 'the newest: it is stale',
    happens: (scene) => Promise.resolve(scene.embedded.clock.set('2030-01-17T12:00:00Z')),
    scope: LATEST,
    verdict: 'verified',
    first: 'ANCHOR_STALE',
    place: anchorPlace(3),
  },
];

/** What can be wrong in a part of the evidence. */
export const SCOPE_SCENARIOS: readonly Scenario[] = [...RANGES, ...NEWEST];
