import {
  DeleteBucketPolicyCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketPolicyCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectLegalHoldCommand,
  PutObjectRetentionCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { WormServer, refusal } from './support/worm-server';

const DENIED = { code: 'AccessDenied', status: 403 };
const Bucket = 'governed';
const WRITER = 'arn:aws:iam::111122223333:role/anchor-writer';
const DEPLOYER = 'arn:aws:iam::111122223333:role/deployer';
const KMS_KEY = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const OBJECTS = `arn:aws:s3:::${Bucket}/*`;

let worm: WormServer;
beforeEach(async () => {
  worm = await WormServer.start({ principals: { WRITER, DEPLOYER } });
  await worm.createBucket(Bucket);
});
afterEach(() => worm.stop());

function as(accessKeyId: string): S3Client {
  return worm.client({ credentials: { accessKeyId, secretAccessKey: 'any' } });
}

function putPolicy(s3: S3Client, ...Statement: object[]): Promise<unknown> {
  const statements = Statement.map((statement) => ({ Effect: 'Deny', Principal: '*', ...statement }));
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: statements });
  return s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
}

const deny = (...statements: object[]) => putPolicy(worm.s3, ...statements);

describe('the policy itself', () => {
  test('is given back as it was put, and can be deleted', async () => {
    const Policy = `{ "Statement": [{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"${OBJECTS}"}] }`;
    await worm.s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
    expect((await worm.s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy).toBe(Policy);
    await worm.s3.send(new DeleteBucketPolicyCommand({ Bucket }));
    expect(await refusal(worm.s3.send(new GetBucketPolicyCommand({ Bucket })))).toEqual({
      code: 'NoSuchBucketPolicy',
      status: 404,
    });
  });

  test('a refused one leaves the old one in force', async () => {
    await deny({ Action: 's3:PutObject', Resource: OBJECTS });
    const bad = deny({
      Action: 's3:PutObject',
      Resource: OBJECTS,
      Condition: { Null: { 's3:bogus': 'true' } },
    });
    await expect(bad).rejects.toMatchObject({
      name: 'MalformedPolicy',
      message: 'Policy has an invalid condition key',
    });
    expect(await refusal(worm.put(Bucket, 'key'))).toEqual(DENIED);
  });

  test('that denies everything can be taken away by root, and by root alone', async () => {
    await deny({ Action: 's3:*', Resource: [`arn:aws:s3:::${Bucket}`, OBJECTS] });
    expect(await refusal(as('DEPLOYER').send(new DeleteBucketPolicyCommand({ Bucket })))).toEqual(DENIED);
    expect(await refusal(worm.put(Bucket, 'key'))).toEqual(DENIED);
    await worm.s3.send(new DeleteBucketPolicyCommand({ Bucket }));
    await worm.put(Bucket, 'key');
  });

  test('protects the configuration from all but the deploy role', async () => {
    await putPolicy(as('DEPLOYER'), {
      Action: ['s3:PutBucketPolicy', 's3:PutBucketVersioning'],
      Resource: `arn:aws:s3:::${Bucket}`,
      Condition: { ArnNotEquals: { 'aws:PrincipalArn': DEPLOYER } },
    });
    const enable = new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } });
    expect(await refusal(as('WRITER').send(enable))).toEqual(DENIED);
    await as('DEPLOYER').send(enable);
  });

  test('names principals by role, account and root', async () => {
    for (const AWS of [WRITER, '111122223333', 'arn:aws:iam::111122223333:root']) {
      await deny({ Principal: { AWS }, Action: 's3:GetObject', Resource: OBJECTS });
      await worm.put(Bucket, 'key');
      await worm.s3.send(new GetObjectCommand({ Bucket, Key: 'key' }));
      expect(await refusal(as('WRITER').send(new GetObjectCommand({ Bucket, Key: 'key' })))).toEqual(DENIED);
    }
  });

  test('survives a restart', async () => {
    await deny({ Action: 's3:PutObject', Resource: OBJECTS });
    await worm.restart();
    expect(await refusal(worm.put(Bucket, 'key'))).toEqual(DENIED);
  });
});

