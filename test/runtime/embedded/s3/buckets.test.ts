import {
  CreateBucketCommand,
  GetBucketLocationCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectLockConfigurationCommand,
  DeleteObjectCommand,
} from '@aws-sdk/client-s3';
import { AUTHORIZATION, codeOf, raw } from './support/raw-http';
import { WormServer, refusal } from './support/worm-server';

let worm: WormServer;
beforeAll(async () => {
  worm = await WormServer.start();
});
afterAll(() => worm.stop());

describe('creating', () => {
  test('with Object Lock turns versioning on', async () => {
    await worm.createBucket('with-lock');
    const versioning = await worm.s3.send(new GetBucketVersioningCommand({ Bucket: 'with-lock' }));
    expect(versioning.Status).toBe('Enabled');
    const lock = await worm.s3.send(new GetObjectLockConfigurationCommand({ Bucket: 'with-lock' }));
    expect(lock.ObjectLockConfiguration).toEqual({ ObjectLockEnabled: 'Enabled' });
  });

  test('without it leaves both off', async () => {
    await worm.createBucket('without-lock', null);
    const versioning = await worm.s3.send(new GetBucketVersioningCommand({ Bucket: 'without-lock' }));
    expect(versioning.Status).toBeUndefined();
    expect(
      await refusal(worm.s3.send(new GetObjectLockConfigurationCommand({ Bucket: 'without-lock' }))),
    ).toEqual({
      code: 'ObjectLockConfigurationNotFoundError',
      status: 404,
    });
  });

  test('again succeeds in us-east-1 and changes nothing, and is refused elsewhere', async () => {
    await worm.createBucket('twice');
    await worm.put('twice', 'kept');
    await worm.createBucket('twice', null);
    const { Status } = await worm.s3.send(new GetBucketVersioningCommand({ Bucket: 'twice' }));
    expect(Status).toBe('Enabled');

    const frankfurt = await WormServer.start({ region: 'eu-central-1' });
    try {
      const s3 = frankfurt.client({ region: 'eu-central-1' });
      const authorization = AUTHORIZATION.replace('us-east-1', 'eu-central-1');
      const bare = await raw(frankfurt.server.endpoint, 'PUT', '/bare', { authorization });
      expect(codeOf(bare)).toBe('IllegalLocationConstraintException');
      await s3.send(new CreateBucketCommand({ Bucket: 'twice' }));
      const again = s3.send(new CreateBucketCommand({ Bucket: 'twice' }));
      expect(await refusal(again)).toEqual({ code: 'BucketAlreadyOwnedByYou', status: 409 });
      const { LocationConstraint } = await s3.send(new GetBucketLocationCommand({ Bucket: 'twice' }));
      expect(LocationConstraint).toBe('eu-central-1');
    } finally {
      await frankfurt.stop();
    }
  });

  test('in another region is refused', async () => {
    const create = new CreateBucketCommand({
      Bucket: 'far-away',
      CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' },
    });
    expect(await refusal(worm.s3.send(create))).toEqual({
      code: 'IllegalLocationConstraintException',
      status: 400,
    });
  });

  test('in us-east-1 takes no constraint of that name', async () => {
    const body =
      '<CreateBucketConfiguration><LocationConstraint>us-east-1</LocationConstraint></CreateBucketConfiguration>';
    const answer = await raw(worm.server.endpoint, 'PUT', '/explicit', {}, body);
    expect(codeOf(answer)).toBe('InvalidLocationConstraint');
  });

  test.each(['UPPER', 'a_b', 'ab', '-ab', 'a..b', '192.168.0.1', 'xn--name', 'x'.repeat(64)])(
    'refuses the name %s',
    async (Bucket) => {
      expect(await refusal(worm.s3.send(new CreateBucketCommand({ Bucket })))).toEqual({
        code: 'InvalidBucketName',
        status: 400,
      });
    },
  );
});

