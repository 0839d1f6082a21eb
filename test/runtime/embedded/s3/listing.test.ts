import {
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  type ListObjectVersionsCommandInput,
  type ListObjectsCommandInput,
  type ListObjectsV2CommandInput,
} from '@aws-sdk/client-s3';
import { codeOf, raw } from './support/raw-http';
import { WormServer, refusal } from './support/worm-server';

const Bucket = 'listing';
const MANY = 1_200;
const MANY_KEYS = Array.from({ length: MANY }, (_, i) => `many/${String(i).padStart(5, '0')}`);
const TREE_KEYS = ['tree/a', 'tree/b/1', 'tree/b/2', 'tree/b/c/3', 'tree/c', 'tree/d/4', 'tree/e'];
const UTF8_KEYS = ['A', 'Z', 'a', 'é', '\u{e000}', '\u{ffee}', '\u{1f512}'].map((name) => `utf8/${name}`);

let worm: WormServer;
beforeAll(async () => {
  worm = await WormServer.start();
  await worm.createBucket(Bucket);
  await putAll(MANY_KEYS);
  await putAll(TREE_KEYS);
  await putAll([...UTF8_KEYS].reverse());
  await putAll(['prod/1', 'prod-eu/1', 'prod/2', 'production/1', 'coded/a b+c/ü&(1)*']);
}, 300_000);
afterAll(() => worm.stop());

async function putAll(keys: readonly string[], bucket = Bucket): Promise<void> {
  for (let at = 0; at < keys.length; at += 20) {
    await Promise.all(keys.slice(at, at + 20).map((key) => worm.put(bucket, key)));
  }
}

interface Listed {
  readonly entries: string[];
  readonly folders: string[];
  readonly pages: number;
}

/** Follows NextKeyMarker and NextVersionIdMarker to the end; entries are `key` or `key@version`. */
async function allVersions(input: Partial<ListObjectVersionsCommandInput>, ids = false): Promise<Listed> {
  const entries: string[] = [];
  const folders: string[] = [];
  let next: Partial<ListObjectVersionsCommandInput> = {};
  for (let pages = 1; ; pages++) {
    const page = await worm.s3.send(new ListObjectVersionsCommand({ Bucket, ...input, ...next }));
    for (const { Key, VersionId } of page.Versions ?? [])
      entries.push(ids ? `${Key}@${VersionId}` : `${Key}`);
    folders.push(...(page.CommonPrefixes ?? []).map(({ Prefix }) => `${Prefix}`));
    if (page.IsTruncated !== true) return { entries, folders, pages };
    expect((page.Versions?.length ?? 0) + (page.CommonPrefixes?.length ?? 0)).toBe(input.MaxKeys ?? 1_000);
    next = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
  }
}

async function allV2(input: Partial<ListObjectsV2CommandInput>): Promise<Listed> {
  const entries: string[] = [];
  const folders: string[] = [];
  let ContinuationToken: string | undefined;
  for (let pages = 1; ; pages++) {
    const page = await worm.s3.send(new ListObjectsV2Command({ Bucket, ...input, ContinuationToken }));
    expect(page.KeyCount).toBe((page.Contents?.length ?? 0) + (page.CommonPrefixes?.length ?? 0));
    entries.push(...(page.Contents ?? []).map(({ Key }) => `${Key}`));
    folders.push(...(page.CommonPrefixes ?? []).map(({ Prefix }) => `${Prefix}`));
    if (page.IsTruncated !== true) return { entries, folders, pages };
    ContinuationToken = page.NextContinuationToken;
  }
}

/** Follows NextMarker, or the last key where S3 gives none. */
async function allV1(input: Partial<ListObjectsCommandInput>): Promise<Listed> {
  const entries: string[] = [];
  const folders: string[] = [];
  let Marker: string | undefined;
  for (let pages = 1; ; pages++) {
    const page = await worm.s3.send(new ListObjectsCommand({ Bucket, ...input, Marker }));
    entries.push(...(page.Contents ?? []).map(({ Key }) => `${Key}`));
    folders.push(...(page.CommonPrefixes ?? []).map(({ Prefix }) => `${Prefix}`));
    if (page.IsTruncated !== true) return { entries, folders, pages };
    expect(page.NextMarker === undefined).toBe(input.Delimiter === undefined);
    Marker = page.NextMarker ?? page.Contents?.at(-1)?.Key;
  }
}

