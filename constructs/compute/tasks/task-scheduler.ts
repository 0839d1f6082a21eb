import { DataAwsIamPolicyDocument } from '@cdktf/provider-aws/lib/data-aws-iam-policy-document';
import type { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy';
import { SchedulerSchedule } from '@cdktf/provider-aws/lib/scheduler-schedule';
import { SchedulerScheduleGroup } from '@cdktf/provider-aws/lib/scheduler-schedule-group';
import { Construct } from 'constructs';
import { allow, when } from '../../storage/policy-document';
import { tagsFor } from '../../tags';
import type { DeadLetterQueue } from './dead-letter-queue';
import { schedulerRole } from './scheduler-role';
import type { AnchorTaskDefinition } from './task-definition';
import type { TaskPlatform } from '../platform/task-platform';

/** One task that is started again and again. */
export interface ScheduledTask {
  readonly id: string;
  readonly scheduleName: string;
  readonly description: string;
  readonly expression: string;
  readonly task: AnchorTaskDefinition;
  /** Seconds after which a run that could not be started is given up; the next one makes up for it. */
  readonly giveUpAfterSeconds: number;
}

export interface TaskSchedulerProps {
  readonly platform: TaskPlatform;
  /** Beginning and end of the names of the group and the role. */
  readonly names: readonly [beginning: string, end: string];
  readonly tasks: readonly ScheduledTask[];
  /** The two roles of the tasks, which the scheduler hands to ECS and to nobody else. */
  readonly taskRoleArn: string;
  readonly executionRoleArn: string;
  readonly deadLetterQueue: DeadLetterQueue;
}

/** Attempts to start a run, until it is given up. The most that EventBridge Scheduler has is 185. */
const RETRIES = 10;

/**
 * Starts tasks through EventBridge Scheduler. It starts each run at least once, sometimes twice: of two runs that
 * anchor one finds the lock taken or nothing due, and verification changes nothing.
 */
export class TaskScheduler extends Construct {
  readonly group: SchedulerScheduleGroup;
  readonly role: IamRole;
  readonly document: DataAwsIamPolicyDocument;
  private readonly props: TaskSchedulerProps;

  constructor(scope: Construct, id: string, props: TaskSchedulerProps) {
    super(scope, id);
    this.props = props;
    const { platform, names, tasks, deadLetterQueue } = props;
    const { provider, tags } = platform;
    const [beginning, end] = names;
    const groupName = `${beginning}-${end}`;
    this.group = new SchedulerScheduleGroup(this, 'Group', {
      provider,
      name: groupName,
      tags: tagsFor(tags, groupName, 'Audit anchor schedules'),
    });
    deadLetterQueue.receiveFrom(groupName);
    this.role = schedulerRole(this, platform, `${beginning}-scheduler-${end}`, this.group);
    this.document = this.permissions();
    const permissions = new IamRolePolicy(this, 'Policy', {
      provider,
      name: 'audit-anchor-scheduler',
      role: this.role.name,
      policy: this.document.json,
    });
    for (const task of tasks) this.schedule(task, permissions);
  }

  private permissions(): DataAwsIamPolicyDocument {
    const { platform, tasks, taskRoleArn, executionRoleArn, deadLetterQueue } = this.props;
    return new DataAwsIamPolicyDocument(this, 'Document', {
      provider: platform.provider,
      statement: [
        allow(
          'RunTasks',
          ['ecs:RunTask'],
          tasks.flatMap(({ task }) => task.familyArns),
          [when('ArnEquals', 'ecs:cluster', platform.clusterArn)],
        ),
        allow(
          'HandOverRoles',
          ['iam:PassRole'],
          [taskRoleArn, executionRoleArn],
          [when('StringEquals', 'iam:PassedToService', 'ecs-tasks.amazonaws.com')],
        ),
        allow('ReportWhatDidNotStart', ['sqs:SendMessage'], [deadLetterQueue.queueArn]),
      ],
    });
  }

  private schedule(scheduled: ScheduledTask, permissions: IamRolePolicy): SchedulerSchedule {
    const { platform, deadLetterQueue } = this.props;
    const { provider, clusterArn, network } = platform;
    return new SchedulerSchedule(this, scheduled.id, {
      provider,
      dependsOn: [permissions, ...platform.startsAfter],
      name: scheduled.scheduleName,
      groupName: this.group.name,
      description: scheduled.description,
      scheduleExpression: scheduled.expression,
      scheduleExpressionTimezone: 'UTC',
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: clusterArn,
        roleArn: this.role.arn,
        ecsParameters: {
          taskDefinitionArn: scheduled.task.taskDefinitionArn,
          launchType: 'FARGATE',
          taskCount: 1,
          networkConfiguration: {
            subnets: network.subnetIds,
            securityGroups: [network.securityGroupId],
            assignPublicIp: network.assignPublicIp,
          },
        },
        retryPolicy: {
          maximumRetryAttempts: RETRIES,
          maximumEventAgeInSeconds: scheduled.giveUpAfterSeconds,
        },
        deadLetterConfig: { arn: deadLetterQueue.queueArn },
      },
    });
  }
}
