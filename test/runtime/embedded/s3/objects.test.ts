import { createHash } from 'node:crypto';
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { codeOf, raw } from './support/raw-http';
import { WormServer, refusal } from './support/worm-server';

const Bucket = 'objects';
const NOT_FOUND = { code: 'NoSuchKey', status: 404 };

let worm: WormServer;
beforeAll(async () => {
  worm = await WormServer.start();
  await worm.createBucket(Bucket);
});
afterAll(() => worm.stop());

async function read(Key: string, VersionId?: string, bucket = Bucket): Promise<string | undefined> {
  const { Body } = await worm.s3.send(new GetObjectCommand({ Bucket: bucket, Key, VersionId }));
  return Body?.transformToString();
}

describe('PutObject and GetObject', () => {
  test('give back the bytes, the metadata and the headers', async () => {
    await worm.put(Bucket, 'whole', {
      Body: 'body',
      ContentType: 'application/json',
      CacheControl: 'no-store',
      ContentEncoding: 'identity',
      Metadata: { chain: 'production', seq: '7' },
    });
    const got = await worm.s3.send(new GetObjectCommand({ Bucket, Key: 'whole' }));
    expect(got).toMatchObject({
      ContentType: 'application/json',
      CacheControl: 'no-store',
      ContentEncoding: 'identity',
      ContentLength: 4,
      Metadata: { chain: 'production', seq: '7' },
    });
    expect(await got.Body?.transformToString()).toBe('body');
    expect(got.LastModified?.getTime()).toBe(Math.floor(worm.clock.time / 1000) * 1000);
  });

  test.each([
    'a b',
    'ü/日本/🔒',
    'a+b&c=d?e#f',
    '../up//double/./dot',
    '<xml>"\'&amp;',
    '%41',
    'x'.repeat(1024),
  ])('take the key %s as it is', async (key) => {
    await worm.put(Bucket, key, { Body: `at ${key}` });
    expect(await read(key)).toBe(`at ${key}`);
    const { Versions } = await worm.s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: key }));
    expect(Versions?.[0]?.Key).toBe(key);
  });

  test('refuse a key of more than 1,024 bytes of UTF-8', async () => {
    expect(await refusal(worm.put(Bucket, 'ü'.repeat(513)))).toEqual({
      code: 'KeyTooLongError',
      status: 400,
    });
  });

  test('keep every version readable', async () => {
    const first = await worm.put(Bucket, 'history', { Body: '1' });
    const second = await worm.put(Bucket, 'history', { Body: '2' });
    expect(await read('history')).toBe('2');
    expect(await read('history', first)).toBe('1');
    expect(await read('history', second)).toBe('2');
  });

  test('empty and multi-megabyte bodies', async () => {
    await worm.put(Bucket, 'empty', { Body: Buffer.alloc(0) });
    expect(await read('empty')).toBe('');
    const big = Buffer.alloc(5_000_000, 'anchor');
    await worm.put(Bucket, 'big', { Body: big });
    const { Body } = await worm.s3.send(new GetObjectCommand({ Bucket, Key: 'big' }));
    const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(
      createHash('sha256').update(big).digest('hex'),
    );
  });

  test.each([
    ['bytes=0-1', 'ab', 'bytes 0-1/6'],
    ['bytes=4-', 'ef', 'bytes 4-5/6'],
    ['bytes=-3', 'def', 'bytes 3-5/6'],
    ['bytes=2-99', 'cdef', 'bytes 2-5/6'],
  ])('range %s', async (Range, text, contentRange) => {
    await worm.put(Bucket, 'ranged', { Body: 'abcdef' });
    const part = await worm.s3.send(
      new GetObjectCommand({ Bucket, Key: 'ranged', Range, ChecksumMode: 'ENABLED' }),
    );
    expect(part.ContentRange).toBe(contentRange);
    expect(part.$metadata.httpStatusCode).toBe(206);
    expect(part.ChecksumCRC32).toBeUndefined();
    expect(await part.Body?.transformToString()).toBe(text);
  });

  test('a range outside the object is InvalidRange', async () => {
    await worm.put(Bucket, 'ranged', { Body: 'abcdef' });
    const request = worm.s3.send(new GetObjectCommand({ Bucket, Key: 'ranged', Range: 'bytes=6-' }));
    expect(await refusal(request)).toEqual({ code: 'InvalidRange', status: 416 });
  });

  test('user metadata above 2 KB is MetadataTooLarge', async () => {
    const request = worm.put(Bucket, 'metadata', { Metadata: { note: 'x'.repeat(2_045) } });
    expect(await refusal(request)).toEqual({ code: 'MetadataTooLarge', status: 400 });
    await worm.put(Bucket, 'metadata', { Metadata: { note: 'x'.repeat(2_044) } });
  });

  test('ACLs other than bucket-owner-full-control are refused', async () => {
    expect(await refusal(worm.put(Bucket, 'acl', { ACL: 'public-read' }))).toEqual({
      code: 'AccessControlListNotSupported',
      status: 400,
    });
    await worm.put(Bucket, 'acl', { ACL: 'bucket-owner-full-control' });
  });
});

