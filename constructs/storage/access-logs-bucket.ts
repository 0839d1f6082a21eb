import { DataAwsCallerIdentity } from '@cdktf/provider-aws/lib/data-aws-caller-identity';
import { S3Bucket } from '@cdktf/provider-aws/lib/s3-bucket';
import { S3BucketLifecycleConfiguration } from '@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration';
import type { S3BucketLoggingA } from '@cdktf/provider-aws/lib/s3-bucket-logging';
import { S3BucketOwnershipControls } from '@cdktf/provider-aws/lib/s3-bucket-ownership-controls';
import { S3BucketPublicAccessBlock } from '@cdktf/provider-aws/lib/s3-bucket-public-access-block';
import { S3BucketServerSideEncryptionConfigurationA } from '@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration';
import type { TerraformProvider } from 'cdktf';
import { Construct } from 'constructs';
import { DEFAULTS } from '../../runtime/contract';
import { type Tags, tagsFor } from '../tags';
import { PropCheck } from '../validation';
import { BUCKET_NAME } from './bucket-name';
import { BucketPolicy } from './bucket-policy';
import { denyInsecureTransport } from './deny-statements';
import { when } from './policy-document';
import type { WormBucket } from './worm-bucket';

export interface AccessLogsBucketProps {
  /** Full name of the bucket. */
  readonly bucketName: string;

  /**
   * Days after which log files are deleted, 1 to 36,500.
   *
   * @default 400 - as long as anchors are kept
   */
  readonly keepLogsDays?: number;

  /**
   * Tags of the bucket.
   *
   * @default - only `Name` and `Purpose`, which are always set
   */
  readonly tags?: Tags;

  /**
   * Provider that makes the bucket; region and account have to be those of the buckets that log into it.
   *
   * @default - the stack's default AWS provider
   */
  readonly provider?: TerraformProvider;
}

/** Where log files of the anchor bucket begin, as in the source document. */
export const ACCESS_LOGS_PREFIX = 'audit-anchors/';

const LOG_DAYS = { min: 1, max: 36_500 };

/**
 * Target of S3 server access logs. It has no Object Lock and is encrypted with SSE-S3, because S3 delivers
 * logs to no other kind of bucket; delivery is allowed by policy, since ACLs are off.
 */
export class AccessLogsBucket extends Construct {
  readonly resource: S3Bucket;
  readonly policy: BucketPolicy;
  private readonly accountId: string;

  /** @throws ConstructError `PROPS_INVALID` */
  constructor(scope: Construct, id: string, props: AccessLogsBucketProps) {
    super(scope, id);
    new PropCheck(this)
      .text('bucketName', props.bucketName, BUCKET_NAME, 'choose another name')
      .wholeNumber('keepLogsDays', props.keepLogsDays, LOG_DAYS, 'days', 'choose another number')
      .throwIfAny();

    const { provider, bucketName } = props;
    this.accountId = new DataAwsCallerIdentity(this, 'Caller', { provider }).accountId;
    this.resource = new S3Bucket(this, 'Resource', {
      provider,
      bucket: bucketName,
      tags: tagsFor(props.tags, bucketName, 'Access logs of audit anchors'),
    });
    const bucket = this.resource.id;
    const publicAccess = new S3BucketPublicAccessBlock(this, 'PublicAccess', {
      provider,
      bucket,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    const ownership = new S3BucketOwnershipControls(this, 'Ownership', {
      provider,
      bucket,
      dependsOn: [publicAccess],
      rule: { objectOwnership: 'BucketOwnerEnforced' },
    });
    const encryption = new S3BucketServerSideEncryptionConfigurationA(this, 'Encryption', {
      provider,
      bucket,
      dependsOn: [ownership],
      rule: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }],
    });
    this.policy = new BucketPolicy(this, 'Policy', {
      provider,
      bucketName: bucket,
      dependsOn: [encryption],
      statements: [denyInsecureTransport(this.resource.arn)],
    });
    new S3BucketLifecycleConfiguration(this, 'Lifecycle', {
      provider,
      bucket,
      dependsOn: [this.policy.resource],
      rule: [
        {
          id: 'expire-logs',
          status: 'Enabled',
          filter: [{}],
          expiration: [{ days: props.keepLogsDays ?? DEFAULTS.retentionDays }],
          abortIncompleteMultipartUpload: [{ daysAfterInitiation: 1 }],
        },
      ],
    });
  }

  get bucketName(): string {
    return this.resource.id;
  }

  get bucketArn(): string {
    return this.resource.arn;
  }

  /**
   * Lets S3 deliver the access logs of `source` here, and switches its logging on.
   *
   * @param prefix where its log files begin; each source needs its own
   * @throws ConstructError `CALL_INVALID` when a source uses the prefix already
   */
  receiveFrom(source: WormBucket, prefix = ACCESS_LOGS_PREFIX): S3BucketLoggingA {
    this.policy.add({
      sid: `AllowLogDelivery${prefix.replace(/[^A-Za-z0-9]/g, '')}`,
      effect: 'Allow',
      principals: [{ type: 'Service', identifiers: ['logging.s3.amazonaws.com'] }],
      actions: ['s3:PutObject'],
      resources: [`${this.bucketArn}/${prefix}*`],
      condition: [
        when('ArnLike', 'aws:SourceArn', source.bucketArn),
        when('StringEquals', 'aws:SourceAccount', this.accountId),
      ],
    });
    return source.logTo(this.bucketName, prefix, [this.policy.resource]);
  }
}
