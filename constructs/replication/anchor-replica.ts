import { DataAwsRegion } from '@cdktf/provider-aws/lib/data-aws-region';
import { S3BucketReplicationConfigurationA } from '@cdktf/provider-aws/lib/s3-bucket-replication-configuration';
import { Op, type TerraformProvider } from 'cdktf';
import { Construct } from 'constructs';
import { ROLE_NAME } from '../access/grantee-role';
import type { AnchorBucket } from '../storage/anchor-bucket';
import { AnchorEncryption } from '../storage/anchor-encryption';
import { AnchorKey } from '../storage/anchor-key';
import { BUCKET_NAME } from '../storage/bucket-name';
import type { ObjectLockRetention } from '../storage/object-lock-retention';
import type { PolicyStatement } from '../storage/policy-document';
import { PRINCIPAL_ARN, PRINCIPAL_ARN_FIX } from '../storage/role-arn';
import { textWhile } from '../guard';
import type { Tags } from '../tags';
import { PropCheck } from '../validation';
import { ReplicaBucket } from './replica-bucket';
import { ReplicationRole } from './replication-role';

export interface AnchorReplicaProps {
  /** The bucket that is copied. */
  readonly source: AnchorBucket;

  /** AWS provider of the DR region, in the same account: `new AwsProvider(stack, 'dr', { alias, region })`. */
  readonly provider: TerraformProvider;

  /** Full name of the bucket in the DR region. */
  readonly bucketName: string;

  /**
   * Name of the role that S3 takes on.
   *
   * @default - `audit-anchor-replication`
   */
  readonly roleName?: string;

  /**
   * Default retention of the replica. A copied version keeps the lock of its source, whatever this says.
   *
   * @default - the source's
   */
  readonly retention?: ObjectLockRetention;

  /**
   * Encryption of the replica; a key has to be in the DR region.
   *
   * @default - a new `AnchorKey`, child `Key`, when the source has a key; SSE-S3 otherwise
   */
  readonly encryption?: AnchorEncryption;

  /**
   * Alias of the new key, after `alias/`.
   *
   * @default - `audit-anchors-dr`
   */
  readonly keyAliasName?: string;

  /**
   * ARN of the only role that may make the new key unusable.
   *
   * @default - nobody may
   */
  readonly breakGlassRoleArn?: string;

  /**
   * ARN of the only role that may change the replica's configuration.
   *
   * @default - the source's
   */
  readonly deployRoleArn?: string;

  /**
   * Delete copies on the day after their retention has ended.
   *
   * @default false - copies stay
   */
  readonly expireAfterRetention?: boolean;

  /**
   * Further statements of the replica's bucket policy.
   *
   * @default - only the statements that guard anchors
   */
  readonly additionalPolicyStatements?: readonly PolicyStatement[];

  /**
   * Tags of the bucket, the key and the role.
   *
   * @default - only `Name` and `Purpose`, which are always set
   */
  readonly tags?: Tags;
}

/** Minutes within which S3 promises to copy; the only value there is. */
const REPLICATION_TIME_MINUTES = 15;

const SAME_REGION = 'The replica has to be in another region than the anchor bucket: change dr_region';

/** Id of the replication rule, a dimension of its CloudWatch metrics. */
export const REPLICATION_RULE_ID = 'replicate-anchors';

/**
 * Copy of the anchors in another region, in a WORM bucket of its own. Only anchors written after the rule
 * exists are copied; older ones need S3 Batch Replication.
 *
 * Child ids (`Bucket`, `Key`, `Role`, `Rule`) are a public contract: changing one would replace a bucket
 * that cannot be emptied.
 */
export class AnchorReplica extends Construct {
  readonly bucket: ReplicaBucket;
  readonly role: ReplicationRole;
  readonly resource: S3BucketReplicationConfigurationA;

