import { findNewestKey } from '../../../runtime/application/newest-key';
import type { NewestKey } from '../../../runtime/application/newest-key';
import { anchorKey } from '../../../runtime/domain/anchor/object-key';
import { DEFAULTS } from '../../../runtime/contract';
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
  // Names only: when the objects were stored does not matter.
  const search = { store: servers.store({ pageSize }), chainId, clockToleranceSeconds: Infinity };
  const { newest } = await findNewestKey(search, seconds(now), lastKnown);
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
    const search = { store, chainId: 'prod', clockToleranceSeconds: Infinity };
    for (const [now, lastKnown] of [
      [start + 3_000, null],
      [start + 90 * 86_400, null],
      [start + 3_000, anchorKey('prod', start)],
      [start + 3_000, anchorKey('prod', start + 1_499)],
    ] as const) {
      const { newest } = await findNewestKey(search, now, lastKnown);
      expect(newest).toMatchObject({ key: last, first: { versionId } });
      expect(newest?.over).toHaveLength(1_500);
    }
    expect(await findNewestKey(search, start + 3_000, last)).toEqual({ newest: null, misdated: [] });
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
});

describe('objects dated ahead of their writing', () => {
  const newest = key('2030-01-15T14:00:00Z');
  const HOUR = 3_600;

  /** @param ahead seconds that each object is dated ahead of the newest anchor, all of them stored together with it */
  async function lookPast(
    ahead: readonly number[],
    { now = seconds(NOW), lastKnown = null as string | null } = {},
  ): Promise<{ key: string | null; misdated: number; lists: number }> {
    const start = seconds('2030-01-15T14:00:00Z');
    const store = new MemoryAnchorStore({ now: () => start * 1_000 });
    store.put({ key: newest });
    for (const each of ahead) store.put({ key: anchorKey('prod', start + each) });
    const list = jest.spyOn(store, 'listPage');
    const listAll = jest.spyOn(store, 'listAll');
    const { clockToleranceSeconds } = DEFAULTS;
    const found = await findNewestKey({ store, chainId: 'prod', clockToleranceSeconds }, now, lastKnown);
    const lists = list.mock.calls.length + listAll.mock.calls.length;
    return { key: found.newest?.key ?? null, misdated: found.misdated.length, lists };
  }

  test('one within the tolerance is the newest', async () => {
    const { clockToleranceSeconds: within } = DEFAULTS;
    expect(await lookPast([within])).toMatchObject({ key: anchorKey('prod', seconds(NOW) - 1_800 + within) });
    expect(await lookPast([within + 1])).toEqual({ key: newest, misdated: 1, lists: 1 });
  });

  test.each([1, 10, 900])(
    '%i of them cost no request in the steady state nor after a start',
    async (count) => {
      const ahead = Array.from({ length: count }, (_, n) => (n + 1) * 30 * 24 * HOUR);
      expect(await lookPast(ahead, { lastKnown: newest })).toEqual({ key: null, misdated: count, lists: 1 });
      expect(await lookPast(ahead)).toEqual({ key: newest, misdated: count, lists: 1 });
    },
  );

  test('after a silence they are not looked at again on the way down', async () => {
    const ahead = [10, 24, 300 * 24, 9_000 * 24].map((hours) => hours * HOUR);
    const now = seconds(NOW) + 5 * HOUR;
    expect(await lookPast([], { now })).toEqual({ key: newest, misdated: 0, lists: 6 });
    expect(await lookPast(ahead, { now })).toEqual({ key: newest, misdated: 4, lists: 6 });
  });

  test('when their day has come and gone the newest anchor is found below them', async () => {
    const ahead = [10, 24, 300 * 24].map((hours) => hours * HOUR);
    const now = seconds(NOW) + 400 * 24 * HOUR;
    expect(await lookPast(ahead, { now })).toMatchObject({ key: newest, misdated: 3 });
  });

  test('more than a page of them costs one request for each page', async () => {
    const ahead = Array.from({ length: 2_500 }, (_, n) => (n + 1) * HOUR);
    expect(await lookPast(ahead, { lastKnown: newest })).toEqual({ key: null, misdated: 2_500, lists: 3 });
    expect(await lookPast(ahead)).toMatchObject({ key: newest });
  });

  test('nothing else: there is no anchor', async () => {
    const store = new MemoryAnchorStore({ now: () => seconds(NOW) * 1_000 });
    store.put({ key: key('2031-01-15T14:00:00Z') });
    const search = { store, chainId: 'prod', clockToleranceSeconds: 300 };
    expect(await findNewestKey(search, seconds(NOW), null)).toMatchObject({
      newest: null,
      misdated: [{ key: key('2031-01-15T14:00:00Z') }],
    });
  });
});
