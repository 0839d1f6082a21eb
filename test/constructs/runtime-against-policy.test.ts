import * as sdk from '@aws-sdk/client-s3';
import { anchorKey } from '../../runtime/domain/anchor/object-key';
import { Embedded } from '../support/embedded';
import { authorise, S3Calls } from '../support/policy/api-call';
import { deployedFrom } from '../support/policy/deployed';
import { callOf } from '../support/policy/s3-request';
import { ACCOUNT, applied, BUCKET, CHAIN, REPLICA, synthesiseFull } from '../support/terraform/full-stack';
import { keysOf, principalOf, type Who } from './policy-decisions/stage';
import { GuardedBucket } from './runtime-against-policy/guarded-bucket';

/** The runtime against the policy that the constructs make: the two have to agree on every header. */
const stack = applied();
const deployed = deployedFrom(stack, ACCOUNT);
const [sourceKey, replicaKey] = keysOf(deployed);
const POLICY = bucketPolicy();

let embedded: Embedded;
let bucket: GuardedBucket;

beforeAll(async () => {
  embedded = await Embedded.start();
});
afterAll(() => embedded.stop());
beforeEach(async () => {
  await embedded.reset();
  bucket = await GuardedBucket.start(embedded, {
    policy: POLICY,
    kmsKeyArn: sourceKey,
    secureTransport: true,
  });
});
afterEach(() => bucket.stop());

