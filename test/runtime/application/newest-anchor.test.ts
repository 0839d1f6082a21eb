import { findNewestKey } from '../../../runtime/application/newest-anchor';
import type { NewestKey } from '../../../runtime/application/newest-anchor';
import { anchorKey } from '../../../runtime/domain/anchor/object-key';
import { MemoryAnchorStore } from '../../fakes/memory-anchor-store';
import { Embedded } from '../../support/embedded';

let servers: Embedded;
beforeAll(async () => {
  servers = await Embedded.start();
});
afterAll(() => servers.stop());
beforeEach(async () => {
  await servers.newBucket();
  servers.s3.requests.clear();
});

const NOW = '2030-01-15T14:30:00Z';
const seconds = (iso: string): number => Date.parse(iso) / 1000;
const key = (iso: string, chainId = 'prod'): string => anchorKey(chainId, seconds(iso));

/** Puts objects that lie there without a lock: only their names matter here. */
async function putAll(keys: readonly string[]): Promise<void> {
  const waiting = [...keys];
  const put = async (): Promise<void> => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) await servers.put(next, '{}');
  };
  await Promise.all(Array.from({ length: 8 }, put));
}

/** Looks once, and counts the requests it took. */
async function look(
  options: { lastKnown?: string; chainId?: string; now?: string; pageSize?: number } = {},
): Promise<{ newest: NewestKey | null; lists: number }> {
  const { lastKnown = null, chainId = 'prod', now = NOW, pageSize = 1_000 } = options;
  servers.s3.requests.clear();
  const newest = await findNewestKey(servers.store({ pageSize }), chainId, seconds(now), lastKnown);
  expect(servers.s3.requests.count()).toBe(servers.s3.requests.count('ListObjectVersions'));
  return { newest, lists: servers.s3.requests.count() };
}

async function found(options: Parameters<typeof look>[0] = {}): Promise<{ key?: string; lists: number }> {
  const { newest, lists } = await look(options);
  return newest ? { key: newest.key, lists } : { lists };
}

describe('one request', () => {
  const old = key('2030-01-15T13:00:00Z');
  const newest = key('2030-01-15T14:00:00Z');

  test('in the steady state: nothing behind the last known key', async () => {
    await putAll([old, newest]);
    expect(await found({ lastKnown: newest })).toEqual({ lists: 1 });
  });

  test('in the steady state: another process has written one', async () => {
    await putAll([old, newest]);
    expect(await found({ lastKnown: old })).toEqual({ key: newest, lists: 1 });
  });

  test('after a start, when the newest anchor is at most two hours old', async () => {
    await putAll([key('2029-11-01T00:00:00Z'), old, newest]);
    expect(await found()).toEqual({ key: newest, lists: 1 });
  });

  test('in the steady state with thousands of objects of chains whose ids begin with this one', async () => {
    await putAll([
      newest,
      ...Array.from({ length: 30 }, (_, n) => key(`2030-01-15T13:00:${10 + n}Z`, 'prod/eu')),
    ]);
    expect(await found({ lastKnown: newest, pageSize: 10 })).toEqual({ lists: 1 });
    expect(await found({ pageSize: 10 })).toEqual({ key: newest, lists: 1 });
  });
});

describe('at most six requests from a cold start', () => {
  test.each([
    ['hours', '2030-01-15T09:00:00Z'],
    ['days', '2030-01-02T23:59:59Z'],
    ['months', '2029-08-31T00:00:00Z'],
    ['years', '2011-01-01T00:00:00Z'],
  ])('after %s of silence', async (_, iso) => {
    const older = Array.from({ length: 12 }, (_unused, n) =>
      key(`2010-${String(n + 1).padStart(2, '0')}-03T04:05:06Z`),
    );
    await putAll([...older, key(iso)]);
    expect(await found()).toEqual({ key: key(iso), lists: 6 });
  });

  test('an empty bucket', async () => {
    expect(await found()).toEqual({ lists: 2 });
  });

  test('a bucket with other chains only', async () => {
    await putAll([key(NOW, 'production'), key(NOW, 'pro'), key(NOW, 'prod-2'), key(NOW, 'Prod')]);
    expect(await found()).toEqual({ lists: 2 });
  });
});

describe('beyond a page', () => {
  // Too many to write over HTTP for a test; the pages of this store have S3's 1,000 entries.
  test('thousands of anchors in one hour, thousands of hours, thousands of versions', async () => {
    const start = seconds('2030-01-15T14:00:00Z');
    const store = new MemoryAnchorStore({ now: () => start * 1_000 });
    for (let hour = 2_500; hour > 0; hour -= 1) store.put({ key: anchorKey('prod', start - hour * 3_600) });
    for (let second = 0; second < 2_500; second += 1) store.put({ key: anchorKey('prod', start + second) });
    const last = anchorKey('prod', start + 2_499);
    const { versionId } = store.versions[store.versions.length - 1] ?? {};
    for (let over = 0; over < 1_500; over += 1) store.put({ key: last });
    for (const [now, lastKnown] of [
      [start + 3_000, null],
      [start + 90 * 86_400, null],
      [start + 3_000, anchorKey('prod', start)],
      [start + 3_000, anchorKey('prod', start + 1_499)],
    ] as const) {
      const newest = await findNewestKey(store, 'prod', now, lastKnown);
      expect(newest).toMatchObject({ key: last, first: { versionId } });
      expect(newest?.over).toHaveLength(1_500);
    }
    expect(await findNewestKey(store, 'prod', start + 3_000, last)).toBeNull();
  });

  test('months of anchors: neither years, months, days nor hours have to fit a page', async () => {
    const start = seconds('2029-01-01T00:00:00Z');
    const keys = Array.from({ length: 60 }, (_, n) => anchorKey('prod', start + n * 6.5 * 86_400));
    await putAll(keys);
    const last = keys[keys.length - 1];
    expect((await found({ pageSize: 7 })).key).toBe(last);
    expect((await found({ pageSize: 1 })).key).toBe(last);
    expect((await found({ pageSize: 7, lastKnown: keys[3] ?? '' })).key).toBe(last);
  });
});

