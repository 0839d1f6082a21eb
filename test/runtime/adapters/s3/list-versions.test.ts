import type { VersionPage } from '../../../../runtime/application/ports';
import { fail, listing, marker, ok, ScriptedS3, version } from './scripted-s3';

let s3: ScriptedS3;
beforeAll(async () => {
  s3 = await ScriptedS3.start();
});
afterAll(() => s3.stop());

const prefix = 'production/';

async function pages(list: AsyncIterable<VersionPage>): Promise<VersionPage[]> {
  const all: VersionPage[] = [];
  for await (const page of list) all.push(page);
  return all;
}

describe('what a listing asks for', () => {
  test('one page after a key, without a version marker', async () => {
    s3.script(listing(''));
    await s3.store({ pageSize: 50 }).listPage({ prefix, after: 'production/2026/a b', delimiter: '/' });
    expect(s3.seen).toHaveLength(1);
    expect(s3.seen[0]?.path).toBe('/anchors/');
    expect(Object.fromEntries(s3.seen[0]?.query ?? [])).toEqual({
      versions: '',
      'encoding-type': 'url',
      prefix,
      'key-marker': 'production/2026/a b',
      delimiter: '/',
      'max-keys': '50',
    });
  });

  test('every page, each from the markers of the one before', async () => {
    const more =
      '<IsTruncated>true</IsTruncated><NextKeyMarker>production/a+b%2B</NextKeyMarker><NextVersionIdMarker>v2</NextVersionIdMarker>';
    s3.script(
      listing(version('production/a+b%2B', 'v2'), more),
      listing(version('production/a+b%2B', 'v1', { latest: false })),
    );
    const found = await pages(s3.store().listAll(prefix));
    expect(found.map((page) => page.truncated)).toEqual([true, false]);
    expect(found.flatMap((page) => page.versions.map((entry) => [entry.key, entry.versionId]))).toEqual([
      ['production/a b+', 'v2'],
      ['production/a b+', 'v1'],
    ]);
    expect(s3.seen[1]?.query.get('key-marker')).toBe('production/a b+');
    expect(s3.seen[1]?.query.get('version-id-marker')).toBe('v2');
  });
});

describe('what a listing gives back', () => {
  test('keys decoded, times in whole seconds, delete markers in their place within one second', async () => {
    s3.script(
      listing(
        version('production/%E2%82%AC%01', 'v3') +
          marker('production/%E2%82%AC%01', 'v2', { latest: false }) +
          version('production/%E2%82%AC%01', 'v1', { latest: false, at: '2026-01-01T00:00:00.987Z' }),
      ),
    );
    const at = Date.UTC(2026, 0, 1);
    const key = 'production/\u20ac\u0001';
    expect((await s3.store().listPage({ prefix })).versions).toEqual([
      { kind: 'version', key, versionId: 'v3', isLatest: true, lastModified: at, size: 7 },
      { kind: 'delete-marker', key, versionId: 'v2', isLatest: false, lastModified: at, size: 0 },
      { kind: 'version', key, versionId: 'v1', isLatest: false, lastModified: at, size: 7 },
    ]);
  });

  test('sorted by key and time when the endpoint prints versions before delete markers', async () => {
    s3.script(
      listing(
        version('production/a', 'a1', { latest: false, at: '2026-01-01T00:00:00Z' }) +
          version('production/b', 'b1') +
          marker('production/a', 'a2', { at: '2026-01-01T00:00:09Z' }),
      ),
    );
    const { versions } = await s3.store().listPage({ prefix });
    expect(versions.map((entry) => entry.versionId)).toEqual(['a2', 'a1', 'b1']);
  });

  test('folders, also the one the marker is inside of', async () => {
    s3.script(listing('<CommonPrefixes><Prefix>production/2026/</Prefix></CommonPrefixes>'));
    const page = await s3.store().listPage({ prefix, delimiter: '/', after: 'production/2026/01' });
    expect(page).toEqual({ versions: [], folders: ['production/2026/'], truncated: false });
  });
});

describe('a reply that is not the listing asked for is an error, never an empty bucket', () => {
  test.each([
    ['nothing', ok(), /not a listing of versions/],
    ['another document', ok({}, '<?xml version="1.0"?><Welcome/>'), /not a listing of versions/],
    [
      'a key outside of the prefix',
      listing(version('productionX/a', 'v1')),
      /"productionX\/a", which is outside/,
    ],
    [
      'a key that is not after the marker',
      listing(version('production/a', 'v1')),
      /outside of what was asked for/,
    ],
    ['a folder outside', listing('<CommonPrefixes><Prefix>other/</Prefix></CommonPrefixes>'), /"other\/"/],
    ['bad URL encoding', listing(version('production/b%ZZ', 'v1')), /not valid URL encoding/],
    ['no size', listing(version('production/b', 'v1').replace('<Size>7</Size>', '')), /has no size/],
    ['no version id', listing(version('production/b', '')), /has no key, version id/],
    ['no next marker', listing('', '<IsTruncated>true</IsTruncated>'), /without saying where to go on/],
  ])('%s', async (_name, reply, message) => {
    s3.script(reply);
    await expect(s3.store().listPage({ prefix, after: 'production/a' })).rejects.toMatchObject({
      code: 'S3_ERROR',
      message: expect.stringMatching(message),
    });
  });

  test('a listing that does not move on', async () => {
    const more = '<IsTruncated>true</IsTruncated><NextKeyMarker>production/a</NextKeyMarker>';
    s3.script(listing(version('production/a', 'v1'), more), listing('', more));
    await expect(pages(s3.store().listAll(prefix))).rejects.toMatchObject({
      code: 'S3_ERROR',
      message: expect.stringContaining('does not move on'),
    });
    expect(s3.seen).toHaveLength(2);
  });

  test('an error on a later page ends the listing with that error', async () => {
    const more = '<IsTruncated>true</IsTruncated><NextKeyMarker>production/a</NextKeyMarker>';
    s3.script(listing(version('production/a', 'v1'), more), fail(403, 'AccessDenied'));
    await expect(pages(s3.store().listAll(prefix))).rejects.toMatchObject({ code: 'S3_ACCESS_DENIED' });
  });

  test('throttling of a page is waited out', async () => {
    s3.script(fail(503, 'SlowDown'), listing(version('production/a', 'v1')));
    expect((await s3.store().listPage({ prefix })).versions).toHaveLength(1);
  });
});
