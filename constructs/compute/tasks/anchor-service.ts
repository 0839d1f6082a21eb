import { EcsService } from '@cdktf/provider-aws/lib/ecs-service';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { DEFAULTS } from '../../../runtime/contract';
import { AnchorBucketGrants } from '../../access/grants';
import { type GranteeRole, ServiceRole } from '../../access/grantee-role';
import { tagsFor } from '../../tags';
import { isUnknownAtSynth, PropCheck } from '../../validation';
import { chainSettings, checkAnchoredChain, taskName } from './anchored-chain';
import { type AnchorServiceProps, checkAnchorService } from './anchor-service-props';
import { DeadLetterQueue } from './dead-letter-queue';
import { ExecutionRole } from './execution-role';
import { everyMinutes } from './schedule-expression';
import { AnchorTaskDefinition } from './task-definition';
import { taskSecrets } from '../platform/task-secrets';
import { taskEnvironment } from './task-environment';
import type { TaskLogs } from '../platform/task-logs';
import type { TaskPlatform } from '../platform/task-platform';
import { TaskScheduler } from './task-scheduler';

/** Minutes between two looks of the scheduled mode, when nothing else is said. */
const LOOK_MINUTES = 5;

/**
 * Anchors one chain, as a service or on a schedule. A deployment stops the old task before it starts the new one;
 * should two ever run, the advisory lock of the database and conditional uploads let one of them write.
 */
export class AnchorService extends Construct {
  readonly mode: 'service' | 'scheduled';
  readonly logs: TaskLogs;
  readonly taskRole: GranteeRole;
  readonly executionRole: ExecutionRole;
  readonly taskDefinition: AnchorTaskDefinition;
  /** Undefined in mode `scheduled`. */
  readonly resource: EcsService | undefined;
  /** Minutes between two runs; undefined in mode `service`. */
  readonly scheduleMinutes: number | undefined;
  /** Undefined in mode `service`. */
  readonly scheduler: TaskScheduler | undefined;
  /** Undefined in mode `service`, unless it was given. */
  readonly deadLetterQueue: DeadLetterQueue | undefined;

  /** @throws ConstructError `PROPS_INVALID` */
  constructor(scope: Construct, id: string, props: AnchorServiceProps) {
    super(scope, id);
    this.check(props);
    const { platform, mode = 'service' } = props;
    this.mode = mode;
    const name = taskName(props);
    this.logs = platform.logsOf(this, 'writer', name);
    const dependsOn = [...(props.dependsOn ?? [])];
    this.taskRole = props.taskRole ?? this.newRole(props, dependsOn);
    this.executionRole = this.newExecutionRole(props);
    this.taskDefinition = this.newTaskDefinition(props);
    if (mode === 'service') {
      this.deadLetterQueue = props.deadLetterQueue;
      this.resource = this.newService(platform, name, [...dependsOn, this.executionRole.policy]);
    } else {
      this.deadLetterQueue = props.deadLetterQueue ?? this.newQueue(platform, name);
      this.scheduleMinutes = props.scheduleMinutes ?? usualSchedule(props.intervalMinutes);
      this.scheduler = this.newScheduler(platform, name, this.scheduleMinutes, this.deadLetterQueue);
    }
  }

  private check(props: AnchorServiceProps): void {
    const check = new PropCheck(this);
    checkAnchorService(check, props);
    checkAnchoredChain(check, props, 'writer');
    check.throwIfAny();
  }

  private newRole(props: AnchorServiceProps, policies: ITerraformDependable[]): ServiceRole {
    const { platform, bucket, chainId } = props;
    const { tags, provider } = platform;
    const roleName = `audit-anchor-service-${taskName(props)}`;
    const role = new ServiceRole(this, 'Role', { roleName, tags, provider });
    const grants = new AnchorBucketGrants(this, 'Grants', { bucket });
    policies.push(
      grants.write('Write', role, {
        chainIds: [chainId],
        policyName: roleName,
      }),
    );
    return role;
  }

  private newExecutionRole(props: AnchorServiceProps): ExecutionRole {
    const { platform, secretsKeyArns = [] } = props;
    return new ExecutionRole(this, 'Execution', {
      roleName: `audit-anchor-service-exec-${taskName(props)}`,
      platform,
      logs: this.logs,
      secretArns: Object.values(taskSecrets(props)),
      secretsKeyArns,
    });
  }

  private newTaskDefinition(props: AnchorServiceProps): AnchorTaskDefinition {
    const { platform, cpu, memoryMiB, pollSeconds, verifiedElsewhere = false } = props;
    const kind = this.mode === 'service' ? 'run' : 'anchor';
    return new AnchorTaskDefinition(this, 'Task', {
      platform,
      cpu,
      memoryMiB,
      family: `audit-anchor-${taskName(props)}`,
      command: [kind],
      environment: taskEnvironment(kind, chainSettings(props), { pollSeconds, verifiedElsewhere }),
      secrets: taskSecrets(props),
      taskRoleArn: this.taskRole.roleArn,
      executionRoleArn: this.executionRole.roleArn,
      logs: this.logs,
      streamPrefix: kind,
      healthCheck: kind === 'run',
    });
  }

  private newService(platform: TaskPlatform, ownName: string, dependsOn: ITerraformDependable[]): EcsService {
    const { clusterArn, network, provider, tags } = platform;
    const name = `audit-anchor-${ownName}`;
    return new EcsService(this, 'Resource', {
      provider,
      // ECS would start a task that may do nothing yet, or that reaches nothing.
      dependsOn: [...dependsOn, ...platform.startsAfter],
      name,
      cluster: clusterArn,
      taskDefinition: this.taskDefinition.taskDefinitionArn,
      launchType: 'FARGATE',
      desiredCount: 1,
      deploymentMaximumPercent: 100,
      deploymentMinimumHealthyPercent: 0,
      deploymentCircuitBreaker: { enable: true, rollback: true },
      // Would need a second task while it moves the first.
      availabilityZoneRebalancing: 'DISABLED',
      networkConfiguration: {
        subnets: network.subnetIds,
        securityGroups: [network.securityGroupId],
        assignPublicIp: network.assignPublicIp,
      },
      enableExecuteCommand: false,
      enableEcsManagedTags: true,
      propagateTags: 'SERVICE',
      waitForSteadyState: false,
      tags: tagsFor(tags, name, 'WORM audit log anchoring'),
    });
  }

  private newQueue(platform: TaskPlatform, name: string): DeadLetterQueue {
    const queueName = `audit-anchor-service-not-started-${name}`;
    return new DeadLetterQueue(this, 'NotStarted', { platform, queueName });
  }

  private newScheduler(
    platform: TaskPlatform,
    name: string,
    scheduleMinutes: number,
    deadLetterQueue: DeadLetterQueue,
  ): TaskScheduler {
    return new TaskScheduler(this, 'Scheduler', {
      platform,
      names: ['audit-anchor', name],
      taskRoleArn: this.taskRole.roleArn,
      executionRoleArn: this.executionRole.roleArn,
      deadLetterQueue,
      tasks: [
        {
          id: 'Anchor',
          scheduleName: 'anchor',
          description: 'Writes an anchor when a trigger is due',
          expression: everyMinutes(scheduleMinutes),
          task: this.taskDefinition,
          giveUpAfterSeconds: 300,
        },
      ],
    });
  }
}

/** An interval that only Terraform knows may be as short as a minute. */
function usualSchedule(intervalMinutes: number = DEFAULTS.intervalMinutes): number {
  return isUnknownAtSynth(intervalMinutes) ? 1 : Math.min(LOOK_MINUTES, intervalMinutes);
}