describe('what is not there', () => {
  test('a key, a version, an impossible version id', async () => {
    await worm.put(Bucket, 'there');
    expect(await refusal(read('missing'))).toEqual(NOT_FOUND);
    expect(await refusal(read('there', 'nosuchversion'))).toEqual({ code: 'NoSuchVersion', status: 404 });
    expect(await refusal(read('there', 'not a version'))).toEqual({ code: 'InvalidArgument', status: 400 });
  });

  test('a current delete marker is 404, by its id 405, both with x-amz-delete-marker', async () => {
    await worm.put(Bucket, 'gone');
    const { VersionId } = await worm.s3.send(new DeleteObjectCommand({ Bucket, Key: 'gone' }));
    const current = await raw(worm.server.endpoint, 'GET', `/${Bucket}/gone`);
    expect([current.status, codeOf(current)]).toEqual([404, 'NoSuchKey']);
    expect(current.headers['x-amz-delete-marker']).toBe('true');
    const byId = await raw(worm.server.endpoint, 'GET', `/${Bucket}/gone?versionId=${VersionId}`);
    expect([byId.status, codeOf(byId)]).toEqual([405, 'MethodNotAllowed']);
    expect(byId.headers['x-amz-delete-marker']).toBe('true');
    const head = await raw(worm.server.endpoint, 'HEAD', `/${Bucket}/gone`);
    expect([head.status, head.headers['x-amz-delete-marker'], head.body]).toEqual([404, 'true', '']);
  });
});

describe('storage classes', () => {
  test.each(['GLACIER', 'DEEP_ARCHIVE'] as const)(
    '%s: GET is InvalidObjectState, HEAD tells all',
    async (StorageClass) => {
      await worm.put(Bucket, StorageClass, {
        Body: 'archived',
        StorageClass,
        ChecksumAlgorithm: 'SHA256',
        ObjectLockMode: 'COMPLIANCE',
        ObjectLockRetainUntilDate: worm.clock.inDays(1),
      });
      expect(await refusal(read(StorageClass))).toEqual({ code: 'InvalidObjectState', status: 403 });
      const head = await worm.s3.send(
        new HeadObjectCommand({ Bucket, Key: StorageClass, ChecksumMode: 'ENABLED' }),
      );
      expect(head).toMatchObject({ StorageClass, ContentLength: 8, ObjectLockMode: 'COMPLIANCE' });
      expect(head.ChecksumSHA256).toBe(createHash('sha256').update('archived').digest('base64'));
    },
  );

  test('GLACIER_IR can be read, STANDARD is not mentioned, an unknown one is refused', async () => {
    await worm.put(Bucket, 'ir', { Body: 'instant', StorageClass: 'GLACIER_IR' });
    expect(await read('ir')).toBe('instant');
    await worm.put(Bucket, 'standard', { StorageClass: 'STANDARD' });
    const head = await worm.s3.send(new HeadObjectCommand({ Bucket, Key: 'standard' }));
    expect(head.StorageClass).toBeUndefined();
    expect(await refusal(worm.put(Bucket, 'x', { StorageClass: 'TAPE' as never }))).toEqual({
      code: 'InvalidStorageClass',
      status: 400,
    });
  });
});