describe('the statements an anchor bucket needs', () => {
  test('DenyInsecureTransport holds when secureTransport is false', async () => {
    const insecure = await WormServer.start({ secureTransport: false });
    try {
      await insecure.createBucket(Bucket);
      await putPolicy(insecure.s3, {
        Action: 's3:*',
        Resource: [`arn:aws:s3:::${Bucket}`, OBJECTS],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      });
      expect(await refusal(insecure.put(Bucket, 'key'))).toEqual(DENIED);
    } finally {
      await insecure.stop();
    }
    await deny({
      Action: 's3:*',
      Resource: OBJECTS,
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    });
    await worm.put(Bucket, 'key');
  });

  test('DenyUnconditionalCreate', async () => {
    await deny({
      Action: 's3:PutObject',
      Resource: OBJECTS,
      Condition: { Null: { 's3:if-none-match': 'true' }, Bool: { 's3:ObjectCreationOperation': 'true' } },
    });
    expect(await refusal(worm.put(Bucket, 'key'))).toEqual(DENIED);
    await worm.put(Bucket, 'key', { IfNoneMatch: '*' });
  });

  test('DenyWrongKey also denies an absent header, whatever the default of the bucket', async () => {
    await deny({
      Action: 's3:PutObject',
      Resource: OBJECTS,
      Condition: { StringNotEquals: { 's3:x-amz-server-side-encryption-aws-kms-key-id': KMS_KEY } },
    });
    expect(await refusal(worm.put(Bucket, 'key'))).toEqual(DENIED);
    expect(await refusal(worm.put(Bucket, 'key', { ServerSideEncryption: 'aws:kms' }))).toEqual(DENIED);
    await worm.put(Bucket, 'key', { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: KMS_KEY });
  });

  test('DenyBadLock looks at the request, not at default retention', async () => {
    const locked = await worm.createBucket('by-default', { days: 400 });
    const Policy = JSON.stringify({
      Statement: {
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:PutObject',
        Resource: `arn:aws:s3:::${locked}/*`,
        Condition: { StringNotEquals: { 's3:object-lock-mode': 'COMPLIANCE' } },
      },
    });
    await worm.s3.send(new PutBucketPolicyCommand({ Bucket: locked, Policy }));
    expect(await refusal(worm.put(locked, 'key'))).toEqual(DENIED);
    const until = { ObjectLockRetainUntilDate: worm.clock.inDays(400) };
    expect(await refusal(worm.put(locked, 'key', { ObjectLockMode: 'GOVERNANCE', ...until }))).toEqual(
      DENIED,
    );
    await worm.put(locked, 'key', { ObjectLockMode: 'COMPLIANCE', ...until });
  });

  test('DenyShortLock counts whole days that remain, on PUT and on PutObjectRetention', async () => {
    await deny({
      Action: ['s3:PutObject', 's3:PutObjectRetention'],
      Resource: OBJECTS,
      Condition: { NumericLessThan: { 's3:object-lock-remaining-retention-days': '399' } },
    });
    const lock = (days: number) => ({
      ObjectLockMode: 'COMPLIANCE' as const,
      ObjectLockRetainUntilDate: worm.clock.inDays(days),
    });
    expect(await refusal(worm.put(Bucket, 'key', lock(399)))).toEqual(DENIED);
    const VersionId = await worm.put(Bucket, 'key', lock(400));
    const retain = (days: number) =>
      worm.s3.send(
        new PutObjectRetentionCommand({
          Bucket,
          Key: 'key',
          VersionId,
          Retention: { Mode: 'COMPLIANCE', RetainUntilDate: worm.clock.inDays(days) },
        }),
      );
    worm.clock.advanceDays(10);
    expect(await refusal(retain(395))).toEqual(DENIED);
    await retain(401);
    await worm.put(Bucket, 'no-lock');
  });

  test('DenyDelete stops delete markers, bulk deletes and bypasses', async () => {
    const version = await worm.put(Bucket, 'key');
    await deny({
      Action: ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:BypassGovernanceRetention'],
      Resource: OBJECTS,
    });
    const erase = (more: object) => worm.s3.send(new DeleteObjectCommand({ Bucket, Key: 'key', ...more }));
    expect(await refusal(erase({}))).toEqual(DENIED);
    expect(await refusal(erase({ VersionId: version }))).toEqual(DENIED);
    const bulk = await worm.s3.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'key' }] } }),
    );
    expect(bulk.Errors).toMatchObject([{ Key: 'key', Code: 'AccessDenied' }]);
    const { DeleteMarkers } = await worm.s3.send(new ListObjectVersionsCommand({ Bucket }));
    expect(DeleteMarkers).toBeUndefined();
  });
});

