import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group';
import type { TerraformProvider } from 'cdktf';
import { Construct } from 'constructs';
import { DEFAULTS } from '../../../runtime/contract';
import { type Tags, tagsFor } from '../../tags';
import { isUnknownAtSynth, type PropCheck } from '../../validation';
import { checkKeyArn } from './task-secrets';

/** How long logs are kept, and under which key. */
export interface TaskLogsOptions {
  /**
   * Days that logs are kept, one of those CloudWatch has.
   *
   * @default 400 - as long as anchors are kept by default
   */
  readonly logRetentionDays?: number;

  /**
   * ARN of a KMS key; its policy has to let `logs.REGION.amazonaws.com` use it.
   *
   * @default - keys held by CloudWatch Logs
   */
  readonly logsKeyArn?: string;
}

export interface TaskLogsProps extends TaskLogsOptions {
  readonly logGroupName: string;
  readonly tags: Tags | undefined;
  readonly provider: TerraformProvider | undefined;
}

const LOG_RETENTION_DAYS: readonly number[] = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** Records a retention that CloudWatch does not have, and a key that is none. */
export function checkTaskLogs(check: PropCheck, { logRetentionDays, logsKeyArn }: TaskLogsOptions): void {
  const days = logRetentionDays;
  check.rule(days === undefined || isUnknownAtSynth(days) || LOG_RETENTION_DAYS.includes(days), {
    prop: 'logRetentionDays',
    found: String(days),
    allowed: `days that CloudWatch has: ${LOG_RETENTION_DAYS.join(', ')}`,
    fix: 'choose the next longer one',
  });
  checkKeyArn(check, 'logsKeyArn', logsKeyArn);
}

/** Log group of one kind of task. */
export class TaskLogs extends Construct {
  readonly resource: CloudwatchLogGroup;

  constructor(scope: Construct, id: string, props: TaskLogsProps) {
    super(scope, id);
    const { provider, logGroupName, logRetentionDays = DEFAULTS.retentionDays } = props;
    this.resource = new CloudwatchLogGroup(this, 'Resource', {
      provider,
      name: logGroupName,
      retentionInDays: logRetentionDays,
      kmsKeyId: props.logsKeyArn,
      tags: tagsFor(props.tags, logGroupName, 'Audit anchor logs and metrics'),
    });
  }

  get logGroupName(): string {
    return this.resource.name;
  }

  get logGroupArn(): string {
    return this.resource.arn;
  }
}
