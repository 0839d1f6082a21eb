import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { S3AnchorStore } from '../../../../runtime/adapters/s3/s3-anchor-store';
import { DEFAULTS } from '../../../../runtime/contract';
import type { Anchor } from '../../../../runtime/domain/anchor/anchor';
import { MAX_ANCHOR_BYTES, serializeAnchor } from '../../../../runtime/domain/anchor/anchor-body';
import { anchorKey } from '../../../../runtime/domain/anchor/object-key';
import type { FindingCode } from '../../../../runtime/domain/findings/finding';
import { UnavailableError } from '../../../../runtime/errors';
import { CHAIN_ID } from '../../../support/embedded';
import type { Entry, Scene } from '../../../support/scene';
import { seconds } from '../../../support/scene';
import type { Scenario } from './scenario';
import { NOBODY, only, placed } from './anchor-changes';
import { anchorPlace, objectPlace } from './scenario';

function retention(days: number, anchor: Anchor): Entry['put'] {
  return { ObjectLockRetainUntilDate: new Date((seconds(anchor.ts_utc) + days * 86_400) * 1000) };
}

/** Anchor 2 changed, as the bucket holds it from the start. */
function second(
  name: string,
  changes: (anchor: Anchor) => Partial<Entry> | null,
  first: FindingCode,
  more: Partial<Scenario> = {},
): Scenario {
  const happens = (scene: Scene): Promise<void> => scene.refill(only(2, changes));
  return { name, happens, verdict: 'tampered', first, place: anchorPlace(2), ...more };
}

const LAID_OVER: readonly Scenario[] = [
  {
    name: 'a second version is laid over an anchor',
    async happens(scene) {
      await scene.refill();
      await scene.place({ anchor: { ...scene.anchor(2), last_hash: NOBODY } });
    },
    verdict: 'tampered',
    first: 'ANCHOR_OVERLAID',
    place: anchorPlace(2, 'top'),
  },
  {
    name: 'the same bytes are laid over an anchor',
    async happens(scene) {
      await scene.refill();
      await scene.place({ anchor: scene.anchor(2) });
    },
    verdict: 'verified',
    first: 'ANCHOR_REPEATED',
    place: anchorPlace(2, 'top'),
  },
  {
    name: 'the same bytes are laid over an anchor, with a lock that can be bypassed',
    async happens(scene) {
      await scene.refill();
      await scene.place({ anchor: scene.anchor(2), put: { ObjectLockMode: 'GOVERNANCE' } });
    },
    verdict: 'tampered',
    first: 'ANCHOR_OVERLAID',
    place: anchorPlace(2, 'top'),
  },
  {
    name: 'bytes of another length are laid over an anchor',
    async happens(scene) {
      await scene.refill();
      await scene.place({ anchor: scene.anchor(2), body: '{}' });
    },
    verdict: 'tampered',
    first: 'ANCHOR_OVERLAID',
    place: anchorPlace(2, 'top'),
  },
  {
    name: 'bytes that S3 does not show are laid over an anchor',
    async happens(scene) {
      await scene.refill();
      const versionId = await scene.place({ anchor: scene.anchor(2) });
      const store = scene.embedded.store();
      const read: typeof store.read = (key, version, ...rest) =>
        version === versionId
          ? Promise.reject(new UnavailableError('S3_ACCESS_DENIED', 'not for you'))
          : S3AnchorStore.prototype.read.call(store, key, version, ...rest);
      return { store: Object.assign(store, { read }) };
    },
    verdict: 'not evaluated',
    first: 'ANCHOR_UNREADABLE',
    place: anchorPlace(2, 'top'),
  },
  {
    name: 'a delete marker is laid over an anchor',
    async happens(scene) {
      await scene.refill();
      const { client, sdk, bucket } = scene.embedded;
      await client.send(new sdk.DeleteObjectCommand({ Bucket: bucket, Key: scene.key(1) }));
    },
    verdict: 'tampered',
    first: 'ANCHOR_DELETE_MARKER',
    place: anchorPlace(1, 'top'),
  },
];

/** Bodies that are no anchor. */
const BODIES: Readonly<Record<string, (honest: string) => string | Uint8Array>> = {
  empty: () => '',
  truncated: (honest) => honest.slice(0, -7),
  huge: (honest) => honest.padEnd(MAX_ANCHOR_BYTES + 1, ' '),
  'as large as allowed, but padded': (honest) => honest.padEnd(MAX_ANCHOR_BYTES, ' '),
  'not JSON': () => '\u001b[2Jtake me for an anchor',
  'JSON, but a list': (honest) => `[${honest}]`,
  'JSON, but null': () => 'null',
  'nested a thousand levels deep': () => '['.repeat(1000),
  reordered: (honest) => {
    const { chain_id, ...rest } = JSON.parse(honest) as Record<string, unknown>;
    return JSON.stringify({ ...rest, chain_id });
  },
  'with an unknown key': (honest) => honest.replace(/}$/, ',"approved":true}'),
  'with a repeated key': (honest) => honest.replace('{', '{"last_seq":1,'),
  'with a prototype for a key': (honest) => honest.replace(/}$/, ',"__proto__":{"format":1}}'),
  'followed by a newline': (honest) => `${honest}\n`,
  'with a number too large for JSON': (honest) =>
    honest.replace('"last_seq":20', '"last_seq":9007199254740993'),
  'of another format': (honest) => honest.replace('"format":1', '"format":2'),
  'in UTF-16': (honest) => Buffer.from(honest, 'utf16le'),
};