  /** @throws ConstructError `PROPS_INVALID` */
  constructor(scope: Construct, id: string, props: AnchorReplicaProps) {
    super(scope, id);
    this.check(props);
    const { source, provider, tags } = props;
    const deployRoleArn = props.deployRoleArn ?? source.deployRoleArn;

    this.role = new ReplicationRole(this, 'Role', {
      roleName: props.roleName ?? 'audit-anchor-replication',
      source,
      tags,
    });
    this.bucket = new ReplicaBucket(this, 'Bucket', {
      bucketName: props.bucketName,
      retention: props.retention ?? source.retention,
      encryption: props.encryption ?? this.ownEncryption(props),
      replicationRoleArn: this.role.resource.arn,
      deployRoleArn,
      expireAfterRetention: props.expireAfterRetention,
      additionalPolicyStatements: props.additionalPolicyStatements,
      tags,
      provider,
    });
    const permissions = this.role.replicateTo(this.bucket);
    this.resource = source.inOrder(
      (order) =>
        new S3BucketReplicationConfigurationA(this, 'Rule', {
          provider: order.provider,
          dependsOn: [...order.dependsOn, this.bucket.lifecycle.resource, permissions],
          bucket: source.bucketName,
          role: this.role.resource.arn,
          rule: [this.rule(props)],
        }),
    );
  }

  private rule(props: AnchorReplicaProps) {
    const { key } = this.bucket.encryption;
    return {
      id: REPLICATION_RULE_ID,
      status: 'Enabled',
      // Filter and priority make it a V2 rule; a V1 rule may hold neither of the two blocks below.
      priority: 1,
      filter: {},
      deleteMarkerReplication: { status: 'Disabled' },
      // Without this S3 skips SSE-KMS objects and says nothing.
      ...(key && { sourceSelectionCriteria: { sseKmsEncryptedObjects: { status: 'Enabled' } } }),
      destination: {
        bucket: this.bucket.bucketArn,
        storageClass: this.standardInAnotherRegion(props),
        ...(key && { encryptionConfiguration: { replicaKmsKeyId: key.keyArn } }),
        replicationTime: { status: 'Enabled', time: { minutes: REPLICATION_TIME_MINUTES } },
        metrics: { status: 'Enabled', eventThreshold: { minutes: REPLICATION_TIME_MINUTES } },
      },
    };
  }

  private ownEncryption(props: AnchorReplicaProps): AnchorEncryption {
    if (!props.source.encryption.key) return AnchorEncryption.s3Managed();
    const key = new AnchorKey(this, 'Key', {
      aliasName: props.keyAliasName ?? 'audit-anchors-dr',
      description: 'Audit anchor encryption (replica)',
      breakGlassRoleArn: props.breakGlassRoleArn,
      deployRoleArn: props.deployRoleArn ?? props.source.deployRoleArn,
      tags: props.tags,
      provider: props.provider,
    });
    return AnchorEncryption.kms(key);
  }

  /** The regions are known to Terraform only; a copy in the same region is no disaster recovery. */
  private standardInAnotherRegion({ source, provider }: AnchorReplicaProps): string {
    const here = new DataAwsRegion(this, 'SourceRegion', { provider: source.provider });
    const there = new DataAwsRegion(this, 'ReplicaRegion', { provider });
    return textWhile(Op.neq(there.id, here.id), 'STANDARD', SAME_REGION);
  }

  private check(props: AnchorReplicaProps): void {
    new PropCheck(this)
      .text('bucketName', props.bucketName, BUCKET_NAME, 'choose another name')
      .text('roleName', props.roleName, ROLE_NAME, 'choose another name')
      .text('deployRoleArn', props.deployRoleArn, PRINCIPAL_ARN, PRINCIPAL_ARN_FIX)
      .text('breakGlassRoleArn', props.breakGlassRoleArn, PRINCIPAL_ARN, PRINCIPAL_ARN_FIX)
      .rule(
        props.encryption === undefined || props.encryption.algorithm === props.source.encryption.algorithm,
        {
          prop: 'encryption',
          found: String(props.encryption?.algorithm),
          allowed: `the kind of the source, ${props.source.encryption.algorithm}`,
          fix: 'encrypt both buckets in the same way',
        },
      )
      .throwIfAny();
  }
}
