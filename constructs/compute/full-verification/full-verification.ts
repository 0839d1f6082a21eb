import { SfnStateMachine } from '@cdktf/provider-aws/lib/sfn-state-machine';
import { Fn } from 'cdktf';
import { Construct } from 'constructs';
import { AnchorBucketGrants } from '../../access/grants';
import { ServiceRole } from '../../access/grantee-role';
import { tagsFor } from '../../tags';
import { PropCheck } from '../../validation';
import {
  chainSettings,
  checkAnchoredChain,
  checkAnchoredChainOptions,
  taskName,
} from '../tasks/anchored-chain';
import { DeadLetterQueue } from '../tasks/dead-letter-queue';
import { ExecutionRole } from '../tasks/execution-role';
import { FullVerificationAlarms } from './alarms';
import { fullVerificationDefinition } from './definition';
import {
  checkFullVerification,
  checkReportsPlace,
  checkSealable,
  DEFAULT_TIMEOUT_HOURS,
  type FullVerificationProps,
  sizeOf,
} from './full-verification-props';
import { FullVerificationReports } from './reports';
import { FullVerificationRole } from './role';
import { FullVerificationSchedule } from './schedule';
import { AnchorTaskDefinition } from '../tasks/task-definition';
import { taskSecrets } from '../platform/task-secrets';
import { taskEnvironment } from '../tasks/task-environment';
import type { TaskLogs } from '../platform/task-logs';
import { verifyWorkersOf } from '../tasks/verify-workers';

/**
 * Verifies every anchor and every event of one chain in as many tasks as are asked for: a state machine of Step
 * Functions that plans shards, has each verified by a task of ECS, and merges what they found into one report. Plans
 * and reports are written once and locked.
 *
 * Its tasks can read anchors, keys and the database, and write reports; the writer's role and secret are refused, as
 * who writes evidence must not judge it.
 */
export class FullVerification extends Construct {
  readonly reports: FullVerificationReports;
  /** Log of the tasks. */
  readonly logs: TaskLogs;
  readonly taskRole: ServiceRole;
  readonly executionRole: ExecutionRole;
  readonly task: AnchorTaskDefinition;
  readonly role: FullVerificationRole;
  readonly resource: SfnStateMachine;
  /** Undefined without topics. */
  readonly alarms: FullVerificationAlarms | undefined;
  /** Undefined without a schedule. */
  readonly schedule: FullVerificationSchedule | undefined;

  /** @throws ConstructError `PROPS_INVALID` */
  constructor(scope: Construct, id: string, props: FullVerificationProps) {
    super(scope, id);
    const check = new PropCheck(this);
    checkFullVerification(check, props, props.writer);
    checkReportsPlace(check, props);
    checkAnchoredChainOptions(check, props);
    checkAnchoredChain(check, props, 'full-verification');
    checkSealable(check, props);
    check.throwIfAny();

    const { platform, chainId, topicArns } = props;
    const { tags, provider } = platform;
    const ownName = taskName(props);
    const name = `audit-anchor-full-verify-${ownName}`;
    this.logs = platform.logsOf(this, 'full-verification', ownName);
    this.reports = new FullVerificationReports(this, 'Reports', props);
    this.taskRole = this.newTaskRole(props, name);
    this.executionRole = new ExecutionRole(this, 'Execution', {
      roleName: `audit-anchor-fullv-exec-${ownName}`,
      platform,
      logs: this.logs,
      secretArns: Object.values(taskSecrets(props)),
      secretsKeyArns: props.secretsKeyArns ?? [],
    });
    this.task = new AnchorTaskDefinition(this, 'Task', {
      platform,
      ...sizeOf(props),
      family: name,
      command: ['verify', '--full'],
      environment: taskEnvironment('verify', chainSettings(props), {
        verifyWorkers: verifyWorkersOf({ ...props, ...sizeOf(props) }),
      }),
      secrets: taskSecrets(props),
      taskRoleArn: this.taskRole.roleArn,
      executionRoleArn: this.executionRole.roleArn,
      logs: this.logs,
      streamPrefix: 'full-verification',
      healthCheck: false,
    });
    this.role = new FullVerificationRole(this, 'Machine', {
      platform,
      roleName: `audit-anchor-fullv-machine-${ownName}`,
      machineName: name,
      task: this.task,
      taskRoleArn: this.taskRole.roleArn,
      executionRoleArn: this.executionRole.roleArn,
    });
    const machineScope = new Construct(this, 'MachineLogs');
    const machineLogs = platform.logsOf(machineScope, 'full-verification-machine', ownName);
    this.resource = new SfnStateMachine(this, 'Resource', {
      provider,
      // Creating it already delivers to the log and asks whether the role may.
      dependsOn: [this.role.policy, this.reports.grantStateMachine(this.role)],
      name,
      type: 'STANDARD',
      roleArn: this.role.roleArn,
      definition: Fn.jsonencode(definitionOf(this, props)),
      loggingConfiguration: {
        level: 'ALL',
        includeExecutionData: false,
        logDestination: `${machineLogs.logGroupArn}:*`,
      },
      tags: tagsFor(tags, name, 'Audit anchor verification'),
    });
    this.alarms =
      topicArns &&
      new FullVerificationAlarms(this, 'Alarms', {
        platform,
        chainId,
        stateMachineArn: this.stateMachineArn,
        topicArns,
      });
    this.schedule = this.newSchedule(props, name);
  }

  get stateMachineArn(): string {
    return this.resource.arn;
  }

  private newTaskRole({ platform, bucket, chainId }: FullVerificationProps, roleName: string): ServiceRole {
    const { tags, provider } = platform;
    const role = new ServiceRole(this, 'Role', { roleName, tags, provider });
    new AnchorBucketGrants(this, 'Grants', { bucket }).verify('Verify', role, {
      chainIds: [chainId],
      policyName: 'audit-anchor-full-verify-anchors',
    });
    this.reports.grantTasks(role);
    return role;
  }

  private newSchedule(props: FullVerificationProps, name: string): FullVerificationSchedule | undefined {
    const { platform, schedule, deadLetterQueue } = props;
    if (schedule === undefined) return undefined;
    const queueName = `audit-anchor-full-verify-not-started-${taskName(props)}`;
    return new FullVerificationSchedule(this, 'Schedule', {
      platform,
      name,
      expression: schedule,
      stateMachineArn: this.stateMachineArn,
      deadLetterQueue: deadLetterQueue ?? new DeadLetterQueue(this, 'NotStarted', { platform, queueName }),
    });
  }
}

function definitionOf({ reports, task }: FullVerification, props: FullVerificationProps): object {
  const { platform, tasks } = props;
  return fullVerificationDefinition({
    place: {
      partition: platform.surroundings.partition,
      clusterArn: platform.clusterArn,
      taskDefinitionArn: task.taskDefinitionArn,
      subnetIds: platform.network.subnetIds,
      securityGroupId: platform.network.securityGroupId,
      assignPublicIp: platform.network.assignPublicIp,
    },
    reportsBucketName: reports.bucket.bucketName,
    reportsPrefix: reports.prefix,
    tasks,
    shards: props.shards ?? tasks,
    timeoutHours: props.timeoutHours ?? DEFAULT_TIMEOUT_HOURS,
  });
}