const MALFORMED: readonly Scenario[] = Object.entries(BODIES).map(([name, change]) =>
  second(
    `the body of an anchor is ${name}`,
    (anchor) => ({ body: change(serializeAnchor(anchor).toString()) }),
    'ANCHOR_MALFORMED',
  ),
);

/** Overwrites a stored body behind the server's back, as failing storage would. */
async function rot(scene: Scene, body: Buffer): Promise<void> {
  const folder = join(scene.embedded.folder, 'buckets', scene.embedded.bucket, 'versions');
  for (const name of await readdir(folder)) {
    const file = join(folder, name);
    if ((await readFile(file)).equals(body)) {
      await writeFile(file, body.toString().replace('"anchor_seq":2', '"anchor_seq":3'));
      return;
    }
  }
  throw new Error('no such body in the folder of the bucket');
}

const STORED_BADLY: readonly Scenario[] = [
  {
    name: 'the stored bytes of an anchor change behind its checksum',
    async happens(scene) {
      await scene.refill();
      await rot(scene, serializeAnchor(scene.anchor(2)));
    },
    verdict: 'tampered',
    first: 'ANCHOR_CHECKSUM',
    place: anchorPlace(2),
  },
  second(
    'an anchor is stored with a CRC only',
    () => ({ put: { ChecksumAlgorithm: 'CRC32' } }),
    'ANCHOR_INCOMPLETE',
    { verdict: 'not evaluated', check: ({ findings }) => expect(findings[0]?.actual).toBe('no SHA-256') },
  ),
  second(
    'an anchor is locked in GOVERNANCE mode',
    () => ({ put: { ObjectLockMode: 'GOVERNANCE' } }),
    'ANCHOR_NOT_COMPLIANCE',
  ),
  second(
    'an anchor is locked for too short',
    (anchor) => ({ put: retention(399, anchor) }),
    'ANCHOR_RETENTION_SHORT',
  ),
  second('an anchor is stored without its metadata', () => ({ put: { Metadata: {} } }), 'ANCHOR_INCOMPLETE', {
    verdict: 'not evaluated',
  }),
  second(
    'the metadata of an anchor says something else',
    () => ({ put: { Metadata: { 'anchor-seq': '2', 'last-seq': '21' } } }),
    'ANCHOR_METADATA',
  ),
  second(
    'an anchor was dated back: S3 stored it much later than it says',
    (anchor) => ({ at: seconds(anchor.ts_utc) + DEFAULTS.clockToleranceSeconds + 1 }),
    'ANCHOR_TIME_SKEW',
  ),
  second(
    'an anchor was dated into the future: S3 stored it before its time',
    (anchor) => ({ at: seconds(anchor.ts_utc) - DEFAULTS.clockToleranceSeconds - 1 }),
    'ANCHOR_TIME_SKEW',
  ),
  {
    name: 'the anchors lie in a bucket without Object Lock',
    happens: (scene) => scene.refill(() => ({ locked: false }), { objectLock: false }),
    verdict: 'tampered',
    first: 'ANCHOR_NOT_LOCKED',
    place: anchorPlace(1),
    also: ['BUCKET_UNPROTECTED'],
  },
  {
    name: 'the bucket locks in GOVERNANCE mode by default, its anchors in COMPLIANCE',
    happens: (scene) => scene.refill(undefined, { defaultMode: 'GOVERNANCE' }),
    verdict: 'verified',
    first: 'BUCKET_UNPROTECTED',
    place: ({ embedded }) => ({ kind: 'bucket', name: embedded.bucket }),
  },
];

const SIX_MINUTES_LATER = '2030-01-15T15:06:00Z';

const MISPLACED: readonly Scenario[] = [
  {
    name: 'an anchor lies under the key of another time',
    happens: (scene) =>
      scene.refill(
        only(2, (anchor) => ({
          key: anchorKey(CHAIN_ID, seconds(SIX_MINUTES_LATER) - 120),
          at: seconds(SIX_MINUTES_LATER) - 120,
          put: retention(401, anchor),
        })),
      ),
    verdict: 'tampered',
    first: 'ANCHOR_MISPLACED',
    place: placed('2030-01-15T15:04:00Z'),
  },
  second(
    'the body is the anchor of another chain',
    (anchor) => ({ body: serializeAnchor({ ...anchor, chain_id: 'staging' }) }),
    'ANCHOR_MISPLACED',
    { also: ['ANCHOR_LINK'] },
  ),
  ...[
    'readme.txt',
    '2030/01/15/15/notes.json',
    '2030/13/01/00/anchor-20301301T000000Z.json',
    'eu/anchor.json',
  ].map((name): Scenario => ({
    name: `an object ${name} lies among the anchors`,
    async happens(scene) {
      await scene.refill();
      await scene.embedded.put(`${CHAIN_ID}/${name}`, '{}');
    },
    verdict: 'tampered',
    first: 'FOREIGN_OBJECT',
    place: (scene) => objectPlace(scene, `${CHAIN_ID}/${name}`),
  })),
];

/** What can be wrong with one anchor in the bucket. */
export const ANCHOR_SCENARIOS: readonly Scenario[] = [
  ...LAID_OVER,
  ...MALFORMED,
  ...STORED_BADLY,
  ...MISPLACED,
];
