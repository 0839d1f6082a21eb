import { DataAwsCallerIdentity } from '@cdktf/provider-aws/lib/data-aws-caller-identity';
import { DataAwsIamSessionContext } from '@cdktf/provider-aws/lib/data-aws-iam-session-context';
import { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import { RandomProvider } from '@cdktf/provider-random/lib/provider';
import { LocalBackend, S3Backend, TerraformOutput, TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import { ENV } from '../../runtime/contract';
import { AuditAnchoring } from '../audit-anchoring';
import type { FullVerification } from '../compute/full-verification/full-verification';
import { ObjectLockRetention } from '../storage/object-lock-retention';
import type { StackSettings } from './settings';
import { newFullVerification } from './stack-full-verification';
import { taskOutputs } from './task-outputs';
import { AnchorVariables, deployRoleOr } from './variables';

/** Ages of the source document's archive transitions, in days. */
const ARCHIVE = { glacierInstantRetrievalAfterDays: 30, deepArchiveAfterDays: 90 };

/** Where a stack is synthesised, seen from the project: `cdktf.out/stacks/NAME`. */
const PROJECT_FROM_STACK = '../../..';

/** Anchoring of one environment: variables, providers, state and outputs around `AuditAnchoring`. */
export class AuditAnchorStack extends TerraformStack {
  readonly anchoring: AuditAnchoring;
  /** Undefined unless it was asked for. */
  readonly fullVerification: FullVerification | undefined;
  private readonly variables: AnchorVariables;

  /** @throws ConstructError `PROPS_INVALID` */
  constructor(scope: Construct, settings: StackSettings) {
    super(scope, `audit-anchor-${settings.environment}`);
    this.keepStateIn(settings);
    this.variables = new AnchorVariables(this, settings);
    new AwsProvider(this, 'aws', { region: this.variables.awsRegion });
    if (settings.bucketName === undefined) new RandomProvider(this, 'random');

    this.anchoring = new AuditAnchoring(this, 'Anchoring', {
      environment: settings.environment,
      bucketName: settings.bucketName,
      retention: ObjectLockRetention.complianceDays(
        this.variables.wormRetentionDays,
        this.variables.verifyRetentionDays,
      ),
      encryption: settings.encryption,
      chainIds: [this.variables.chainId],
      writerRole: settings.gatewayRoleName,
      custodianRole: settings.custodianRoleName,
      auditorAccountIds: this.variables.auditorAccountIds,
      auditorExternalId: this.variables.auditorExternalId,
      requireAuditorMfa: settings.requireAuditorMfa,
      replicaProvider: settings.enableReplication ? this.drProvider() : undefined,
      accessLogsBucketName: settings.accessLogsBucket,
      deployRoleArn: deployRoleOr(this.variables.deployRoleArn, this.currentPrincipal()),
      breakGlassRoleArn: settings.breakGlassRoleArn,
      expireAfterRetention: settings.expireAnchors,
      ...(settings.archiveAnchors && ARCHIVE),
      compute: settings.compute,
      gateway: {
        emitsMetrics: settings.gatewayEmitsMetrics,
        intervalMinutes: settings.intervalMinutes,
        eventThreshold: settings.eventThreshold,
      },
      ...(settings.alarms && { alarms: { topicArns: this.variables.alarmSnsTopicArns } }),
      dashboard: settings.dashboard,
      tags: this.variables.tags,
    });
    this.fullVerification = newFullVerification(this, settings, this.anchoring, this.variables.chainId);
    this.declareOutputs(settings);
  }

  /** Explicit, because cdktf's default holds an absolute path and the output would differ per machine. */
  private keepStateIn({ environment, stateBackend }: StackSettings): void {
    if (!stateBackend) {
      const path = `${PROJECT_FROM_STACK}/terraform.${this.node.id}.tfstate`;
      new LocalBackend(this, { path });
      return;
    }
    new S3Backend(this, {
      ...stateBackend,
      key: `audit-anchor/${environment}/terraform.tfstate`,
      encrypt: true,
    });
    // Locks the state in its bucket, without a DynamoDB table; Terraform has it since 1.10.
    this.addOverride('terraform.backend.s3.use_lockfile', true);
  }

  private drProvider(): AwsProvider {
    return new AwsProvider(this, 'aws_dr', { alias: 'dr_region', region: this.variables.drRegion });
  }

  private currentPrincipal(): string {
    const caller = new DataAwsCallerIdentity(this, 'Caller');
    return new DataAwsIamSessionContext(this, 'Deployer', { arn: caller.arn }).issuerArn;
  }

  private declareOutputs(settings: StackSettings): void {
    const { bucket, key, verifier, writer, replica, alarms } = this.anchoring;
    this.output('audit_anchor_bucket', 'S3 bucket name for audit anchors', bucket.bucketName);
    this.output('audit_anchor_bucket_arn', 'S3 bucket ARN', bucket.bucketArn);
    if (key) this.output('kms_key_arn', 'KMS key ARN for anchor encryption', key.keyArn);
    this.output(
      'verifier_role_arn',
      'IAM role ARN for external verification; null without auditors',
      verifier.existingRoleArn,
    );
    if (writer) this.output('writer_role_arn', 'IAM role ARN of the program that writes', writer.roleArn);
    if (replica) this.output('replica_bucket', 'S3 bucket name of the replica', replica.bucket.bucketName);
    if (alarms) this.output('alarm_topic_arns', 'SNS topics that alarms notify', alarms.topics.arns);
    for (const [name, { description, value }] of Object.entries(taskOutputs(this.anchoring.compute))) {
      this.output(name, description, value);
    }
    if (this.fullVerification) {
      const { stateMachineArn, reports } = this.fullVerification;
      const machine = 'State machine that verifies everything; start an execution without input';
      this.output('full_verification_state_machine_arn', machine, stateMachineArn);
      const place = `${reports.bucket.bucketName}/${reports.prefix}`;
      this.output('full_verification_reports', 'Where it keeps plans and reports', `s3://${place}`);
    }
    const description = 'Environment variables of the program that writes';
    this.output('gateway_environment', description, this.gatewayEnvironment(settings));
  }

  private gatewayEnvironment({ intervalMinutes, eventThreshold }: StackSettings): object {
    const { bucket, key } = this.anchoring;
    return {
      [ENV.bucket]: bucket.bucketName,
      [ENV.chainId]: this.variables.chainId,
      [ENV.retentionDays]: bucket.retention.days,
      [ENV.verifyRetentionDays]: bucket.retention.verifiedDays,
      ...(key && { [ENV.kmsKeyArn]: key.keyArn }),
      ...(intervalMinutes !== undefined && { [ENV.intervalMinutes]: intervalMinutes }),
      ...(eventThreshold !== undefined && { [ENV.eventThreshold]: eventThreshold }),
    };
  }

  private output(name: string, description: string, value: unknown): void {
    new TerraformOutput(this, name, { description, value });
  }
}
