import { DataAwsIamPolicyDocument } from '@cdktf/provider-aws/lib/data-aws-iam-policy-document';
import { SqsQueue } from '@cdktf/provider-aws/lib/sqs-queue';
import { SqsQueuePolicy } from '@cdktf/provider-aws/lib/sqs-queue-policy';
import { Construct } from 'constructs';
import { denyEveryone, type PolicyStatement, when } from '../../storage/policy-document';
import { tagsFor } from '../../tags';
import type { TaskPlatform } from '../platform/task-platform';

export interface DeadLetterQueueProps {
  readonly platform: TaskPlatform;

  /**
   * Name of the queue.
   *
   * @default - `audit-anchor-not-started-ENVIRONMENT`
   */
  readonly queueName?: string;
}

/** The longest that SQS has: 14 days. */
const KEPT_SECONDS = 1_209_600;

/** Where runs end up that the scheduler could not start. What a task that started does is not seen here. */
export class DeadLetterQueue extends Construct {
  readonly resource: SqsQueue;
  readonly document: DataAwsIamPolicyDocument;
  private readonly platform: TaskPlatform;
  private readonly groups: string[] = [];

  constructor(scope: Construct, id: string, { platform, queueName }: DeadLetterQueueProps) {
    super(scope, id);
    this.platform = platform;
    const { environment, provider, tags } = platform;
    const name = queueName ?? `audit-anchor-not-started-${environment}`;
    this.resource = new SqsQueue(this, 'Resource', {
      provider,
      name,
      messageRetentionSeconds: KEPT_SECONDS,
      sqsManagedSseEnabled: true,
      tags: tagsFor(tags, name, 'Audit anchor runs that could not start'),
    });
    this.document = new DataAwsIamPolicyDocument(this, 'Document', {
      provider,
      statement: this.statements(),
    });
    new SqsQueuePolicy(this, 'Policy', {
      provider,
      queueUrl: this.resource.url,
      policy: this.document.json,
    });
  }

  get queueName(): string {
    return this.resource.name;
  }

  get queueArn(): string {
    return this.resource.arn;
  }

  /** Lets the schedules of a group deliver here. */
  receiveFrom(groupName: string): void {
    this.groups.push(groupName);
    this.document.putStatement(this.statements());
  }

  private statements(): PolicyStatement[] {
    const { surroundings } = this.platform;
    const insecure = denyEveryone(
      'DenyInsecureTransport',
      ['sqs:*'],
      [this.queueArn],
      [when('Bool', 'aws:SecureTransport', 'false')],
    );
    if (this.groups.length === 0) return [insecure];
    return [
      {
        sid: 'AllowScheduler',
        effect: 'Allow',
        principals: [{ type: 'Service', identifiers: ['scheduler.amazonaws.com'] }],
        actions: ['sqs:SendMessage'],
        resources: [this.queueArn],
        condition: [
          when('StringEquals', 'aws:SourceAccount', surroundings.accountId),
          when(
            'ArnLike',
            'aws:SourceArn',
            ...this.groups.map((group) => surroundings.arn('scheduler', `schedule/${group}/*`)),
          ),
        ],
      },
      insecure,
    ];
  }
}