const LISTINGS = [
  ['ListObjects', allV1],
  ['ListObjectsV2', allV2],
  ['ListObjectVersions', allVersions],
] as const;

describe.each(LISTINGS)('%s', (_, list) => {
  test.each([
    [undefined, 2],
    [1_000, 2],
    [999, 2],
    [MANY / 3, 3],
    [701, 2],
    [97, 13],
  ])('pages beyond 1,000 keys, MaxKeys %s', async (MaxKeys, pages) => {
    expect(await list({ Prefix: 'many/', MaxKeys })).toEqual({ entries: MANY_KEYS, folders: [], pages });
  });

  test('groups by delimiter, a folder counting as one, across pages', async () => {
    const expected = { entries: ['tree/a', 'tree/c', 'tree/e'], folders: ['tree/b/', 'tree/d/'] };
    for (const MaxKeys of [1, 2, 3, 4, 5, 6]) {
      expect(await list({ Prefix: 'tree/', Delimiter: '/', MaxKeys })).toMatchObject(expected);
    }
    expect(await list({ Prefix: 'tree/b', Delimiter: '/' })).toMatchObject({
      entries: [],
      folders: ['tree/b/'],
    });
    expect(await list({ Prefix: 'tree/', Delimiter: '/c/' })).toMatchObject({
      entries: ['tree/a', 'tree/b/1', 'tree/b/2', 'tree/c', 'tree/d/4', 'tree/e'],
      folders: ['tree/b/c/'],
    });
  });

  test('orders keys by their UTF-8 bytes', async () => {
    const { entries } = await list({ Prefix: 'utf8/' });
    expect(entries).toEqual(UTF8_KEYS);
    expect(await list({ Prefix: 'utf8/', MaxKeys: 1 })).toMatchObject({ entries: UTF8_KEYS, pages: 7 });
  });

  test('tells prefixes of each other apart', async () => {
    expect((await list({ Prefix: 'prod/' })).entries).toEqual(['prod/1', 'prod/2']);
    expect((await list({ Prefix: 'none/' })).entries).toEqual([]);
  });

  test('MaxKeys 0 gives nothing and no further page', async () => {
    expect(await list({ Prefix: 'many/', MaxKeys: 0 })).toEqual({ entries: [], folders: [], pages: 1 });
  });

  test('encodes keys for URLs when asked', async () => {
    const { entries } = await list({ Prefix: 'coded/a b', EncodingType: 'url' });
    expect(entries).toEqual(['coded/a%20b%2Bc/%C3%BC%26%281%29%2A']);
  });

  test.each([
    ['max-keys=-1', 'InvalidArgument'],
    ['max-keys=abc', 'InvalidArgument'],
    ['max-keys=2147483648', 'InvalidArgument'],
    ['encoding-type=base64', 'InvalidArgument'],
  ])('refuses %s', async (query, code) => {
    const kind = list === allV2 ? 'list-type=2&' : list === allVersions ? 'versions&' : '';
    expect(codeOf(await raw(worm.server.endpoint, 'GET', `/${Bucket}?${kind}${query}`))).toBe(code);
  });
});

describe('ListObjectsV2', () => {
  test('begins after StartAfter, which need not exist, and pages on from there', async () => {
    const from = MANY_KEYS.slice(151);
    expect(await allV2({ Prefix: 'many/', StartAfter: 'many/00150' })).toMatchObject({
      entries: from,
      pages: 2,
    });
    expect((await allV2({ Prefix: 'many/', StartAfter: 'many/00150x' })).entries).toEqual(from);
    expect((await allV2({ Prefix: 'many/', StartAfter: 'a' })).entries).toHaveLength(MANY);
    expect((await allV2({ Prefix: 'many/', StartAfter: 'z' })).entries).toEqual([]);
  });

  test('refuses a token that it did not give', async () => {
    const request = worm.s3.send(new ListObjectsV2Command({ Bucket, ContinuationToken: 'many/00001' }));
    expect(await refusal(request)).toEqual({ code: 'InvalidArgument', status: 400 });
  });

  test('hides keys under a delete marker, and folders that hold no others', async () => {
    await putAll(['hidden/gone/1', 'hidden/here/1', 'hidden/here/2']);
    await worm.s3.send(new DeleteObjectCommand({ Bucket, Key: 'hidden/gone/1' }));
    await worm.s3.send(new DeleteObjectCommand({ Bucket, Key: 'hidden/here/1' }));
    expect((await allV2({ Prefix: 'hidden/' })).entries).toEqual(['hidden/here/2']);
    expect((await allV2({ Prefix: 'hidden/', Delimiter: '/' })).folders).toEqual(['hidden/here/']);
  });
});

