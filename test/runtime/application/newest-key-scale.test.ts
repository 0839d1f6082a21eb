import { findNewestKey } from '../../../runtime/application/newest-key';
import { anchorKey } from '../../../runtime/domain/anchor/object-key';
import { compareKeys, firstPosition } from '../../../runtime/embedded/s3/store/key-order';
import { FolderStore } from '../../../runtime/embedded/s3/store/folder-store';
import type { VersionRecord } from '../../../runtime/embedded/s3/store/records';
import type { VersionIndex } from '../../../runtime/embedded/s3/store/version-index';
import { Embedded } from '../../support/embedded';

jest.setTimeout(60_000);

const ANCHORS = 1_000_000;
const YEARS_2 = 2 * 365 * 86_400;
const END = Date.parse('2030-01-15T14:29:00Z') / 1000;

/** One version of each key, made when it is looked at: the embedded S3 lists a million as it lists three. */
class ManyKeys implements Pick<VersionIndex, 'keys' | 'history'> {
  constructor(readonly keys: readonly string[]) {}

  history(key: string): readonly VersionRecord[] {
    const at = firstPosition(this.keys, (other) => compareKeys(other, key) >= 0);
    if (this.keys[at] !== key) return [];
    const encryption = { algorithm: 'AES256', keyId: null, bucketKey: false } as const;
    const content = {
      size: 700,
      etag: 'e',
      storageClass: 'STANDARD',
      headers: {},
      checksums: {},
      encryption,
    };
    return [
      {
        sequence: at,
        key,
        versionId: `version-${at}`,
        lastModified: END * 1000,
        content,
        retention: null,
        legalHold: null,
      },
    ];
  }
}

/** A million anchors, evenly over two years that end shortly before the look. */
const keys = Array.from({ length: ANCHORS }, (_, at) =>
  anchorKey('prod', END - Math.floor(((ANCHORS - 1 - at) * YEARS_2) / ANCHORS)),
);
const NEWEST = keys[ANCHORS - 1]!;

let servers: Embedded;
beforeAll(async () => {
  servers = await Embedded.start();
  jest.spyOn(FolderStore.prototype, 'index').mockReturnValue(new ManyKeys(keys) as unknown as VersionIndex);
});
afterAll(async () => {
  jest.restoreAllMocks();
  await servers.stop();
});

async function requestsFor(
  now: number,
  lastKnown: string | null,
): Promise<{ key: string | null; lists: number }> {
  servers.s3.requests.clear();
  // The servers' clock stands still, and the keys are of many years.
  const search = { store: servers.store(), chainId: 'prod', clockToleranceSeconds: Infinity };
  const { newest } = await findNewestKey(search, now, lastKnown);
  const lists = servers.s3.requests.count('ListObjectVersions');
  expect(servers.s3.requests.count()).toBe(lists);
  return { key: newest?.key ?? null, lists };
}

test('the keys are a million different ones, in order', () => {
  expect(keys.findIndex((key, at) => at > 0 && key <= keys[at - 1]!)).toBe(-1);
});

describe('the newest of a million anchors costs one request', () => {
  test('in the steady state', async () => {
    expect(await requestsFor(END + 60, NEWEST)).toEqual({ key: null, lists: 1 });
    expect(await requestsFor(END + 60, keys[ANCHORS - 10]!)).toEqual({ key: NEWEST, lists: 1 });
  });

  test('after a start while the writer is at work', async () => {
    expect(await requestsFor(END + 60, null)).toEqual({ key: NEWEST, lists: 1 });
  });
});

describe('and at most six', () => {
  test.each([
    ['5 hours', 5 * 3_600],
    ['20 days', 20 * 86_400],
    ['5 months', 150 * 86_400],
    ['3 years', 3 * 365 * 86_400],
  ])('after %s of silence', async (_, silence) => {
    expect(await requestsFor(END + silence, null)).toEqual({ key: NEWEST, lists: 6 });
  });

  test('when the last known one is months old', async () => {
    expect(await requestsFor(END + 60, keys[ANCHORS >> 1]!)).toEqual({ key: NEWEST, lists: 6 });
  });
});
