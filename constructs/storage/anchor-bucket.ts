import { DataAwsCallerIdentity } from '@cdktf/provider-aws/lib/data-aws-caller-identity';
import { DataAwsIamSessionContext } from '@cdktf/provider-aws/lib/data-aws-iam-session-context';
import { Id } from '@cdktf/provider-random/lib/id';
import type { TerraformProvider } from 'cdktf';
import type { Construct } from 'constructs';
import type { Tags } from '../tags';
import { isUnknownAtSynth, PropCheck, quoted } from '../validation';
import { AnchorBucketPolicy } from './anchor-bucket-policy';
import { AnchorEncryption } from './anchor-encryption';
import { AnchorKey } from './anchor-key';
import { AnchorLifecycle, type AnchorLifecycleOptions, checkLifecycleOptions } from './anchor-lifecycle';
import { BUCKET_NAME, BUCKET_NAME_PREFIX } from './bucket-name';
import { looksLikeProduction, ObjectLockRetention } from './object-lock-retention';
import type { PolicyStatement } from './policy-document';
import { PRINCIPAL_ARN, PRINCIPAL_ARN_FIX } from './role-arn';
import { WormBucket } from './worm-bucket';

export interface AnchorBucketProps extends AnchorLifecycleOptions {
  /**
   * Full name of the bucket. It cannot be changed later without a new bucket.
   *
   * @default - `bucketNamePrefix`, a hyphen and 8 random hex digits, for which the stack needs the random provider
   */
  readonly bucketName?: string;

  /**
   * What stands before the random suffix. Not together with `bucketName`.
   *
   * @default - `audit-anchors`
   */
  readonly bucketNamePrefix?: string;

  /**
   * Name of the environment. GOVERNANCE retention is refused when it looks like production.
   *
   * @default - the bucket's name is looked at instead
   */
  readonly environment?: string;

  /**
   * Default retention of the bucket, and the bounds of its policy.
   *
   * @default - COMPLIANCE for 400 days
   */
  readonly retention?: ObjectLockRetention;

  /**
   * How the bucket encrypts.
   *
   * @default - SSE-KMS with a new `AnchorKey`, child `Key`, without a break-glass role
   */
  readonly encryption?: AnchorEncryption;

  /**
   * ARN of the only role that may change the bucket's configuration after this deployment. Name it when
   * more than one person or pipeline deploys.
   *
   * @default - the role or user that runs Terraform, looked up at plan time
   */
  readonly deployRoleArn?: string;

  /**
   * Further statements of the bucket policy.
   *
   * @default - only the statements that guard anchors
   */
  readonly additionalPolicyStatements?: readonly PolicyStatement[];

  /**
   * Tags of the bucket and of the key made with it.
   *
   * @default - only `Name` and `Purpose`, which are always set
   */
  readonly tags?: Tags;

  /**
   * Provider that makes the bucket.
   *
   * @default - the stack's default AWS provider
   */
  readonly provider?: TerraformProvider;
}

const DEFAULT_PREFIX = 'audit-anchors';

/** Faults of the props, also for those who compose this construct. */
export function checkAnchorBucketProps(check: PropCheck, props: AnchorBucketProps): void {
  check
    .text('bucketName', props.bucketName, BUCKET_NAME, 'choose another name')
    .text('bucketNamePrefix', props.bucketNamePrefix, BUCKET_NAME_PREFIX, 'choose another prefix')
    .text('deployRoleArn', props.deployRoleArn, PRINCIPAL_ARN, PRINCIPAL_ARN_FIX)
    .rule(props.bucketName === undefined || props.bucketNamePrefix === undefined, {
      prop: 'bucketNamePrefix',
      found: 'given together with "bucketName"',
      allowed: 'one of the two',
      fix: 'remove the one that is not meant',
    });
  checkMode(check, props);
  checkLifecycleOptions(check, props, props.retention);
}

