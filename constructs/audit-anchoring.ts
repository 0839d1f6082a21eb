import type { TerraformProvider } from 'cdktf';
import { Construct } from 'constructs';
import { checkChainIds } from './access/chain-id';
import { AnchorBucketGrants } from './access/grants';
import { type Grantee, ROLE_NAME, ServiceRole } from './access/grantee-role';
import { checkVerifierRoleProps, VerifierRole } from './access/verifier-role';
import { AnchorReplica } from './replication/anchor-replica';
import { AccessLogsBucket, ACCESS_LOGS_PREFIX } from './storage/access-logs-bucket';
import { AnchorBucket, checkAnchorBucketProps } from './storage/anchor-bucket';
import { AnchorEncryption } from './storage/anchor-encryption';
import { AnchorKey, checkAnchorKeyProps } from './storage/anchor-key';
import type { AnchorLifecycleOptions } from './storage/anchor-lifecycle';
import { BUCKET_NAME } from './storage/bucket-name';
import type { ObjectLockRetention } from './storage/object-lock-retention';
import type { PolicyStatement } from './storage/policy-document';
import type { Tags } from './tags';
import { PropCheck, type TextRule } from './validation';

export interface AuditAnchoringProps extends AnchorLifecycleOptions {
  /** Name of the environment, part of the names of all resources: 1 to 32 of a-z, 0-9 and "-". */
  readonly environment: string;

  /**
   * Full name of the anchor bucket. Its replica is called the same with `-dr`, its log bucket with `-logs`.
   *
   * @default - `audit-anchors-ENVIRONMENT-` and 8 random hex digits, for which the stack needs the random provider
   */
  readonly bucketName?: string;

  /**
   * How long anchors are locked.
   *
   * @default - COMPLIANCE for 400 days
   */
  readonly retention?: ObjectLockRetention;

  /**
   * `kms`: a KMS key of their own. `s3`: keys held by S3, see `AnchorEncryption` for what each costs.
   *
   * @default kms - a new key per bucket
   */
  readonly encryption?: 'kms' | 's3';

  /**
   * Chains that the writer may write.
   *
   * @default - one chain, called like the environment
   */
  readonly chainIds?: readonly string[];

  /**
   * The gateway's role, by name or as a construct.
   *
   * @default - a new role for ECS tasks, `audit-anchor-writer-ENVIRONMENT`
   */
  readonly writerRole?: Grantee;

  /**
   * The role that may set and lift legal holds.
   *
   * @default - nobody may
   */
  readonly custodianRole?: Grantee;

  /**
   * Accounts of auditors, 12 digits each.
   *
   * @default - none, and no role for auditors
   */
  readonly auditorAccountIds?: string[];

  /**
   * External id that auditors present; required when there are auditors.
   *
   * @default - none
   */
  readonly auditorExternalId?: string;

  /**
   * Demand a second factor of auditors; shuts out sessions from single sign-on.
   *
   * @default false - no second factor is demanded
   */
  readonly requireAuditorMfa?: boolean;

  /**
   * AWS organisation that auditors have to belong to.
   *
   * @default - any
   */
  readonly auditorOrganizationId?: string;

  /**
   * AWS provider of the DR region, in the same account.
   *
   * @default - no replica
   */
  readonly replicaProvider?: TerraformProvider;

  /**
   * Name of an existing bucket for access logs; its policy has to let `logging.s3.amazonaws.com` deliver.
   *
   * @default - a new `AccessLogsBucket`
   */
  readonly accessLogsBucketName?: string;

  /**
   * ARN of the only role that may change the buckets' configuration after this deployment.
   *
   * @default - the role or user that runs Terraform, looked up at plan time
   */
  readonly deployRoleArn?: string;

  /**
   * ARN of the only role that may make the keys unusable.
   *
   * @default - nobody may
   */
  readonly breakGlassRoleArn?: string;

  /**
   * Further statements of the anchor bucket's policy.
   *
   * @default - only the statements that guard anchors
   */
  readonly additionalPolicyStatements?: readonly PolicyStatement[];

  /**
   * Tags of every resource that can have tags.
   *
   * @default - only `Name` and `Purpose`, which are always set
   */
  readonly tags?: Tags;

  /**
   * Provider of everything but the replica.
   *
   * @default - the stack's default AWS provider
   */
  readonly provider?: TerraformProvider;
}

export const ENVIRONMENT: TextRule = {
  test: (name) => /^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/.test(name),
  allowed: '1 to 32 of a-z, 0-9 and "-", beginning and ending with a letter or digit',
};

/**
 * The whole pattern: bucket, key, policy, access logs, writer, auditors, and the replica when a provider for
 * it is given.
 *
 * Child ids (`Key`, `Bucket`, `AccessLogs`, `Writer`, `Verifier`, `Grants`, `Replica`, `ReplicaGrants`) are a
 * public contract: changing one would replace a bucket that cannot be emptied.
 */
export class AuditAnchoring extends Construct {
  readonly bucket: AnchorBucket;
  /** Undefined with SSE-S3. */
  readonly key: AnchorKey | undefined;
  /** Undefined when logs go to an existing bucket. */
  readonly accessLogs: AccessLogsBucket | undefined;
  /** The role made for the writer; undefined when the gateway's own is used. */
  readonly writer: ServiceRole | undefined;
  /** Its `resource` is undefined when there are no auditors. */
  readonly verifier: VerifierRole;
  readonly grants: AnchorBucketGrants;
  readonly replica: AnchorReplica | undefined;