describe('ownership in CreateBucket', () => {
  test.each([
    ['x-amz-acl', 'private', 200, ''],
    ['x-amz-acl', 'bucket-owner-full-control', 200, ''],
    ['x-amz-acl', 'public-read', 400, 'InvalidBucketAclWithObjectOwnership'],
    ['x-amz-acl', 'authenticated-read', 400, 'InvalidBucketAclWithObjectOwnership'],
    ['x-amz-acl', 'nonsense', 400, 'InvalidBucketAclWithObjectOwnership'],
    ['x-amz-grant-read', 'id=1', 501, 'NotImplemented'],
    ['x-amz-grant-full-control', 'id=1', 501, 'NotImplemented'],
    ['x-amz-object-ownership', 'BucketOwnerEnforced', 200, ''],
    ['x-amz-object-ownership', 'ObjectWriter', 501, 'NotImplemented'],
    ['x-amz-object-ownership', 'BucketOwnerPreferred', 501, 'NotImplemented'],
    ['x-amz-object-ownership', 'nonsense', 400, 'InvalidArgument'],
    ['x-amz-bucket-namespace', 'account-regional', 501, 'NotImplemented'],
    ['x-amz-bucket-object-lock-enabled', 'yes', 400, 'InvalidArgument'],
  ])('%s: %s is %i %s', async (name, value, status, code) => {
    const path = `/owned-${value.toLowerCase().replace(/[^a-z]/g, '')}-${status}-${name.length}`;
    const answer = await raw(worm.server.endpoint, 'PUT', path, { [name]: value });
    expect([answer.status, codeOf(answer)]).toEqual([status, code]);
    const head = await raw(worm.server.endpoint, 'HEAD', path);
    expect(head.status).toBe(status === 200 ? 200 : 404);
  });
});

describe('ListBuckets', () => {
  const NAMES = ['list-a', 'list-b', 'list-c'];
  beforeAll(async () => {
    for (const name of NAMES) await worm.createBucket(name, null);
  });

  test.each([1, 2, 3])('pages of %i hold every bucket of a prefix once', async (MaxBuckets) => {
    const found: (string | undefined)[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await worm.s3.send(
        new ListBucketsCommand({ Prefix: 'list-', MaxBuckets, ContinuationToken }),
      );
      expect(page.Prefix).toBe('list-');
      expect(page.Buckets?.length).toBeLessThanOrEqual(MaxBuckets);
      found.push(...(page.Buckets ?? []).map(({ Name }) => Name));
      ContinuationToken = page.ContinuationToken;
    } while (ContinuationToken !== undefined);
    expect(found).toEqual(NAMES);
  });

  test('tells the region when it is narrowed', async () => {
    const narrowed = await worm.s3.send(new ListBucketsCommand({ BucketRegion: 'us-east-1' }));
    expect(narrowed.Buckets?.[0]?.BucketRegion).toBe('us-east-1');
    const { Buckets } = await worm.s3.send(new ListBucketsCommand({}));
    expect(Buckets?.[0]?.BucketRegion).toBeUndefined();
  });

  test.each([
    'max-buckets=0',
    'max-buckets=10001',
    'max-buckets=x',
    'max-buckets=',
    'bucket-region=eu-west-1',
  ])('%s is InvalidArgument', async (query) => {
    const answer = await raw(worm.server.endpoint, 'GET', `/?${query}`);
    expect([answer.status, codeOf(answer)]).toEqual([400, 'InvalidArgument']);
  });
});

describe('looking', () => {
  test('HeadBucket tells the region, and 404 for a bucket that is not there', async () => {
    await worm.createBucket('looked-at');
    const head = await worm.s3.send(new HeadBucketCommand({ Bucket: 'looked-at' }));
    expect(head.BucketRegion).toBe('us-east-1');
    const missing = await refusal(worm.s3.send(new HeadBucketCommand({ Bucket: 'missing' })));
    expect(missing.status).toBe(404);
  });

  test('every operation on a missing bucket is NoSuchBucket', async () => {
    const missing = { code: 'NoSuchBucket', status: 404 };
    expect(await refusal(worm.put('missing', 'key'))).toEqual(missing);
    expect(await refusal(worm.s3.send(new GetBucketVersioningCommand({ Bucket: 'missing' })))).toEqual(
      missing,
    );
  });

  test('ListBuckets is in order of name', async () => {
    await worm.createBucket('zz-last');
    await worm.createBucket('aa-first');
    const names = (await worm.s3.send(new ListBucketsCommand({}))).Buckets?.map(({ Name }) => Name) ?? [];
    expect(names).toEqual([...names].sort());
    expect(names).toEqual(expect.arrayContaining(['aa-first', 'zz-last']));
  });

  test('GetBucketLocation is empty in us-east-1', async () => {
    await worm.createBucket('located');
    const { LocationConstraint } = await worm.s3.send(new GetBucketLocationCommand({ Bucket: 'located' }));
    expect(LocationConstraint).toBeFalsy();
  });
});