describe('ListObjectVersions', () => {
  const Prefix = 'history/';
  const versions: Record<string, string[]> = {};
  beforeAll(async () => {
    for (const key of ['history/a', 'history/b', 'history/c']) {
      versions[key] = [];
      for (let i = 0; i < 4; i++) versions[key].unshift(await worm.put(Bucket, key, { Body: String(i) }));
    }
  });
  const expected = () =>
    Object.entries(versions).flatMap(([key, ids]) => ids.map((versionId) => `${key}@${versionId}`));

  test('gives the newest version of a key first, also when all have one time', async () => {
    expect((await allVersions({ Prefix }, true)).entries).toEqual(expected());
  });

  test('gives the order of creation when the clock runs backwards', async () => {
    const first = await worm.put(Bucket, 'backwards');
    worm.clock.advanceDays(-1);
    const second = await worm.put(Bucket, 'backwards');
    worm.clock.advanceDays(1);
    const page = await worm.s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: 'backwards' }));
    expect(page.Versions?.map(({ VersionId, IsLatest }) => [VersionId, IsLatest])).toEqual([
      [second, true],
      [first, false],
    ]);
  });

  test.each([1, 2, 3, 5, 7, 11])(
    'splits one key over pages of %i without loss or repetition',
    async (MaxKeys) => {
      const { entries, pages } = await allVersions({ Prefix, MaxKeys }, true);
      expect(entries).toEqual(expected());
      expect(pages).toBe(Math.ceil(12 / MaxKeys));
    },
  );

  test('KeyMarker alone begins with the next key', async () => {
    const { entries } = await allVersions({ Prefix, KeyMarker: 'history/a' });
    expect([...new Set(entries)]).toEqual(['history/b', 'history/c']);
  });

  test('cuts a page of more than 1,000 to 1,000', async () => {
    const page = await worm.s3.send(
      new ListObjectVersionsCommand({ Bucket, Prefix: 'many/', MaxKeys: 5_000 }),
    );
    expect([page.Versions?.length, page.MaxKeys, page.IsTruncated]).toEqual([1_000, 1_000, true]);
  });

  test('a version marker needs a key marker', async () => {
    const request = worm.s3.send(new ListObjectVersionsCommand({ Bucket, VersionIdMarker: 'abc' }));
    expect(await refusal(request)).toEqual({ code: 'InvalidArgument', status: 400 });
  });

  test('a marker whose version is gone repeats its key rather than lose a version', async () => {
    const [newest, ...rest] = (await Promise.all([0, 1, 2].map(() => worm.put(Bucket, 'marker')))).reverse();
    await worm.s3.send(new DeleteObjectCommand({ Bucket, Key: 'marker', VersionId: newest }));
    const page = await worm.s3.send(
      new ListObjectVersionsCommand({
        Bucket,
        Prefix: 'marker',
        KeyMarker: 'marker',
        VersionIdMarker: newest,
      }),
    );
    expect(new Set(page.Versions?.map(({ VersionId }) => VersionId))).toEqual(new Set(rest));
  });

  test('shows delete markers among the versions, in whole seconds', async () => {
    const version = await worm.put(Bucket, 'marked', { ChecksumAlgorithm: 'SHA256' });
    const { VersionId } = await worm.s3.send(new DeleteObjectCommand({ Bucket, Key: 'marked' }));
    const page = await worm.s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: 'marked' }));
    const LastModified = new Date(Math.floor(worm.clock.time / 1000) * 1000);
    expect(page.DeleteMarkers).toMatchObject([{ Key: 'marked', VersionId, IsLatest: true, LastModified }]);
    expect(page.Versions).toMatchObject([
      {
        VersionId: version,
        IsLatest: false,
        Size: 6,
        StorageClass: 'STANDARD',
        ChecksumAlgorithm: ['SHA256'],
        ChecksumType: 'FULL_OBJECT',
        LastModified,
      },
    ]);
  });
});