/**
 * The WORM bucket of the anchors. Terraform cannot destroy it, and neither can anybody else while an anchor
 * is locked.
 *
 * Child ids (`Suffix`, `Key`, `Resource`, `Versioning`, `ObjectLock`, `Encryption`, `PublicAccess`,
 * `Ownership`, `Policy`, `Lifecycle`, `Logging`) are a public contract: changing one would replace a bucket
 * that cannot be emptied.
 */
export class AnchorBucket extends WormBucket {
  readonly policy: AnchorBucketPolicy;
  readonly lifecycle: AnchorLifecycle;
  /** ARN that may change the configuration; resolved when no `deployRoleArn` was given. */
  readonly deployRoleArn: string;

  /** @throws ConstructError `PROPS_INVALID` */
  constructor(scope: Construct, id: string, props: AnchorBucketProps = {}) {
    super(scope, id, (bucket) => {
      const check = new PropCheck(bucket);
      checkAnchorBucketProps(check, props);
      check.throwIfAny();
      return {
        bucketName: props.bucketName ?? suffixedName(bucket, props.bucketNamePrefix ?? DEFAULT_PREFIX),
        displayName: props.bucketName ?? props.bucketNamePrefix ?? DEFAULT_PREFIX,
        retention: props.retention ?? ObjectLockRetention.DEFAULT,
        encryption: props.encryption ?? ownKey(bucket, props),
        environment: props.environment,
        tags: props.tags,
        provider: props.provider,
      };
    });
    this.deployRoleArn = props.deployRoleArn ?? currentPrincipal(this, props.provider);

    this.policy = this.inOrder(
      (order) =>
        new AnchorBucketPolicy(this, 'Policy', {
          ...order,
          bucketName: this.bucketName,
          bucketArn: this.bucketArn,
          encryption: this.encryption,
          retention: this.retention,
          deployRoleArn: this.deployRoleArn,
          additionalStatements: props.additionalPolicyStatements,
        }),
    );
    this.lifecycle = this.inOrder(
      (order) =>
        new AnchorLifecycle(this, 'Lifecycle', {
          ...order,
          bucketName: this.bucketName,
          retention: this.retention,
          expireAfterRetention: props.expireAfterRetention,
          glacierInstantRetrievalAfterDays: props.glacierInstantRetrievalAfterDays,
          deepArchiveAfterDays: props.deepArchiveAfterDays,
        }),
    );
  }

  /** The random part of the name, for the names of buckets that belong to this one. */
  get suffix(): Id | undefined {
    return this.node.tryFindChild('Suffix') as Id | undefined;
  }
}

function suffixedName(scope: Construct, prefix: string): string {
  return `${prefix}-${new Id(scope, 'Suffix', { byteLength: 4 }).hex}`;
}

function ownKey(scope: Construct, { deployRoleArn, tags, provider }: AnchorBucketProps): AnchorEncryption {
  return AnchorEncryption.kms(new AnchorKey(scope, 'Key', { deployRoleArn, tags, provider }));
}

/** ARN of the role or user that runs Terraform; for a session, of the role behind it. */
function currentPrincipal(scope: Construct, provider: TerraformProvider | undefined): string {
  const caller = new DataAwsCallerIdentity(scope, 'Caller', { provider });
  return new DataAwsIamSessionContext(scope, 'Deployer', { provider, arn: caller.arn }).issuerArn;
}

function checkMode(
  check: PropCheck,
  { retention, environment, bucketName, bucketNamePrefix }: AnchorBucketProps,
) {
  if (retention?.mode !== 'GOVERNANCE') return;
  for (const [prop, name] of Object.entries({ environment, bucketName, bucketNamePrefix })) {
    if (name === undefined || isUnknownAtSynth(name)) continue;
    check.rule(!looksLikeProduction(name), {
      prop: 'retention',
      found: `GOVERNANCE while "${prop}" is ${quoted(name)}`,
      allowed: 'COMPLIANCE for what looks like production',
      fix: 'use ObjectLockRetention.complianceDays',
    });
  }
}