  /** @throws ConstructError `PROPS_INVALID` */
  constructor(scope: Construct, id: string, props: AuditAnchoringProps) {
    super(scope, id);
    checkProps(new PropCheck(this), props);
    const { environment, provider, tags } = props;
    const chainIds = props.chainIds ?? [environment];

    this.key = props.encryption === 's3' ? undefined : this.newKey(props);
    this.bucket = new AnchorBucket(this, 'Bucket', {
      ...props,
      ...(props.bucketName === undefined && { bucketNamePrefix: `audit-anchors-${environment}` }),
      encryption: this.key ? AnchorEncryption.kms(this.key) : AnchorEncryption.s3Managed(),
    });
    this.accessLogs = this.logAccess(props);

    this.grants = new AnchorBucketGrants(this, 'Grants', { bucket: this.bucket });
    this.writer = props.writerRole === undefined ? this.newWriter(props) : undefined;
    this.grants.write('Write', props.writerRole ?? (this.writer as ServiceRole), {
      chainIds,
      policyName: `audit-anchor-writer-${environment}`,
    });
    if (props.custodianRole !== undefined) {
      this.grants.hold('Hold', props.custodianRole, {
        chainIds,
        policyName: `audit-anchor-custodian-${environment}`,
      });
    }
    this.verifier = new VerifierRole(this, 'Verifier', {
      roleName: `audit-anchor-verifier-${environment}`,
      auditorAccountIds: props.auditorAccountIds ?? [],
      externalId: props.auditorExternalId ?? '',
      requireMfa: props.requireAuditorMfa,
      organizationId: props.auditorOrganizationId,
      tags,
      provider,
    });
    if (this.verifier.resource) {
      this.grants.verify('Verify', this.verifier, { chainIds, policyName: 's3-read-only' });
    }
    this.replica = props.replicaProvider && this.newReplica(props, props.replicaProvider, chainIds);
  }

  private newKey({ environment, breakGlassRoleArn, deployRoleArn, tags, provider }: AuditAnchoringProps) {
    return new AnchorKey(this, 'Key', {
      aliasName: `audit-anchors-${environment}`,
      description: `Audit anchor encryption - ${environment}`,
      breakGlassRoleArn,
      deployRoleArn,
      tags,
      provider,
    });
  }

  private newWriter({ environment, tags, provider }: AuditAnchoringProps): ServiceRole {
    return new ServiceRole(this, 'Writer', {
      roleName: `audit-anchor-writer-${environment}`,
      tags,
      provider,
    });
  }

  private logAccess(props: AuditAnchoringProps): AccessLogsBucket | undefined {
    if (props.accessLogsBucketName !== undefined) {
      this.bucket.logTo(props.accessLogsBucketName, ACCESS_LOGS_PREFIX);
      return undefined;
    }
    const { tags, provider } = props;
    const logs = new AccessLogsBucket(this, 'AccessLogs', {
      bucketName: this.relatedName(props, 'logs'),
      tags,
      provider,
    });
    logs.receiveFrom(this.bucket);
    return logs;
  }

  private newReplica(
    props: AuditAnchoringProps,
    provider: TerraformProvider,
    chainIds: readonly string[],
  ): AnchorReplica {
    const { environment, breakGlassRoleArn, deployRoleArn, expireAfterRetention, tags } = props;
    const replica = new AnchorReplica(this, 'Replica', {
      source: this.bucket,
      provider,
      bucketName: this.relatedName(props, 'dr'),
      roleName: `audit-anchor-replication-${environment}`,
      keyAliasName: `audit-anchors-dr-${environment}`,
      breakGlassRoleArn,
      deployRoleArn,
      expireAfterRetention,
      tags,
    });
    if (this.verifier.resource) {
      new AnchorBucketGrants(this, 'ReplicaGrants', { bucket: replica.bucket }).verify(
        'Verify',
        this.verifier,
        { chainIds, policyName: 's3-read-only-dr' },
      );
    }
    return replica;
  }

  /** `audit-anchors-dr-ENVIRONMENT-SUFFIX`, or the given name and `-dr`. */
  private relatedName({ bucketName, environment }: AuditAnchoringProps, part: 'dr' | 'logs'): string {
    const { suffix } = this.bucket;
    return suffix ? `audit-anchors-${part}-${environment}-${suffix.hex}` : `${bucketName}-${part}`;
  }
}

function checkProps(check: PropCheck, props: AuditAnchoringProps): void {
  check.text('environment', props.environment, ENVIRONMENT, 'choose another name');
  checkAnchorBucketProps(check, { ...props, encryption: undefined });
  checkAnchorKeyProps(check, { breakGlassRoleArn: props.breakGlassRoleArn });
  checkChainIds(check, 'chainIds', props.chainIds);
  check.text('accessLogsBucketName', props.accessLogsBucketName, BUCKET_NAME, 'name the bucket, not its ARN');
  if (props.bucketName !== undefined && BUCKET_NAME.test(props.bucketName)) {
    const longest = `${props.bucketName}-logs`;
    check.text(
      'bucketName',
      longest,
      BUCKET_NAME,
      'shorten it: names of other buckets add up to 5 characters',
    );
  }
  for (const prop of ['writerRole', 'custodianRole'] as const) {
    const role = props[prop];
    if (typeof role === 'string')
      check.text(prop, role, ROLE_NAME, 'give the part of the ARN after the last "/"');
  }
  if (props.auditorAccountIds !== undefined) {
    checkVerifierRoleProps(
      check,
      {
        auditorAccountIds: props.auditorAccountIds,
        externalId: props.auditorExternalId ?? '',
        organizationId: props.auditorOrganizationId,
      },
      { externalId: 'auditorExternalId', organizationId: 'auditorOrganizationId' },
    );
  }
  check.throwIfAny();
}