describe('chain ids that are prefixes of each other', () => {
  const chains = [
    'prod',
    'prod/eu',
    'prod/2025',
    'prod/2031',
    'prod/7',
    'prod/2030/01/15',
    'prod/2030/01/15/14',
  ];
  const mine = (chainId: string): string => key('2030-01-15T14:00:00Z', chainId);

  beforeEach(() =>
    putAll(chains.flatMap((chainId) => [mine(chainId), key('2028-02-29T01:02:03Z', chainId)])),
  );

  test.each(chains)('%s sees its own anchors only', async (chainId) => {
    expect((await found({ chainId })).key).toBe(mine(chainId));
    expect((await found({ chainId, now: '2035-01-01T00:00:00Z' })).key).toBe(mine(chainId));
    expect((await found({ chainId, pageSize: 1 })).key).toBe(mine(chainId));
    expect((await found({ chainId, lastKnown: mine(chainId) })).key).toBeUndefined();
    // With a page this small others fill it, and the long way round finds the known one again: the same answer.
    expect((await found({ chainId, lastKnown: mine(chainId), pageSize: 1 })).key ?? mine(chainId)).toBe(
      mine(chainId),
    );
  });

  test('a chain without anchors below others', async () => {
    expect((await found({ chainId: 'prod/2030' })).key).toBeUndefined();
    expect((await found({ chainId: 'prod/2030/01' })).key).toBeUndefined();
  });
});

describe('what others put there', () => {
  const newest = key('2030-01-15T14:00:00Z');

  async function hide(hidden: string): Promise<void> {
    await servers.client.send(new servers.sdk.DeleteObjectCommand({ Bucket: servers.bucket, Key: hidden }));
  }

  test('a delete marker does not hide the newest anchor', async () => {
    await putAll([key('2030-01-15T13:00:00Z')]);
    const versionId = await servers.put(newest, '{}');
    await hide(newest);
    const { newest: seen } = await look();
    expect(seen).toMatchObject({ key: newest, first: { versionId }, over: [{ kind: 'delete-marker' }] });
    const later = await look({ now: '2030-03-01T00:00:00Z' });
    expect(later.newest).toMatchObject({ key: newest, first: { versionId } });
  });

  test('a key with nothing but a delete marker is no anchor', async () => {
    await putAll([newest]);
    await hide(key('2030-01-15T14:10:00Z'));
    expect((await found()).key).toBe(newest);
  });

  test('more versions over the newest anchor than fit a page: the first one counts', async () => {
    const versionId = await servers.put(newest, 'the first');
    await putAll(Array<string>(150).fill(newest));
    for (const now of [NOW, '2030-03-01T00:00:00Z']) {
      const { newest: seen } = await look({ now, pageSize: 100 });
      expect(seen?.key).toBe(newest);
      expect(seen?.first.versionId).toBe(versionId);
      expect(seen?.over).toHaveLength(150);
    }
  });

  test.each([
    'prod/2030/01/15/14/anchor-20300115T140001Z.json.bak',
    'prod/2030/01/15/14/anchor-20300115T146001Z.json',
    'prod/2030/01/15/15/anchor-20300115T140001Z.json',
    'prod/2030/01/15/14/zzz',
    'prod/2030/01/15/99/anchor-20300115T990000Z.json',
    'prod/2030/01/99/14/anchor-20300199T140000Z.json',
    'prod/2030/99/15/14/anchor-20309915T140000Z.json',
    'prod/20300',
    'prod/2031',
    'prod/~',
    'prod/ünïcode \u{1f600}',
    'prod//2031/01/15/14/anchor-20310115T140000Z.json',
    'prod/',
  ])('junk is passed over: %s', async (junk) => {
    await putAll([newest, junk]);
    expect((await found()).key).toBe(newest);
    expect((await found({ now: '2030-03-01T00:00:00Z' })).key).toBe(newest);
    expect((await found({ pageSize: 1 })).key).toBe(newest);
  });

  test('a key dated in the future is the newest, whether known or not', async () => {
    const future = key('2099-01-01T00:00:00Z');
    await putAll([newest, future]);
    expect((await found()).key).toBe(future);
    expect((await found({ lastKnown: newest })).key).toBe(future);
  });
});
