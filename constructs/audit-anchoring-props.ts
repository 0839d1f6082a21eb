import type { TerraformProvider } from 'cdktf';
import { CHAIN_ID, CHAIN_ID_FIX, checkChainIds } from './access/chain-id';
import { type Grantee, ROLE_NAME } from './access/grantee-role';
import { checkVerifierRoleProps } from './access/verifier-role';
import { type AnchorComputeOptions, checkAnchorCompute } from './compute/anchor-compute';
import { ENVIRONMENT, ENVIRONMENT_FIX } from './environment';
import { checkAlarmTopics } from './monitoring/alarm-topics';
import { checkGateway, type GatewayOptions } from './monitoring/gateway-metrics';
import { checkAnchorBucketProps } from './storage/anchor-bucket';
import { checkAnchorKeyProps } from './storage/anchor-key';
import type { AnchorLifecycleOptions } from './storage/anchor-lifecycle';
import { BUCKET_NAME } from './storage/bucket-name';
import type { ObjectLockRetention } from './storage/object-lock-retention';
import type { PolicyStatement } from './storage/policy-document';
import type { Tags } from './tags';
import { isUnknownAtSynth, type PropCheck, quoted } from './validation';

export interface AnchoringAlarmOptions {
  /**
   * ARNs of the SNS topics that alarms tell, at most 5; a token for a list is decided by Terraform.
   *
   * @default - a new topic; somebody has to subscribe to it
   */
  readonly topicArns?: string[];

  /**
   * ARN of the KMS key of the new topic.
   *
   * @default - the topic is not encrypted with KMS: messages hold names and numbers only
   */
  readonly topicKmsKeyArn?: string;
}

export interface AnchoringComputeOptions extends AnchorComputeOptions {
  /**
   * The chain that the tasks anchor and verify, one of `chainIds`.
   *
   * @default - the only one of `chainIds`
   */
  readonly chainId?: string;
}

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
   * ECS tasks that anchor and verify, see `AnchorCompute`. With a `writerRole` the tasks anchor under a role of
   * their own, and the gateway keeps its permission to write.
   *
   * @default - nothing runs here: the gateway writes the anchors
   */
  readonly compute?: AnchoringComputeOptions;

  /**
   * The program that anchors the chains for which `compute` runs nothing.
   *
   * @default - it emits metrics, and has the runtime's own interval and threshold
   */
  readonly gateway?: GatewayOptions;

  /**
   * Alarms, see `AnchorAlarms`: on everything that is made here, on anchoring and verification when `compute` runs them,
   * and on what the metrics of the `gateway` tell of every other chain.
   *
   * @default - no alarms
   */
  readonly alarms?: AnchoringAlarmOptions;

  /**
   * A dashboard of the metrics, see `AnchorDashboard`. It costs 3 USD a month beyond the first three of an
   * account.
   *
   * @default false - no dashboard
   */
  readonly dashboard?: boolean;

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

/** The chain of the tasks; undefined when there are several to choose from. */
export function chainOfTasks({ compute, chainIds, environment }: AuditAnchoringProps): string | undefined {
  if (compute?.chainId !== undefined) return compute.chainId;
  if (chainIds === undefined) return environment;
  return !isUnknownAtSynth(chainIds) && chainIds.length === 1 ? chainIds[0] : undefined;
}

/** The chains that no task made here anchors; empty when the list is a token, whose members nobody knows here. */
export function chainsOfGateway(props: AuditAnchoringProps): readonly string[] {
  const { compute, environment, chainIds = [environment] } = props;
  if (compute === undefined) return chainIds;
  const ours = chainOfTasks(props);
  // Where a token hides which one is that of the tasks, the others cannot be told from it.
  const known = !isUnknownAtSynth(chainIds) && ours !== undefined && chainIds.includes(ours);
  return known ? chainIds.filter((chainId) => chainId !== ours) : [];
}

/** Faults of all parts, under the names of these props. */
export function checkAuditAnchoringProps(check: PropCheck, props: AuditAnchoringProps): void {
  check.text('environment', props.environment, ENVIRONMENT, ENVIRONMENT_FIX);
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
  checkGateway(check.within('gateway'), props.gateway ?? {});
  if (props.alarms !== undefined) checkAlarms(check, props, props.alarms);
  if (props.compute !== undefined) checkCompute(check.within('compute'), props, props.compute);
}

function checkCompute(check: PropCheck, props: AuditAnchoringProps, compute: AnchoringComputeOptions): void {
  const { writerRole, environment, chainIds = [environment] } = props;
  const chain = chainOfTasks(props);
  checkAnchorCompute(check, { ...compute, otherWriters: writerRole === undefined ? [] : [writerRole] });
  check
    .text('chainId', compute.chainId, CHAIN_ID, CHAIN_ID_FIX)
    .rule(chain !== undefined, {
      prop: 'chainId',
      found: 'absent, while "chainIds" does not name exactly one',
      allowed: 'one of "chainIds"',
      fix: 'name the chain that the tasks anchor; add an AnchorService for each other one',
    })
    .rule(chain === undefined || mayBeOneOf(chain, chainIds), {
      prop: 'chainId',
      found: quoted(chain ?? ''),
      allowed: `one of "chainIds", which the writer may write`,
      fix: 'add it there, or name another',
    });
}

/** Every chain is watched, so it has to be known which are, and which of them the tasks anchor. */
function checkAlarms(check: PropCheck, props: AuditAnchoringProps, alarms: AnchoringAlarmOptions): void {
  const { compute, gateway, environment, chainIds = [environment] } = props;
  checkAlarmTopics(check.within('alarms'), alarms);
  if (compute === undefined || gateway?.emitsMetrics === false) return;
  const fix = 'or set "gateway.emitsMetrics" to false and add AnchorAlarms "alongside" for other chains';
  check.rule(!isUnknownAtSynth(chainIds), {
    prop: 'chainIds',
    found: 'a token for the whole list',
    allowed: 'with alarms a list whose length is known at synth; its members may be tokens',
    fix: `list the chains, ${fix}`,
  });
  if (isUnknownAtSynth(chainIds) || chainIds.length < 2) return;
  const chain = chainOfTasks(props);
  check.rule(chain === undefined || !mayBeOneOf(chain, chainIds) || chainIds.includes(chain), {
    prop: 'compute.chainId',
    found: quoted(chain ?? ''),
    allowed: 'with alarms written as "chainIds" has it, so that the others are known',
    fix: `use the same token or text, ${fix}`,
  });
}

function mayBeOneOf(chain: string, chainIds: readonly string[]): boolean {
  if (isUnknownAtSynth(chainIds)) return true;
  return chainIds.includes(chain) || [chain, ...chainIds].some(isUnknownAtSynth);
}
