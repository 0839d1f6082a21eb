import type { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy';
import type { TerraformProvider } from 'cdktf';
import { Construct } from 'constructs';
import { AnchorBucketGrants } from './access/grants';
import { ServiceRole } from './access/grantee-role';
import { VerifierRole } from './access/verifier-role';
import {
  type AnchoringAlarmOptions,
  type AnchoringComputeOptions,
  type AuditAnchoringProps,
  chainOfTasks,
  chainsOfGateway,
  checkAuditAnchoringProps,
} from './audit-anchoring-props';
import { AnchorCompute } from './compute/anchor-compute';
import { AnchorAlarms } from './monitoring/anchor-alarms';
import { AnchorDashboard } from './monitoring/anchor-dashboard';
import { AnchorReplica } from './replication/anchor-replica';
import { ACCESS_LOGS_PREFIX, AccessLogsBucket } from './storage/access-logs-bucket';
import { AnchorBucket } from './storage/anchor-bucket';
import { AnchorEncryption } from './storage/anchor-encryption';
import { AnchorKey } from './storage/anchor-key';
import { PropCheck } from './validation';

/**
 * The whole pattern: bucket, key, policy, access logs, writer, auditors; the replica when a provider for it is
 * given; tasks that anchor and verify, alarms and a dashboard when they are asked for.
 *
 * Child ids (`Key`, `Bucket`, `AccessLogs`, `Writer`, `Verifier`, `Grants`, `Replica`, `ReplicaGrants`,
 * `Compute`, `Alarms`, `GatewayAlarms`, `Dashboard`) are a public contract: changing one would replace a bucket that cannot be emptied.
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
  /** Undefined when nothing runs here. */
  readonly compute: AnchorCompute | undefined;
  /** Undefined unless they were asked for. */
  readonly alarms: AnchorAlarms | undefined;
  /** Those of chains that the gateway anchors beside the tasks; without tasks they are in `alarms`. */
  readonly gatewayAlarms: AnchorAlarms | undefined;
  /** Undefined unless it was asked for. */
  readonly dashboard: AnchorDashboard | undefined;

  /** @throws ConstructError `PROPS_INVALID` */
  constructor(scope: Construct, id: string, props: AuditAnchoringProps) {
    super(scope, id);
    const check = new PropCheck(this);
    checkAuditAnchoringProps(check, props);
    check.throwIfAny();
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
    const writes = this.grants.write('Write', props.writerRole ?? (this.writer as ServiceRole), {
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
    this.compute = props.compute && this.newCompute(props, props.compute, writes);
    this.alarms = props.alarms && this.newAlarms(props, props.alarms);
    this.gatewayAlarms = this.alarms && this.newGatewayAlarms(props, this.alarms);
    this.dashboard = props.dashboard ? this.newDashboard(props) : undefined;
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

  private newCompute(
    props: AuditAnchoringProps,
    options: AnchoringComputeOptions,
    writes: IamRolePolicy,
  ): AnchorCompute {
    const { environment, writerRole, tags, provider } = props;
    return new AnchorCompute(this, 'Compute', {
      ...options,
      chainId: chainOfTasks(props) ?? environment,
      environment,
      bucket: this.bucket,
      replica: this.replica?.bucket,
      ...(this.writer && { taskRole: this.writer, dependsOn: [writes] }),
      otherWriters: writerRole === undefined ? [] : [writerRole],
      tags,
      provider,
    });
  }

  private newAlarms(props: AuditAnchoringProps, options: AnchoringAlarmOptions): AnchorAlarms {
    const { compute, replica } = this;
    const common = { ...options, ...this.watched(props), replica };
    if (compute === undefined) {
      return new AnchorAlarms(this, 'Alarms', { ...common, ...watchedGateway(props) });
    }
    return new AnchorAlarms(this, 'Alarms', {
      ...common,
      chainIds: [chainOfTasks(props) ?? props.environment],
      mode: compute.service.mode,
      scheduleMinutes: compute.service.scheduleMinutes,
      chainFormat: props.compute?.settings?.chainFormat === 'links' ? 'links' : 'v1',
      intervalMinutes: props.compute?.intervalMinutes,
      eventThreshold: props.compute?.eventThreshold,
      ...compute.verification,
      deadLetterQueueName: compute.deadLetterQueue?.queueName,
      cluster: compute.platform.clusterArn,
      writerLogGroupName: compute.service.logs.logGroupName,
    });
  }

  private newGatewayAlarms(props: AuditAnchoringProps, alongside: AnchorAlarms): AnchorAlarms | undefined {
    const gateway = watchedGateway(props);
    if (this.compute === undefined || gateway.mode === 'none' || gateway.chainIds.length === 0)
      return undefined;
    return new AnchorAlarms(this, 'GatewayAlarms', { ...this.watched(props), ...gateway, alongside });
  }

  private newDashboard(props: AuditAnchoringProps): AnchorDashboard {
    const { compute } = props;
    const { environment, provider } = props;
    const { chainIds, intervalMinutes } = watchedGateway(props);
    const ours = compute ? [chainOfTasks(props) ?? environment] : [];
    return new AnchorDashboard(this, 'Dashboard', {
      environment,
      bucket: this.bucket,
      provider,
      replica: this.replica,
      chainIds: [...ours, ...chainIds],
      intervalMinutes,
      intervals: Object.fromEntries(ours.map((chainId) => [chainId, compute?.intervalMinutes])),
    });
  }

  private watched({ environment, tags, provider }: AuditAnchoringProps) {
    return { environment, bucket: this.bucket, tags, provider };
  }

  /** `audit-anchors-dr-ENVIRONMENT-SUFFIX`, or the given name and `-dr`. */
  private relatedName({ bucketName, environment }: AuditAnchoringProps, part: 'dr' | 'logs'): string {
    const { suffix } = this.bucket;
    return suffix ? `audit-anchors-${part}-${environment}-${suffix.hex}` : `${bucketName}-${part}`;
  }
}

/** How the chains are watched that no task made here anchors. */
function watchedGateway(props: AuditAnchoringProps) {
  const { emitsMetrics = true, intervalMinutes, eventThreshold } = props.gateway ?? {};
  const mode = emitsMetrics ? ('external' as const) : ('none' as const);
  return { chainIds: chainsOfGateway(props), mode, intervalMinutes, eventThreshold };
}