describe('what the policy allows works', () => {
  test('the writer anchors, the verifier verifies, the custodian holds', async () => {
    const anchorer = embedded.anchorer({ store: bucket.store('WRITER') });
    await embedded.append(30);
    const first = await anchorer.anchor({ force: 'manual' });
    await embedded.append(20);
    embedded.clock.advanceMinutes(60);
    const second = await anchorer.anchor();
    expect([first.kind, second.kind]).toEqual(['written', 'written']);

    const report = await embedded.verifier({ store: bucket.store('VERIFIER') }).verify({ kind: 'full' });
    expect(report.findings).toEqual([]);
    expect(report.verdict).toBe('verified');

    if (first.kind !== 'written') throw new Error('no anchor to hold');
    await bucket.store('CUSTODIAN').setLegalHold(first.key, first.versionId, true);
    expect(await bucket.store('VERIFIER').head(first.key, first.versionId)).toMatchObject({
      legalHold: true,
      encryption: { algorithm: 'aws:kms', keyId: sourceKey },
    });
  });

  test.each<[Who, string, string]>([
    ['the writer', BUCKET, sourceKey],
    ['the verifier', BUCKET, sourceKey],
    ['the verifier', REPLICA, replicaKey],
  ])('%s may send everything that the runtime sends, in %s', async (who, bucketName, key) => {
    await embedded.append(30);
    const anchorer = embedded.anchorer({ store: bucket.store('WRITER') });
    await anchorer.anchor({ force: 'manual' });
    // A new anchorer has to find the newest anchor in the bucket; an hour later it writes after it.
    embedded.clock.advanceMinutes(60);
    await embedded.anchorer({ store: bucket.store('WRITER') }).anchor();
    if (who === 'the verifier') {
      bucket.proxy.reset();
      const verifier = embedded.verifier({ store: bucket.store('VERIFIER') });
      await verifier.verify({ kind: 'full' });
      await verifier.verify({ kind: 'latest' });
      await verifier.verify({ kind: 'anchors-only' });
    }

    const calls = new S3Calls(deployed, { secure: true, now: embedded.clock.now() });
    const principal = principalOf(who, deployed);
    const refused = bucket.proxy.requests.filter(
      (request) => !authorise(principal, callOf(request, calls, bucketName, key)).allowed,
    );
    expect(refused.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
    const kinds = new Set(bucket.proxy.requests.map(({ method }) => method));
    expect([...kinds].sort()).toEqual(
      who === 'the writer' ? expect.arrayContaining(['GET', 'PUT']) : ['GET'],
    );
  });
});

/** What is spoilt about an upload, and the statements that forbid it. */
const SPOILT: readonly [
  what: string,
  change: Readonly<Record<string, string | undefined>>,
  sids: readonly string[],
][] = [
  ['without if-none-match', { 'if-none-match': undefined }, ['DenyUnconditionalCreate']],
  ['in GOVERNANCE', { 'x-amz-object-lock-mode': 'GOVERNANCE' }, ['DenyWithoutObjectLock']],
  [
    'without lock headers',
    { 'x-amz-object-lock-mode': undefined, 'x-amz-object-lock-retain-until-date': undefined },
    ['DenyWithoutObjectLock'],
  ],
  [
    'locked for a month',
    { 'x-amz-object-lock-retain-until-date': '2030-02-15T00:00:00Z' },
    ['DenyShortLock'],
  ],
  [
    'under another key',
    {
      'x-amz-server-side-encryption-aws-kms-key-id': sourceKey.replace(
        /[^/]+$/,
        '99999999-9999-4999-8999-999999999999',
      ),
    },
    ['DenyWrongKey'],
  ],
  [
    'under a key without a name',
    { 'x-amz-server-side-encryption-aws-kms-key-id': undefined },
    ['DenyWrongKey'],
  ],
  [
    'without encryption headers',
    { 'x-amz-server-side-encryption': undefined, 'x-amz-server-side-encryption-aws-kms-key-id': undefined },
    ['DenyUnencryptedUploads', 'DenyWrongKey'],
  ],
];

describe.each(SPOILT)('an upload %s', (_what, change, sids) => {
  const spoil = () => {
    bucket.proxy.change = ({ method }) => (method === 'PUT' ? change : {});
  };

  test('is refused, and the anchorer says so and stores nothing', async () => {
    await embedded.append(5);
    spoil();
    const writing = embedded.anchorer({ store: bucket.store('WRITER') }).anchor({ force: 'manual' });
    await expect(writing).rejects.toMatchObject({ code: 'S3_ACCESS_DENIED' });
    expect(await bucket.count()).toBe(0);
  });

  test(`is stored by a bucket without ${sids.join(' and ')}`, async () => {
    await bucket.install(bucketPolicy(sids));
    spoil();
    expect(await create()).toMatchObject({ kind: 'created' });
  });

  test.each(sids)('needs the absence of %s for that', async (sid) => {
    await bucket.install(bucketPolicy(sids.filter((each) => each !== sid)));
    spoil();
    await expect(create()).rejects.toMatchObject({ code: 'S3_ACCESS_DENIED' });
  });
});

test('with SSE-S3 the writer anchors and the verifier verifies, and a KMS key is refused', async () => {
  const policy = bucketPolicy([], applied(synthesiseFull({ encryption: 's3' })));
  expect(policy).toContain('DenyCustomerKeys');
  const guard = (kmsKeyArn: string | undefined): Promise<GuardedBucket> =>
    GuardedBucket.start(embedded, { policy, kmsKeyArn, secureTransport: true });
  const managed = await guard(undefined);
  const withKey = await guard(sourceKey);
  try {
    await embedded.append(10);
    const written = await embedded.anchorer({ store: managed.store('WRITER') }).anchor();
    expect(written).toMatchObject({ kind: 'written' });
    const report = await embedded.verifier({ store: managed.store('VERIFIER') }).verify({ kind: 'full' });
    expect(report.verdict).toBe('verified');
    await expect(embedded.anchorer({ store: withKey.store('WRITER') }).anchor()).rejects.toMatchObject({
      code: 'S3_ACCESS_DENIED',
    });
  } finally {
    await Promise.all([managed.stop(), withKey.stop()]);
  }
});

describe('an administrator is refused', () => {
  const ADMIN: readonly [what: string, sid: string, send: (anchor: Written) => Promise<unknown>][] = [
    [
      'to delete',
      'DenyDelete',
      ({ key }) => admin().send(new sdk.DeleteObjectCommand({ Bucket: BUCKET, Key: key })),
    ],
    [
      'to shorten the lock',
      'DenyShortLock',
      ({ key, versionId }) => admin().send(retention(key, versionId, '2030-01-20T00:00:00Z')),
    ],
    [
      'to change the default retention',
      'DenyConfigTamper',
      () =>
        admin().send(
          new sdk.PutObjectLockConfigurationCommand({
            Bucket: BUCKET,
            ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled' },
          }),
        ),
    ],
    [
      'to replace the policy',
      'DenyConfigTamper',
      () =>
        admin().send(
          new sdk.PutBucketPolicyCommand({ Bucket: BUCKET, Policy: bucketPolicy(['DenyDelete']) }),
        ),
    ],
    [
      'to remove the policy',
      'DenyConfigTamper',
      () => admin().send(new sdk.DeleteBucketPolicyCommand({ Bucket: BUCKET })),
    ],
  ];

  test.each(ADMIN)('%s, by %s alone', async (_what, sid, send) => {
    const anchor = await create();
    await expect(send(anchor)).rejects.toMatchObject({ name: 'AccessDenied', message: EXPLICIT_DENY });
    await bucket.install(bucketPolicy([sid]));
    const without = send(anchor);
    // Object Lock itself, not the policy, keeps a COMPLIANCE lock from being shortened.
    if (sid === 'DenyShortLock') await expect(without).rejects.toMatchObject({ message: NOT_BY_POLICY });
    else await expect(without).resolves.toBeDefined();
  });

  test('to delete a version, which Object Lock would refuse too', async () => {
    const { key, versionId } = await create();
    const command = new sdk.DeleteObjectCommand({ Bucket: BUCKET, Key: key, VersionId: versionId });
    await expect(admin().send(command)).rejects.toMatchObject({
      name: 'AccessDenied',
      message: EXPLICIT_DENY,
    });
    await bucket.install(bucketPolicy(['DenyDelete']));
    await expect(admin().send(command)).rejects.toMatchObject({
      name: 'AccessDenied',
      message: NOT_BY_POLICY,
    });
    expect(await bucket.count()).toBe(1);
  });
});

test('over plain HTTP nothing works, not even reading', async () => {
  await bucket.stop();
  bucket = await GuardedBucket.start(embedded, {
    policy: POLICY,
    kmsKeyArn: sourceKey,
    secureTransport: false,
  });
  const refused = { code: 'S3_ACCESS_DENIED' };
  await expect(create()).rejects.toMatchObject(refused);
  await expect(bucket.store('VERIFIER').listPage({ prefix: `${CHAIN}/` })).rejects.toMatchObject(refused);
  await expect(bucket.store('VERIFIER').bucketLock()).rejects.toMatchObject(refused);
});

const EXPLICIT_DENY = /explicit deny in a resource-based policy/;
const NOT_BY_POLICY = /^(?!.*resource-based policy)/;

interface Written {
  readonly key: string;
  readonly versionId: string;
}

/** Writes one object through the runtime's store, as the writer. */
async function create(): Promise<Written & { readonly kind: string }> {
  const now = Math.floor(embedded.clock.now() / 1000);
  const key = anchorKey(CHAIN, now);
  const body = Buffer.from('{}');
  const result = await bucket.store('WRITER').create({
    key,
    body,
    sha256: '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
    metadata: {},
    retainUntil: (now + 400 * 86_400) * 1000,
  });
  return { key, versionId: result.kind === 'created' ? (result.versionId ?? '') : '', kind: result.kind };
}

function admin(): sdk.S3Client {
  return bucket.client('ADMIN');
}

function retention(key: string, versionId: string, until: string): sdk.PutObjectRetentionCommand {
  return new sdk.PutObjectRetentionCommand({
    Bucket: BUCKET,
    Key: key,
    VersionId: versionId,
    Retention: { Mode: 'COMPLIANCE', RetainUntilDate: new Date(until) },
  });
}

/** The synthesised policy of the source, with some statements left out. */
function bucketPolicy(leftOut: readonly string[] = [], of = stack): string {
  const all = [...of.instances('aws_s3_bucket_policy').values()];
  const text = all.find((each) => each['bucket'] === BUCKET)?.['policy'];
  const { Statement, ...rest } = JSON.parse(text as string) as { Statement: readonly { Sid: string }[] };
  const kept = Statement.filter(({ Sid }) => !leftOut.includes(Sid));
  if (kept.length !== Statement.length - leftOut.length)
    throw new Error(`not every Sid of ${leftOut.join()} is there`);
  return JSON.stringify({ ...rest, Statement: kept });
}