describe('deleting', () => {
  test('adds a delete marker, also where nothing is; removing it uncovers the object', async () => {
    await worm.put(Bucket, 'covered', { Body: 'below' });
    const marker = await worm.s3.send(new DeleteObjectCommand({ Bucket, Key: 'covered' }));
    expect(marker.DeleteMarker).toBe(true);
    expect(await refusal(read('covered'))).toEqual(NOT_FOUND);
    const removed = await worm.s3.send(
      new DeleteObjectCommand({ Bucket, Key: 'covered', VersionId: marker.VersionId }),
    );
    expect(removed).toMatchObject({ DeleteMarker: true, VersionId: marker.VersionId });
    expect(await read('covered')).toBe('below');
    const nothing = await worm.s3.send(new DeleteObjectCommand({ Bucket, Key: 'never-was' }));
    expect(nothing.DeleteMarker).toBe(true);
  });

  test('of a version that is not there succeeds', async () => {
    const reply = await worm.s3.send(new DeleteObjectCommand({ Bucket, Key: 'never', VersionId: 'nosuch' }));
    expect(reply.$metadata.httpStatusCode).toBe(204);
  });

  test('without versioning removes the object', async () => {
    await worm.createBucket('unversioned', null);
    await worm.put('unversioned', 'key');
    const reply = await worm.s3.send(new DeleteObjectCommand({ Bucket: 'unversioned', Key: 'key' }));
    expect(reply.DeleteMarker).toBeUndefined();
    const { Versions } = await worm.s3.send(new ListObjectVersionsCommand({ Bucket: 'unversioned' }));
    expect(Versions).toBeUndefined();
  });

  test('in bulk: markers and versions, quiet or not', async () => {
    const version = await worm.put(Bucket, 'bulk/1');
    await worm.put(Bucket, 'bulk/2 & <3>');
    const Objects = [{ Key: 'bulk/1', VersionId: version }, { Key: 'bulk/2 & <3>' }];
    const { Deleted } = await worm.s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect(Deleted).toMatchObject([
      { Key: 'bulk/1', VersionId: version },
      { Key: 'bulk/2 & <3>', DeleteMarker: true },
    ]);
    const quiet = await worm.s3.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'bulk/2 & <3>' }], Quiet: true } }),
    );
    expect(quiet.Deleted).toBeUndefined();
  });

  test('in bulk takes 1 to 1,000 keys, with a digest', async () => {
    const malformed = { code: 'MalformedXML', status: 400 };
    const bulk = (count: number) =>
      worm.s3.send(
        new DeleteObjectsCommand({
          Bucket,
          Delete: { Objects: Array.from({ length: count }, (_, i) => ({ Key: `k${i}`, VersionId: 'x' })) },
        }),
      );
    expect(await refusal(bulk(0))).toEqual(malformed);
    expect(await refusal(bulk(1_001))).toEqual(malformed);
    expect((await bulk(1_000)).Deleted).toHaveLength(1_000);
    const body = '<Delete><Object><Key>a</Key></Object></Delete>';
    expect(codeOf(await raw(worm.server.endpoint, 'POST', `/${Bucket}?delete`, {}, body))).toBe(
      'InvalidRequest',
    );
  });
});

describe('several at once', () => {
  test('writes to one key all stay, in one order', async () => {
    const versions = await Promise.all(
      Array.from({ length: 20 }, (_, i) => worm.put(Bucket, 'busy', { Body: String(i) })),
    );
    const { Versions } = await worm.s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: 'busy' }));
    expect(new Set(Versions?.map(({ VersionId }) => VersionId))).toEqual(new Set(versions));
    expect(Versions?.filter(({ IsLatest }) => IsLatest)).toHaveLength(1);
    const current = await worm.s3.send(new PutObjectCommand({ Bucket, Key: 'busy', Body: 'last' }));
    const after = await worm.s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: 'busy' }));
    expect(after.Versions?.[0]).toMatchObject({ VersionId: current.VersionId, IsLatest: true });
  });
});
