import { resource, statements } from '../../support/infra-stack';
import {
  LOGS,
  anchoring,
  replica,
  bucketPolicy,
  replicaPolicy,
  logsPolicy,
  arn,
  everything,
  objects,
  DEPLOYER,
} from './full-stack';
import {
  type Guarantee,
  statement,
  change,
  removeStatement,
  deniesEveryone,
  conditionsOf,
  same,
  block,
} from './guarantee';

export const bucketPolicies: readonly Guarantee[] = [
  {
    promise: 'every bucket denies clear text',
    holds: (of) =>
      (['bucket', 'replica', 'logs'] as const).every((name) => {
        const document = { bucket: bucketPolicy, replica: replicaPolicy, logs: logsPolicy }[name];
        return deniesEveryone(statement(of, document, 'DenyInsecureTransport'), ['s3:*'], everything(name), [
          'Bool aws:SecureTransport false',
        ]);
      }),
    breakIt: (of) => change(of, logsPolicy, 'DenyInsecureTransport', (s) => s.resources.pop()),
  },
  {
    promise: 'uploads that are not encrypted with KMS are denied, also those without the header',
    holds: (of) =>
      deniesEveryone(
        statement(of, bucketPolicy, 'DenyUnencryptedUploads'),
        ['s3:PutObject'],
        objects('bucket'),
        ['StringNotEquals s3:x-amz-server-side-encryption aws:kms'],
      ),
    breakIt: (of) =>
      change(of, bucketPolicy, 'DenyUnencryptedUploads', (s) => {
        s.condition[0]!.test = 'StringNotEqualsIfExists';
      }),
  },
  {
    promise: 'uploads under another key are denied',
    holds: (of) =>
      deniesEveryone(statement(of, bucketPolicy, 'DenyWrongKey'), ['s3:PutObject'], objects('bucket'), [
        `StringNotEquals s3:x-amz-server-side-encryption-aws-kms-key-id \${aws_kms_key.${anchoring.key!.resource.friendlyUniqueId}.arn}`,
      ]),
    breakIt: (of) =>
      change(of, bucketPolicy, 'DenyWrongKey', (s) => {
        s.condition[0]!.values = ['alias/audit-anchors'];
      }),
  },
  {
    promise: 'uploads without a COMPLIANCE lock of their own are denied',
    holds: (of) =>
      deniesEveryone(
        statement(of, bucketPolicy, 'DenyWithoutObjectLock'),
        ['s3:PutObject'],
        objects('bucket'),
        ['StringNotEquals s3:object-lock-mode COMPLIANCE'],
      ),
    breakIt: (of) =>
      change(of, bucketPolicy, 'DenyWithoutObjectLock', (s) => {
        s.condition[0]!.variable = 's3:x-amz-object-lock-mode';
      }),
  },
  {
    promise: 'locks shorter than the retention are denied, at upload and later',
    holds: (of) =>
      deniesEveryone(
        statement(of, bucketPolicy, 'DenyShortLock'),
        ['s3:PutObject', 's3:PutObjectRetention'],
        objects('bucket'),
        ['NumericLessThan s3:object-lock-remaining-retention-days ${(var.worm_retention_days - 1)}'],
      ),
    breakIt: (of) => change(of, bucketPolicy, 'DenyShortLock', (s) => s.actions.pop()),
  },
  {
    promise: 'an anchor is written once: uploads that could lay a version over it are denied',
    holds: (of) =>
      deniesEveryone(
        statement(of, bucketPolicy, 'DenyUnconditionalCreate'),
        ['s3:PutObject'],
        objects('bucket'),
        ['Null s3:if-none-match true', 'Bool s3:ObjectCreationOperation true'],
      ),
    breakIt: (of) =>
      change(of, bucketPolicy, 'DenyUnconditionalCreate', (s) => {
        s.condition[0]!.values = ['false'];
      }),
  },
  {
    promise: 'nobody deletes, lays delete markers or bypasses governance, in both buckets',
    holds: (of) =>
      [bucketPolicy, replicaPolicy].every((document, index) =>
        deniesEveryone(
          statement(of, document, 'DenyDelete'),
          ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:BypassGovernanceRetention'],
          objects(index === 0 ? 'bucket' : 'replica'),
          [],
        ),
      ),
    breakIt: (of) => removeStatement(of, replicaPolicy, 'DenyDelete'),
  },
  {
    promise: 'nothing is replicated into the anchor bucket',
    holds: (of) =>
      deniesEveryone(
        statement(of, bucketPolicy, 'DenyReplicateIn'),
        ['s3:ReplicateObject', 's3:ReplicateDelete', 's3:ReplicateTags'],
        objects('bucket'),
        [],
      ),
    breakIt: (of) => change(of, bucketPolicy, 'DenyReplicateIn', (s) => s.actions.shift()),
  },
  {
    promise: 'only the replication role writes into the replica',
    holds: (of) =>
      deniesEveryone(
        statement(of, replicaPolicy, 'DenyForeignWrites'),
        ['s3:PutObject', 's3:ReplicateObject', 's3:ReplicateDelete', 's3:ReplicateTags'],
        objects('replica'),
        [`ArnNotEquals aws:PrincipalArn \${aws_iam_role.${replica.role.resource.friendlyUniqueId}.arn}`],
      ),
    breakIt: (of) =>
      change(of, replicaPolicy, 'DenyForeignWrites', (s) => {
        s.condition[0]!.test = 'ArnNotEqualsIfExists';
      }),
  },
  {
    promise: 'only the role that deploys changes the configuration of both buckets, their policies included',
    holds: (of) =>
      [bucketPolicy, replicaPolicy].every((document, index) =>
        deniesEveryone(
          statement(of, document, 'DenyConfigTamper'),
          [
            's3:PutBucketObjectLockConfiguration',
            's3:PutBucketVersioning',
            's3:PutLifecycleConfiguration',
            's3:PutReplicationConfiguration',
            's3:PutEncryptionConfiguration',
            's3:PutBucketPublicAccessBlock',
            's3:PutBucketPolicy',
            's3:DeleteBucketPolicy',
          ],
          [arn(index === 0 ? 'bucket' : 'replica')],
          [`ArnNotEquals aws:PrincipalArn ${DEPLOYER}`],
        ),
      ),
    breakIt: (of) =>
      change(of, bucketPolicy, 'DenyConfigTamper', (s) => {
        s.actions = s.actions.filter((action) => action !== 's3:DeleteBucketPolicy');
      }),
  },
  {
    promise: 'the policies of the WORM buckets allow nothing',
    holds: (of) =>
      [bucketPolicy, replicaPolicy].every((document) => {
        const all = [...statements(of, document).values()];
        return all.length > 0 && all.every((s) => s.effect === 'Deny');
      }),
    breakIt: (of) =>
      change(of, replicaPolicy, 'DenyDelete', (s) => {
        s.effect = 'Allow';
      }),
  },
  {
    promise: 'the log bucket is a target S3 delivers to: no lock, SSE-S3, and S3 logging as the only writer',
    holds: (of) => {
      const allowed = [...statements(of, logsPolicy).values()].filter((s) => s.effect === 'Allow');
      return (
        resource(of, 'aws_s3_bucket', LOGS).object_lock_enabled === undefined &&
        same(block(resource(of, 'aws_s3_bucket_server_side_encryption_configuration', LOGS), 'rule', 0), {
          apply_server_side_encryption_by_default: { sse_algorithm: 'AES256' },
        }) &&
        allowed.length === 1 &&
        same(allowed[0]!.principals, [{ identifiers: ['logging.s3.amazonaws.com'], type: 'Service' }]) &&
        conditionsOf(allowed[0]!).includes(`ArnLike aws:SourceArn ${arn('bucket')}`) &&
        conditionsOf(allowed[0]!).some((condition) => condition.startsWith('StringEquals aws:SourceAccount'))
      );
    },
    breakIt: (of) => change(of, logsPolicy, 'AllowLogDeliveryauditanchors', (s) => s.condition.shift()),
  },
];