describe('versioning', () => {
  const put = (Bucket: string, Status: 'Enabled' | 'Suspended') =>
    worm.s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));

  test('cannot be suspended under Object Lock', async () => {
    await worm.createBucket('stays-versioned');
    expect(await refusal(put('stays-versioned', 'Suspended'))).toEqual({
      code: 'InvalidBucketState',
      status: 409,
    });
  });

  test('suspended: writes and deletes take the place of the null version', async () => {
    const Bucket = await worm.createBucket('suspended', null);
    await put(Bucket, 'Enabled');
    const kept = await worm.put(Bucket, 'key', { Body: 'kept' });
    await put(Bucket, 'Suspended');
    expect(await worm.put(Bucket, 'key', { Body: 'one' })).toBe('none');
    expect(await worm.put(Bucket, 'key', { Body: 'two' })).toBe('none');
    const current = await worm.s3.send(new HeadObjectCommand({ Bucket, Key: 'key' }));
    expect(current.VersionId).toBe('null');
    const { Versions } = await worm.s3.send(new ListObjectVersionsCommand({ Bucket }));
    expect(Versions?.map(({ VersionId }) => VersionId)).toEqual(['null', kept]);
    const { ContentLength } = await worm.s3.send(
      new HeadObjectCommand({ Bucket, Key: 'key', VersionId: kept }),
    );
    expect(ContentLength).toBe(4);
    const marker = await worm.s3.send(new DeleteObjectCommand({ Bucket, Key: 'key' }));
    expect(marker.VersionId).toBe('null');
    expect((await refusal(worm.s3.send(new HeadObjectCommand({ Bucket, Key: 'key' })))).status).toBe(404);
  });

  test('must be on before a lock configuration is put', async () => {
    const Bucket = await worm.createBucket('later-locked', null);
    const lock = () =>
      worm.s3.send(
        new PutObjectLockConfigurationCommand({
          Bucket,
          ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled' },
        }),
      );
    expect(await refusal(lock())).toEqual({ code: 'InvalidBucketState', status: 409 });
    await put(Bucket, 'Enabled');
    await lock();
    const { ObjectLockConfiguration } = await worm.s3.send(new GetObjectLockConfigurationCommand({ Bucket }));
    expect(ObjectLockConfiguration?.ObjectLockEnabled).toBe('Enabled');
  });
});

describe('encryption', () => {
  const KEY = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
  const head = (Bucket: string) => worm.s3.send(new HeadObjectCommand({ Bucket, Key: 'key' }));

  test('is AES256 on a new bucket, and the ETag is the MD5', async () => {
    const Bucket = await worm.createBucket('aes');
    await worm.put(Bucket, 'key', { Body: 'hello' });
    expect(await head(Bucket)).toMatchObject({
      ServerSideEncryption: 'AES256',
      ETag: '"5d41402abc4b2a76b9719d911017c592"',
    });
  });

  test('headers of an upload are echoed, on the upload and later', async () => {
    const Bucket = await worm.createBucket('echoed');
    const put = await worm.s3.send(
      new PutObjectCommand({
        Bucket,
        Key: 'key',
        Body: 'x',
        ServerSideEncryption: 'aws:kms',
        SSEKMSKeyId: KEY,
        BucketKeyEnabled: true,
      }),
    );
    const expected = { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: KEY, BucketKeyEnabled: true };
    expect(put).toMatchObject(expected);
    expect(await head(Bucket)).toMatchObject(expected);
  });

  test('aws:kms without a key is the AWS managed key', async () => {
    const Bucket = await worm.createBucket('managed');
    await worm.put(Bucket, 'key', { ServerSideEncryption: 'aws:kms' });
    expect((await head(Bucket)).SSEKMSKeyId).toBe('arn:aws:kms:us-east-1:000000000000:alias/aws/s3');
  });

  test('refuses a key without aws:kms and an unknown method', async () => {
    const Bucket = await worm.createBucket('refused');
    const invalid = { code: 'InvalidArgument', status: 400 };
    expect(await refusal(worm.put(Bucket, 'key', { SSEKMSKeyId: KEY }))).toEqual(invalid);
    expect(await refusal(worm.put(Bucket, 'key', { ServerSideEncryption: 'rot13' as never }))).toEqual(
      invalid,
    );
  });
});
