import { AnchorReplica, type AnchorReplicaProps } from '../../../constructs/replication/anchor-replica';
import { AnchorBucket, type AnchorBucketProps } from '../../../constructs/storage/anchor-bucket';
import { AnchorEncryption } from '../../../constructs/storage/anchor-encryption';
import { ObjectLockRetention } from '../../../constructs/storage/object-lock-retention';
import { drProvider, errorOf, faultsOf, foreignStack, resource, synthesise } from '../../support/infra-stack';

function made(props: Partial<AnchorReplicaProps> = {}, source: AnchorBucketProps = {}) {
  const stack = foreignStack();
  const bucket = new AnchorBucket(stack, 'Anchors', { bucketName: 'audit-anchors-x', ...source });
  const replica = new AnchorReplica(stack, 'Replica', {
    source: bucket,
    provider: drProvider(stack),
    bucketName: 'audit-anchors-dr-x',
    ...props,
  });
  return { stack, bucket, replica };
}

const RULE = 'aws_s3_bucket_replication_configuration';
const ruleOf = (json: ReturnType<typeof synthesise>) =>
  (resource(json, RULE).rule as Record<string, unknown>[])[0];

test('the rule comes after the source and the replica are configured and the role may copy', () => {
  const { stack, bucket, replica } = made();
  expect(resource(synthesise(stack), RULE).depends_on).toEqual([
    `aws_s3_bucket_lifecycle_configuration.${bucket.lifecycle.resource.friendlyUniqueId}`,
    `aws_s3_bucket_lifecycle_configuration.${replica.bucket.lifecycle.resource.friendlyUniqueId}`,
    expect.stringMatching(/^aws_iam_role_policy\.Replica_Role_Policy_/),
  ]);
});

test('replication time control and its metrics are on, with the only number of minutes there is', () => {
  expect(ruleOf(synthesise(made().stack))).toMatchObject({
    destination: {
      replication_time: { status: 'Enabled', time: { minutes: 15 } },
      metrics: { status: 'Enabled', event_threshold: { minutes: 15 } },
    },
  });
});

test('a replica in the same region is refused by Terraform', () => {
  expect(ruleOf(synthesise(made().stack))).toMatchObject({
    destination: {
      storage_class: expect.stringMatching(
        /^\$\{\(data\.aws_region\.Replica_ReplicaRegion_\w+\.id != data\.aws_region\.Replica_SourceRegion_\w+\.id\) \? "STANDARD" : tobool\("The replica .*"\)\}$/,
      ) as string,
    },
  });
});

test('a source with SSE-S3 has a replica with SSE-S3, and no KMS selection', () => {
  const { stack } = made({}, { encryption: AnchorEncryption.s3Managed() });
  const json = synthesise(stack);
  expect(json.resource.aws_kms_key).toBeUndefined();
  expect(ruleOf(json)).not.toHaveProperty('source_selection_criteria');
  expect(ruleOf(json)).not.toHaveProperty('destination.encryption_configuration');
});

test('retention and deploy role are those of the source unless others are named', () => {
  const lock = (props: Partial<AnchorReplicaProps>) =>
    resource(
      synthesise(made(props, { retention: ObjectLockRetention.complianceDays(7) }).stack),
      'aws_s3_bucket_object_lock_configuration',
      'Replica',
    );
  expect(lock({})).toMatchObject({ rule: { default_retention: { mode: 'COMPLIANCE', days: 7 } } });
  expect(lock({ retention: ObjectLockRetention.complianceDays(9) })).toMatchObject({
    rule: { default_retention: { days: 9 } },
  });
});

test('faults come at once, with the construct path', () => {
  const error = errorOf(() =>
    made({
      bucketName: 'DR',
      roleName: 'a/b',
      deployRoleArn: 'x',
      breakGlassRoleArn: 'y',
      encryption: AnchorEncryption.s3Managed(),
    }),
  );
  expect(error.path).toBe('foreign/Replica');
  expect(error.faults.map(({ prop }) => prop)).toEqual([
    'bucketName',
    'roleName',
    'deployRoleArn',
    'breakGlassRoleArn',
    'encryption',
  ]);
  expect(faultsOf(() => made({ bucketName: '${var.x}', roleName: '${var.y}' }))).toEqual([]);
});
