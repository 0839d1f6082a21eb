import { DataAwsIamPolicyDocument } from '@cdktf/provider-aws/lib/data-aws-iam-policy-document';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import type { SchedulerScheduleGroup } from '@cdktf/provider-aws/lib/scheduler-schedule-group';
import type { Construct } from 'constructs';
import { when } from '../../storage/policy-document';
import { tagsFor } from '../../tags';
import type { TaskPlatform } from '../platform/task-platform';

/** The role that EventBridge Scheduler takes on for the schedules of one group; children `Trust` and `Role`. */
export function schedulerRole(
  scope: Construct,
  { provider, tags, surroundings }: TaskPlatform,
  roleName: string,
  group: SchedulerScheduleGroup,
): IamRole {
  const trust = new DataAwsIamPolicyDocument(scope, 'Trust', {
    provider,
    statement: [
      {
        sid: 'AssumedByScheduler',
        effect: 'Allow',
        principals: [{ type: 'Service', identifiers: ['scheduler.amazonaws.com'] }],
        actions: ['sts:AssumeRole'],
        condition: [
          when('StringEquals', 'aws:SourceAccount', surroundings.accountId),
          // Scheduler names the group here, not the schedule.
          when('ArnEquals', 'aws:SourceArn', group.arn),
        ],
      },
    ],
  });
  return new IamRole(scope, 'Role', {
    provider,
    name: roleName,
    assumeRolePolicy: trust.json,
    tags: tagsFor(tags, roleName, 'Audit anchor schedules'),
  });
}
