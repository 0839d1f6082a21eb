import { DataAwsIamPolicyDocument } from '@cdktf/provider-aws/lib/data-aws-iam-policy-document';
import type { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy';
import { SchedulerSchedule } from '@cdktf/provider-aws/lib/scheduler-schedule';
import { SchedulerScheduleGroup } from '@cdktf/provider-aws/lib/scheduler-schedule-group';
import { Construct } from 'constructs';
import { allow } from '../../storage/policy-document';
import { tagsFor } from '../../tags';
import type { DeadLetterQueue } from '../tasks/dead-letter-queue';
import { schedulerRole } from '../tasks/scheduler-role';
import type { TaskPlatform } from '../platform/task-platform';

export interface FullVerificationScheduleProps {
  readonly platform: TaskPlatform;
  /** Name of the group and part of the name of the role. */
  readonly name: string;
  /** Expression of EventBridge Scheduler, in UTC. */
  readonly expression: string;
  readonly stateMachineArn: string;
  readonly deadLetterQueue: DeadLetterQueue;
}

/** Attempts to start an execution, and seconds after which it is given up. */
const RETRIES = 10;
const GIVE_UP_AFTER_SECONDS = 21_600;

/** Starts the state machine by the clock. A second start of the same run verifies once more, and changes nothing. */
export class FullVerificationSchedule extends Construct {
  readonly group: SchedulerScheduleGroup;
  readonly role: IamRole;
  readonly document: DataAwsIamPolicyDocument;
  readonly resource: SchedulerSchedule;

  constructor(scope: Construct, id: string, props: FullVerificationScheduleProps) {
    super(scope, id);
    const { platform, name, expression, stateMachineArn, deadLetterQueue } = props;
    const { provider, tags } = platform;
    this.group = new SchedulerScheduleGroup(this, 'Group', {
      provider,
      name,
      tags: tagsFor(tags, name, 'Audit anchor schedules'),
    });
    deadLetterQueue.receiveFrom(name);
    this.role = schedulerRole(this, platform, `${name}-sched`, this.group);
    this.document = new DataAwsIamPolicyDocument(this, 'Document', {
      provider,
      statement: [
        allow('StartVerification', ['states:StartExecution'], [stateMachineArn]),
        allow('ReportWhatDidNotStart', ['sqs:SendMessage'], [deadLetterQueue.queueArn]),
      ],
    });
    const permissions = new IamRolePolicy(this, 'Policy', {
      provider,
      name: 'audit-anchor-full-verify-scheduler',
      role: this.role.name,
      policy: this.document.json,
    });
    this.resource = new SchedulerSchedule(this, 'Resource', {
      provider,
      dependsOn: [permissions],
      name: 'full-verification',
      groupName: this.group.name,
      description: 'Verifies every anchor and every event in several tasks',
      scheduleExpression: expression,
      scheduleExpressionTimezone: 'UTC',
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: stateMachineArn,
        roleArn: this.role.arn,
        retryPolicy: { maximumRetryAttempts: RETRIES, maximumEventAgeInSeconds: GIVE_UP_AFTER_SECONDS },
        deadLetterConfig: { arn: deadLetterQueue.queueArn },
      },
    });
  }
}
