import { type Block, resource } from '../../support/infra-stack';
import { WORM, BUCKET, REPLICA, LOGS, anchoring, replicaKey, taggable } from './full-stack';
import { type Guarantee, same, block } from './guarantee';

export const storage: readonly Guarantee[] = [
  {
    promise: 'both buckets have Object Lock from the day they are made',
    holds: (of) => WORM.every((name) => resource(of, 'aws_s3_bucket', name).object_lock_enabled === true),
    breakIt: (of) => delete resource(of, 'aws_s3_bucket', REPLICA).object_lock_enabled,
  },
  {
    promise: 'anchors are locked in COMPLIANCE mode for worm_retention_days, in both buckets',
    holds: (of) =>
      WORM.every((name) =>
        same(
          block(resource(of, 'aws_s3_bucket_object_lock_configuration', name), 'rule', 'default_retention'),
          {
            days: '${var.worm_retention_days}',
            mode: 'COMPLIANCE',
          },
        ),
      ),
    breakIt: (of) => {
      const lock = resource(of, 'aws_s3_bucket_object_lock_configuration', BUCKET);
      block(lock, 'rule', 'default_retention').mode = 'GOVERNANCE';
    },
  },
  {
    promise: 'both buckets keep every version',
    holds: (of) =>
      WORM.every(
        (name) =>
          block(resource(of, 'aws_s3_bucket_versioning', name), 'versioning_configuration').status ===
          'Enabled',
      ),
    breakIt: (of) => {
      block(resource(of, 'aws_s3_bucket_versioning', BUCKET), 'versioning_configuration').status =
        'Suspended';
    },
  },
  {
    promise: 'Terraform destroys neither bucket and neither key, and never empties a bucket',
    holds: (of) =>
      WORM.every((name) => resource(of, 'aws_s3_bucket', name).force_destroy === false) &&
      [
        ...WORM.map((name) => resource(of, 'aws_s3_bucket', name)),
        ...Object.values(of.resource.aws_kms_key!),
      ].every((protectedOne) => same(protectedOne.lifecycle, { prevent_destroy: true })) &&
      Object.keys(of.resource.aws_kms_key!).length === 2,
    breakIt: (of) => delete resource(of, 'aws_kms_key', 'Replica').lifecycle,
  },
  {
    promise: 'both buckets encrypt with their own KMS key',
    holds: (of) =>
      WORM.every((name, index) => {
        const rule = block(
          resource(of, 'aws_s3_bucket_server_side_encryption_configuration', name),
          'rule',
          0,
        );
        const key = index === 0 ? anchoring.key! : replicaKey;
        return same(rule, {
          apply_server_side_encryption_by_default: {
            kms_master_key_id: `\${aws_kms_key.${key.resource.friendlyUniqueId}.arn}`,
            sse_algorithm: 'aws:kms',
          },
          bucket_key_enabled: true,
        });
      }),
    breakIt: (of) => {
      const encryption = resource(of, 'aws_s3_bucket_server_side_encryption_configuration', BUCKET);
      delete block(encryption, 'rule', 0, 'apply_server_side_encryption_by_default').kms_master_key_id;
    },
  },
  {
    promise: 'no bucket can be made public',
    holds: (of) =>
      [...WORM, LOGS].every((name) => {
        const access = resource(of, 'aws_s3_bucket_public_access_block', name);
        return [
          'block_public_acls',
          'block_public_policy',
          'ignore_public_acls',
          'restrict_public_buckets',
        ].every((flag) => access[flag] === true);
      }),
    breakIt: (of) => {
      resource(of, 'aws_s3_bucket_public_access_block', LOGS).restrict_public_buckets = false;
    },
  },
  {
    promise: 'ACLs have no effect in any bucket',
    holds: (of) =>
      [...WORM, LOGS].every(
        (name) =>
          block(resource(of, 'aws_s3_bucket_ownership_controls', name), 'rule').object_ownership ===
          'BucketOwnerEnforced',
      ),
    breakIt: (of) => {
      block(resource(of, 'aws_s3_bucket_ownership_controls', REPLICA), 'rule').object_ownership =
        'ObjectWriter';
    },
  },
  {
    promise: 'incomplete multipart uploads are removed',
    holds: (of) =>
      WORM.every((name) =>
        (resource(of, 'aws_s3_bucket_lifecycle_configuration', name).rule as Block[]).some(
          (rule) =>
            rule.status === 'Enabled' &&
            same(rule.abort_incomplete_multipart_upload, [{ days_after_initiation: 1 }]),
        ),
      ),
    breakIt: (of) => {
      block(resource(of, 'aws_s3_bucket_lifecycle_configuration', BUCKET), 'rule', 0).status = 'Disabled';
    },
  },
  {
    promise: 'expiry never comes before the end of the retention',
    holds: (of) =>
      WORM.every((name) =>
        (resource(of, 'aws_s3_bucket_lifecycle_configuration', name).rule as Block[])
          .flatMap((rule) => (rule.expiration as Block[] | undefined) ?? [])
          .every((expiry) => expiry.days === undefined || expiry.days === '${(var.worm_retention_days + 1)}'),
      ),
    breakIt: (of) => {
      const lifecycle = resource(of, 'aws_s3_bucket_lifecycle_configuration', REPLICA);
      block(lifecycle, 'rule', 1, 'expiration', 0).days = 30;
    },
  },
  {
    promise: 'tags flow to every resource that can have tags',
    holds: (of) =>
      taggable().length > 40 &&
      taggable().every(({ type, name }) =>
        String(of.resource[type]![name]!.tags).startsWith('${merge(var.tags, '),
      ),
    breakIt: (of) => delete resource(of, 'aws_iam_role', 'Anchoring_Replica_Role').tags,
  },
];
