import { DataAwsIamPolicyDocument } from '@cdktf/provider-aws/lib/data-aws-iam-policy-document';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy';
import { Construct } from 'constructs';
import type { GranteeRole } from '../../access/grantee-role';
import { allow, type PolicyStatement, when } from '../../storage/policy-document';
import { tagsFor } from '../../tags';
import type { AnchorTaskDefinition } from '../tasks/task-definition';
import type { TaskPlatform } from '../platform/task-platform';

export interface FullVerificationRoleProps {
  readonly platform: TaskPlatform;
  readonly roleName: string;
  /** Name of the state machine, which takes the role on and starts its own child executions. */
  readonly machineName: string;
  readonly task: AnchorTaskDefinition;
  /** The two roles of the tasks, which the state machine hands to ECS and to nobody else. */
  readonly taskRoleArn: string;
  readonly executionRoleArn: string;
}

/** Rule by which Step Functions learns that a task of `.sync` has ended; it makes it in the account once. */
const RULE_OF_SYNC = 'rule/StepFunctionsGetEventsForECSTaskRule';

/** What Step Functions calls to deliver logs; CloudWatch Logs has no resources for any of it. */
const DELIVER_LOGS = [
  'logs:CreateLogDelivery',
  'logs:GetLogDelivery',
  'logs:UpdateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:DescribeResourcePolicies',
  'logs:DescribeLogGroups',
];

/** What the state machine itself may do: run its tasks, and its own children. */
export class FullVerificationRole extends Construct implements GranteeRole {
  readonly resource: IamRole;
  readonly document: DataAwsIamPolicyDocument;
  readonly policy: IamRolePolicy;

  constructor(scope: Construct, id: string, props: FullVerificationRoleProps) {
    super(scope, id);
    const { platform, roleName, machineName } = props;
    const { provider, tags, surroundings } = platform;
    const trust = new DataAwsIamPolicyDocument(this, 'Trust', {
      provider,
      statement: [
        {
          sid: 'AssumedByStateMachine',
          effect: 'Allow',
          principals: [{ type: 'Service', identifiers: ['states.amazonaws.com'] }],
          actions: ['sts:AssumeRole'],
          condition: [
            when('StringEquals', 'aws:SourceAccount', surroundings.accountId),
            when(
              'ArnLike',
              'aws:SourceArn',
              surroundings.arn('states', `stateMachine:${machineName}`),
              // Children of a Distributed Map carry its label behind the name.
              surroundings.arn('states', `stateMachine:${machineName}/*`),
            ),
          ],
        },
      ],
    });
    this.resource = new IamRole(this, 'Resource', {
      provider,
      name: roleName,
      assumeRolePolicy: trust.json,
      tags: tagsFor(tags, roleName, 'Audit anchor verification'),
    });
    this.document = new DataAwsIamPolicyDocument(this, 'Document', {
      provider,
      statement: statements(props),
    });
    this.policy = new IamRolePolicy(this, 'Policy', {
      provider,
      name: 'audit-anchor-full-verify-machine',
      role: this.resource.name,
      policy: this.document.json,
    });
  }

  get roleName(): string {
    return this.resource.name;
  }

  get roleArn(): string {
    return this.resource.arn;
  }
}

function statements(props: FullVerificationRoleProps): PolicyStatement[] {
  const { platform, machineName, task, taskRoleArn, executionRoleArn } = props;
  const { surroundings, clusterArn } = platform;
  const inCluster = [when('ArnEquals', 'ecs:cluster', clusterArn)];
  const execution = surroundings.arn('states', `execution:${machineName}`);
  return [
    allow('RunTasks', ['ecs:RunTask'], task.familyArns, inCluster),
    allow(
      'FollowTasks',
      ['ecs:DescribeTasks', 'ecs:StopTask'],
      [surroundings.arn('ecs', 'task/*')],
      inCluster,
    ),
    allow(
      'HandOverRoles',
      ['iam:PassRole'],
      [taskRoleArn, executionRoleArn],
      [when('StringEquals', 'iam:PassedToService', 'ecs-tasks.amazonaws.com')],
    ),
    allow(
      'HearOfEndedTasks',
      ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'],
      [surroundings.arn('events', RULE_OF_SYNC)],
    ),
    allow(
      'StartChildren',
      ['states:StartExecution'],
      [surroundings.arn('states', `stateMachine:${machineName}`)],
    ),
    allow(
      'FollowChildren',
      ['states:DescribeExecution', 'states:StopExecution'],
      [`${execution}:*`, `${execution}/*`],
    ),
    allow('DeliverLogs', DELIVER_LOGS, ['*']),
  ];
}
