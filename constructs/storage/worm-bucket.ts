import { S3Bucket } from '@cdktf/provider-aws/lib/s3-bucket';
import { S3BucketLoggingA } from '@cdktf/provider-aws/lib/s3-bucket-logging';
import { S3BucketObjectLockConfigurationA } from '@cdktf/provider-aws/lib/s3-bucket-object-lock-configuration';
import { S3BucketOwnershipControls } from '@cdktf/provider-aws/lib/s3-bucket-ownership-controls';
import { S3BucketPublicAccessBlock } from '@cdktf/provider-aws/lib/s3-bucket-public-access-block';
import { S3BucketServerSideEncryptionConfigurationA } from '@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration';
import { S3BucketVersioningA } from '@cdktf/provider-aws/lib/s3-bucket-versioning';
import type { ITerraformDependable, TerraformProvider } from 'cdktf';
import { Construct } from 'constructs';
import { textWhile } from '../guard';
import { type Tags, tagsFor } from '../tags';
import { isUnknownAtSynth } from '../validation';
import type { AnchorEncryption } from './anchor-encryption';
import { notProductionCondition, type ObjectLockRetention } from './object-lock-retention';

/** What a part of a bucket's configuration needs so that it is made after the others. */
export interface StepOrder {
  readonly provider: TerraformProvider | undefined;
  readonly dependsOn: ITerraformDependable[];
}

/** A resource, or a construct around one. */
export type ConfigurationPart = ITerraformDependable | { readonly resource: ITerraformDependable };

export interface WormBucketConfig {
  readonly bucketName: string;
  /** Value of the `Name` tag. */
  readonly displayName: string;
  readonly retention: ObjectLockRetention;
  readonly encryption: AnchorEncryption;
  /** Looked at in Terraform when it is a token and the retention is GOVERNANCE. */
  readonly environment: string | undefined;
  readonly tags: Tags | undefined;
  readonly provider: TerraformProvider | undefined;
}

/**
 * What the anchor bucket and its replica share: Object Lock from creation, versioning, default retention,
 * encryption, no public access, no ACLs, and protection against Terraform itself.
 *
 * Each step depends on the one before: S3 answers parallel changes of one bucket with 409 OperationAborted.
 */
export abstract class WormBucket extends Construct {
  readonly resource: S3Bucket;
  readonly versioning: S3BucketVersioningA;
  readonly objectLock: S3BucketObjectLockConfigurationA;
  readonly serverSideEncryption: S3BucketServerSideEncryptionConfigurationA;
  readonly publicAccessBlock: S3BucketPublicAccessBlock;
  readonly ownership: S3BucketOwnershipControls;

  readonly retention: ObjectLockRetention;
  readonly encryption: AnchorEncryption;
  /** The provider the bucket was made with; undefined for the stack's default AWS provider. */
  readonly provider: TerraformProvider | undefined;

  private newestStep: ITerraformDependable;

  protected constructor(scope: Construct, id: string, config: (bucket: Construct) => WormBucketConfig) {
    super(scope, id);
    const { bucketName, displayName, retention, encryption, environment, tags, provider } = config(this);
    this.retention = retention;
    this.encryption = encryption;
    this.provider = provider;

    this.resource = new S3Bucket(this, 'Resource', {
      provider,
      bucket: bucketName,
      objectLockEnabled: true,
      // Never force_destroy: it also removes versions under governance or legal hold where it may.
      forceDestroy: false,
      tags: tagsFor(tags, displayName, 'WORM audit log anchoring'),
      lifecycle: { preventDestroy: true },
    });
    this.newestStep = this.resource;
    const bucket = this.resource.id;

    this.versioning = this.inOrder(
      (order) =>
        new S3BucketVersioningA(this, 'Versioning', {
          ...order,
          bucket,
          versioningConfiguration: { status: 'Enabled' },
        }),
    );
    this.objectLock = this.inOrder(
      (order) =>
        new S3BucketObjectLockConfigurationA(this, 'ObjectLock', {
          ...order,
          bucket,
          objectLockEnabled: 'Enabled',
          rule: { defaultRetention: { mode: guardedMode(retention, environment), days: retention.days } },
        }),
    );
    this.serverSideEncryption = this.inOrder(
      (order) =>
        new S3BucketServerSideEncryptionConfigurationA(this, 'Encryption', {
          ...order,
          bucket,
          rule: [
            {
              applyServerSideEncryptionByDefault: {
                sseAlgorithm: encryption.algorithm,
                ...(encryption.key && { kmsMasterKeyId: encryption.key.keyArn }),
              },
              ...(encryption.key && { bucketKeyEnabled: true }),
            },
          ],
        }),
    );
    this.publicAccessBlock = this.inOrder(
      (order) =>
        new S3BucketPublicAccessBlock(this, 'PublicAccess', {
          ...order,
          bucket,
          blockPublicAcls: true,
          blockPublicPolicy: true,
          ignorePublicAcls: true,
          restrictPublicBuckets: true,
        }),
    );
    this.ownership = this.inOrder(
      (order) =>
        new S3BucketOwnershipControls(this, 'Ownership', {
          ...order,
          bucket,
          rule: { objectOwnership: 'BucketOwnerEnforced' },
        }),
    );
  }

  get bucketName(): string {
    return this.resource.id;
  }

  get bucketArn(): string {
    return this.resource.arn;
  }

  /**
   * Writes server access logs of this bucket to another one in the same region and account, which has to
   * let `logging.s3.amazonaws.com` put objects and must not have Object Lock.
   *
   * @param dependsOn what has to exist before, usually the policy of the target
   */
  logTo(targetBucketName: string, prefix: string, dependsOn: ITerraformDependable[] = []): S3BucketLoggingA {
    return this.inOrder(
      (order) =>
        new S3BucketLoggingA(this, 'Logging', {
          provider: order.provider,
          dependsOn: [...order.dependsOn, ...dependsOn],
          bucket: this.resource.id,
          targetBucket: targetBucketName,
          targetPrefix: prefix,
        }),
    );
  }

  /** Makes one more part of the bucket's configuration, after all parts made so far. */
  inOrder<T extends ConfigurationPart>(make: (order: StepOrder) => T): T {
    const made = make({ provider: this.provider, dependsOn: [this.newestStep] });
    this.newestStep = 'resource' in made ? made.resource : made;
    return made;
  }
}

/** For an environment that only Terraform knows, Terraform has to refuse GOVERNANCE in production. */
function guardedMode({ mode }: ObjectLockRetention, environment: string | undefined): string {
  if (mode !== 'GOVERNANCE' || environment === undefined || !isUnknownAtSynth(environment)) return mode;
  return textWhile(notProductionCondition(environment), mode, GOVERNANCE_REFUSED);
}

const GOVERNANCE_REFUSED =
  'GOVERNANCE retention is refused for an environment that looks like production: use COMPLIANCE there';
