import { TerraformVariable } from 'cdktf';
import { AnchorBucket, type AnchorBucketProps } from '../../../constructs/storage/anchor-bucket';
import { AnchorEncryption } from '../../../constructs/storage/anchor-encryption';
import type { AnchorKey } from '../../../constructs/storage/anchor-key';
import { ExistingAnchorKey } from '../../../constructs/storage/anchor-key-reference';
import { ObjectLockRetention } from '../../../constructs/storage/object-lock-retention';
import { errorOf, faultsOf, foreignStack, resource, statements, synthesise } from '../../support/infra-stack';

const DEPLOY = 'arn:aws:iam::123456789012:role/deploy';
const build = (props: AnchorBucketProps) => () => new AnchorBucket(foreignStack(), 'Anchors', props);
const props = (given: AnchorBucketProps) => faultsOf(build(given)).map(({ prop }) => prop);

describe('validation', () => {
  test.each(['abc', 'audit-anchors-prod', '0a0', 'x'.repeat(63)])('accepts the name %s', (bucketName) => {
    expect(props({ bucketName })).toEqual([]);
  });

  test.each([
    ...['ab', 'Audit', 'a.b.c', '-abc', 'abc-', 'a_b', 'x'.repeat(64), ''],
    ...['xn--abc', 'sthree-abc', 'amzn-s3-demo-abc', 'abc-s3alias', 'abc--ol-s3', 'abc--x-s3'],
  ])('refuses the name "%s"', (bucketName) => {
    expect(props({ bucketName })).toEqual(['bucketName']);
  });

  test('a prefix leaves room for the suffix', () => {
    expect(props({ bucketNamePrefix: 'x'.repeat(54) })).toEqual([]);
    expect(props({ bucketNamePrefix: 'x'.repeat(55) })).toEqual(['bucketNamePrefix']);
    expect(props({ bucketNamePrefix: 'abc-' })).toEqual(['bucketNamePrefix']);
  });

  test('a name and a prefix exclude each other', () => {
    expect(props({ bucketName: 'abc', bucketNamePrefix: 'abc' })).toEqual(['bucketNamePrefix']);
  });

  test.each([DEPLOY, 'arn:aws:iam::123456789012:user/me', 'arn:aws-cn:iam::123456789012:role/a/b/c'])(
    'accepts the deployer %s',
    (deployRoleArn) => expect(props({ deployRoleArn })).toEqual([]),
  );

  test.each([
    'deploy',
    'arn:aws:sts::123456789012:assumed-role/deploy/me',
    'arn:aws:iam::123456789012:role/*',
    'arn:aws:iam::123456789012:root',
  ])('refuses the deployer %s', (deployRoleArn) =>
    expect(props({ deployRoleArn })).toEqual(['deployRoleArn']),
  );

  test('GOVERNANCE is for what does not look like production', () => {
    const retention = ObjectLockRetention.governanceDays(1);
    expect(props({ retention, environment: 'staging' })).toEqual([]);
    expect(props({ retention, environment: 'production' })).toEqual(['retention']);
    expect(props({ retention, bucketName: 'audit-anchors-prod' })).toEqual(['retention']);
    expect(props({ retention, environment: 'staging', bucketNamePrefix: 'live' })).toEqual(['retention']);
    expect(props({ retention: ObjectLockRetention.complianceDays(1), environment: 'production' })).toEqual(
      [],
    );
  });

  test('all faults come at once, with the construct path', () => {
    const error = errorOf(
      build({
        bucketName: 'Prod',
        environment: 'prod',
        deployRoleArn: 'x',
        retention: ObjectLockRetention.governanceDays(1),
        glacierInstantRetrievalAfterDays: 0,
      }),
    );
    expect(error.path).toBe('foreign/Anchors');
    expect(error.faults.map(({ prop }) => prop)).toEqual([
      'bucketName',
      'deployRoleArn',
      'retention',
      'glacierInstantRetrievalAfterDays',
    ]);
  });

  test('tokens are left to Terraform', () => {
    const stack = foreignStack();
    const v = new TerraformVariable(stack, 'v', {});
    new AnchorBucket(stack, 'Anchors', {
      bucketName: v.stringValue,
      environment: v.stringValue,
      deployRoleArn: v.stringValue,
      retention: ObjectLockRetention.governanceDays(v.numberValue),
      deepArchiveAfterDays: v.numberValue,
    });
    const json = synthesise(stack);
    expect(resource(json, 'aws_s3_bucket').bucket).toBe('${var.v}');
    // What cannot be seen here, Terraform refuses.
    expect(resource(json, 'aws_s3_bucket_object_lock_configuration')).toMatchObject({
      rule: {
        default_retention: {
          mode: expect.stringMatching(
            /^\$\{!can\(regex\("\(\?i\)\(\^.*prod.*, var\.v\)\) \? "GOVERNANCE" : tobool\("GOVERNANCE .*"\)\}$/,
          ) as string,
        },
      },
    });
  });
});

test('a bare bucket is named with a random suffix, locked for 400 days and has a key of its own', () => {
  const stack = foreignStack();
  const bucket = new AnchorBucket(stack, 'Anchors');
  const json = synthesise(stack);
  const suffix = bucket.suffix?.friendlyUniqueId;
  expect(json.resource.random_id?.[suffix ?? '']).toEqual({ byte_length: 4 });
  expect(resource(json, 'aws_s3_bucket').bucket).toBe(`audit-anchors-\${random_id.${suffix}.hex}`);
  expect(resource(json, 'aws_s3_bucket_object_lock_configuration')).toMatchObject({
    rule: { default_retention: { mode: 'COMPLIANCE', days: 400 } },
  });
  const key = bucket.node.findChild('Key') as AnchorKey;
  expect(Object.keys(json.resource.aws_kms_key ?? {})).toEqual([key.resource.friendlyUniqueId]);
  expect(bucket.encryption.key).toBe(key);
});

test('a given name needs no random provider', () => {
  const stack = foreignStack();
  const bucket = new AnchorBucket(stack, 'Anchors', { bucketName: 'audit-anchors-x' });
  expect(bucket.suffix).toBeUndefined();
  expect(synthesise(stack).resource.random_id).toBeUndefined();
});

test('only the deploy role may change the configuration; without one it is who runs Terraform', () => {
  const condition = (deployRoleArn?: string) => {
    const stack = foreignStack();
    const bucket = new AnchorBucket(stack, 'Anchors', { deployRoleArn });
    return statements(synthesise(stack), bucket.policy.document).get('DenyConfigTamper')?.condition;
  };
  expect(condition(DEPLOY)).toEqual([
    { test: 'ArnNotEquals', variable: 'aws:PrincipalArn', values: [DEPLOY] },
  ]);
  expect(condition()?.[0]?.values).toEqual([
    expect.stringMatching(/^\$\{data\.aws_iam_session_context\.Anchors_Deployer_\w+\.issuer_arn\}$/),
  ]);
});

test('parts are configured one after the other', () => {
  const stack = foreignStack();
  const bucket = new AnchorBucket(stack, 'Anchors', { bucketName: 'audit-anchors-x' });
  bucket.logTo('logs', 'audit-anchors/');
  const json = synthesise(stack);
  const after = (type: string) =>
    (resource(json, type).depends_on as string[]).map((name) => name.split('.')[0]);
  expect(after('aws_s3_bucket_versioning')).toEqual(['aws_s3_bucket']);
  expect(after('aws_s3_bucket_object_lock_configuration')).toEqual(['aws_s3_bucket_versioning']);
  expect(after('aws_s3_bucket_server_side_encryption_configuration')).toEqual([
    'aws_s3_bucket_object_lock_configuration',
  ]);
  expect(after('aws_s3_bucket_public_access_block')).toEqual([
    'aws_s3_bucket_server_side_encryption_configuration',
  ]);
  expect(after('aws_s3_bucket_ownership_controls')).toEqual(['aws_s3_bucket_public_access_block']);
  expect(after('aws_s3_bucket_policy')).toEqual(['aws_s3_bucket_ownership_controls']);
  expect(after('aws_s3_bucket_lifecycle_configuration')).toEqual(['aws_s3_bucket_policy']);
  expect(after('aws_s3_bucket_logging')).toEqual(['aws_s3_bucket_lifecycle_configuration']);
});

test('with SSE-S3 there is no key, and only headers that ask for something else are denied', () => {
  const stack = foreignStack();
  const bucket = new AnchorBucket(stack, 'Anchors', { encryption: AnchorEncryption.s3Managed() });
  const json = synthesise(stack);
  expect(json.resource.aws_kms_key).toBeUndefined();
  expect(resource(json, 'aws_s3_bucket_server_side_encryption_configuration').rule).toEqual([
    { apply_server_side_encryption_by_default: { sse_algorithm: 'AES256' } },
  ]);
  const policy = statements(json, bucket.policy.document);
  expect(policy.has('DenyWrongKey')).toBe(false);
  expect(policy.get('DenyUnencryptedUploads')?.condition).toEqual([
    { test: 'Null', variable: 's3:x-amz-server-side-encryption', values: ['false'] },
    { test: 'StringNotEquals', variable: 's3:x-amz-server-side-encryption', values: ['AES256'] },
  ]);
  expect(policy.get('DenyCustomerKeys')?.condition).toEqual([
    { test: 'Null', variable: 's3:x-amz-server-side-encryption-customer-algorithm', values: ['false'] },
  ]);
});

describe('an existing key', () => {
  const ARN = 'arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555';

  test('is pinned in the policy', () => {
    const stack = foreignStack();
    const encryption = AnchorEncryption.kms(new ExistingAnchorKey(stack, 'Key', { keyArn: ARN }));
    const bucket = new AnchorBucket(stack, 'Anchors', { encryption });
    const pin = statements(synthesise(stack), bucket.policy.document).get('DenyWrongKey');
    expect(pin?.condition[0]?.values).toEqual([ARN]);
  });

  test.each(['alias/x', 'arn:aws:kms:eu-central-1:123456789012:alias/x', '11111111-2222'])(
    'is not named by %s',
    (keyArn) => {
      expect(faultsOf(() => new ExistingAnchorKey(foreignStack(), 'Key', { keyArn }))).toMatchObject([
        { prop: 'keyArn' },
      ]);
    },
  );
});

describe('additional policy statements', () => {
  const allow = { sid: 'AllowPartner', effect: 'Allow', actions: ['s3:GetObject'], resources: ['*'] };

  test('come after ours', () => {
    const stack = foreignStack();
    const bucket = new AnchorBucket(stack, 'Anchors', { additionalPolicyStatements: [allow] });
    const sids = [...statements(synthesise(stack), bucket.policy.document).keys()];
    expect(sids[0]).toBe('DenyInsecureTransport');
    expect(sids.at(-1)).toBe('AllowPartner');
  });

  test('cannot take the sid of ours or of each other', () => {
    const taken = { ...allow, sid: 'DenyDelete' };
    expect(faultsOf(build({ additionalPolicyStatements: [taken] }))).toMatchObject([
      { prop: 'additionalPolicyStatements', found: 'a second statement with sid "DenyDelete"' },
    ]);
    expect(faultsOf(build({ additionalPolicyStatements: [allow, allow] }))).toHaveLength(1);
    expect(
      faultsOf(
        build({
          additionalPolicyStatements: [
            { ...allow, sid: undefined },
            { ...allow, sid: undefined },
          ],
        }),
      ),
    ).toEqual([]);
  });

  test('can be added later, under a free sid', () => {
    const stack = foreignStack();
    const bucket = new AnchorBucket(stack, 'Anchors');
    bucket.policy.add(allow);
    expect(errorOf(() => bucket.policy.add(allow))).toMatchObject({
      code: 'CALL_INVALID',
      path: 'foreign/Anchors/Policy',
    });
    expect(statements(synthesise(stack), bucket.policy.document).get('AllowPartner')).toEqual(allow);
  });
});