describe('rights of their own', () => {
  test('lock headers need PutObjectRetention, a hold PutObjectLegalHold', async () => {
    await deny({ Action: ['s3:PutObjectRetention'], Resource: OBJECTS });
    const until = worm.clock.inDays(1);
    const locked = { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: until } as const;
    expect(await refusal(worm.put(Bucket, 'key', locked))).toEqual(DENIED);
    await worm.put(Bucket, 'key', { ObjectLockLegalHoldStatus: 'ON' });
    await deny({ Action: 's3:PutObjectLegalHold', Resource: OBJECTS });
    expect(await refusal(worm.put(Bucket, 'key', { ObjectLockLegalHoldStatus: 'ON' }))).toEqual(DENIED);
    const off = new PutObjectLegalHoldCommand({ Bucket, Key: 'key', LegalHold: { Status: 'OFF' } });
    expect(await refusal(worm.s3.send(off))).toEqual(DENIED);
    await worm.put(Bucket, 'key', locked);
  });

  test('a write that compares needs GetObject', async () => {
    await worm.put(Bucket, 'key');
    const { ETag } = await worm.s3.send(new HeadObjectCommand({ Bucket, Key: 'key' }));
    await deny({ Action: 's3:GetObject', Resource: OBJECTS });
    expect(await refusal(worm.put(Bucket, 'key', { IfMatch: ETag }))).toEqual(DENIED);
    await worm.put(Bucket, 'key');
  });

  test('the bypass of GOVERNANCE needs BypassGovernanceRetention', async () => {
    const version = await worm.put(Bucket, 'key', {
      ObjectLockMode: 'GOVERNANCE',
      ObjectLockRetainUntilDate: worm.clock.inDays(1),
    });
    await deny({ Action: 's3:BypassGovernanceRetention', Resource: OBJECTS });
    const erase = new DeleteObjectCommand({
      Bucket,
      Key: 'key',
      VersionId: version,
      BypassGovernanceRetention: true,
    });
    expect(await refusal(worm.s3.send(erase))).toEqual(DENIED);
  });

  test('a version by its id needs GetObjectVersion', async () => {
    const VersionId = await worm.put(Bucket, 'key');
    await deny({ Action: 's3:GetObjectVersion', Resource: OBJECTS });
    await worm.s3.send(new GetObjectCommand({ Bucket, Key: 'key' }));
    expect(await refusal(worm.s3.send(new GetObjectCommand({ Bucket, Key: 'key', VersionId })))).toEqual(
      DENIED,
    );
  });

  test('lock headers of a HEAD are left out without the right to read them', async () => {
    await worm.put(Bucket, 'key', {
      ObjectLockMode: 'COMPLIANCE',
      ObjectLockRetainUntilDate: worm.clock.inDays(1),
      ObjectLockLegalHoldStatus: 'ON',
    });
    await deny({ Action: 's3:GetObjectRetention', Resource: OBJECTS });
    const head = await worm.s3.send(new HeadObjectCommand({ Bucket, Key: 'key' }));
    expect(head.ObjectLockMode).toBeUndefined();
    expect(head.ObjectLockLegalHoldStatus).toBe('ON');
  });

  test('a missing key is 403 instead of 404 without ListBucket', async () => {
    await deny({ Action: 's3:ListBucket', Resource: `arn:aws:s3:::${Bucket}` });
    expect(await refusal(worm.s3.send(new GetObjectCommand({ Bucket, Key: 'missing' })))).toEqual(DENIED);
  });

  test('listings can be bound to a prefix', async () => {
    await deny({
      Action: 's3:ListBucketVersions',
      Resource: `arn:aws:s3:::${Bucket}`,
      Condition: { StringNotLike: { 's3:prefix': 'chain/*' } },
    });
    await worm.s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: 'chain/2030' }));
    expect(await refusal(worm.s3.send(new ListObjectVersionsCommand({ Bucket })))).toEqual(DENIED);
  });
});
