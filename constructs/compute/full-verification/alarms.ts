import type { CloudwatchMetricAlarm } from '@cdktf/provider-aws/lib/cloudwatch-metric-alarm';
import { Construct } from 'constructs';
import type { AlarmDefinition } from '../../monitoring/alarm-definition';
import { alarmPrefix } from '../../monitoring/alarm-names';
import { metricAlarm } from '../../monitoring/metric-alarm';
import type { TaskPlatform } from '../platform/task-platform';

export interface FullVerificationAlarmsProps {
  readonly platform: TaskPlatform;
  readonly chainId: string;
  readonly stateMachineArn: string;
  readonly topicArns: string[];
}

/** Told when an execution ends in any way but "verified". */
export class FullVerificationAlarms extends Construct {
  readonly alarms: readonly CloudwatchMetricAlarm[];

  constructor(scope: Construct, id: string, props: FullVerificationAlarmsProps) {
    super(scope, id);
    const { platform, chainId, stateMachineArn, topicArns } = props;
    const { environment, tags, provider } = platform;
    this.alarms = executionAlarms(chainId, stateMachineArn).map((definition) =>
      metricAlarm(this, definition, {
        prefix: `${alarmPrefix(environment)}${chainId}/`,
        actions: topicArns,
        tags,
        provider,
      }),
    );
  }
}

function executionAlarms(chainId: string, stateMachineArn: string): AlarmDefinition[] {
  const alarm = (id: string, name: string, metricName: string, description: string): AlarmDefinition => ({
    id,
    name: `full-verification-${name}`,
    metric: { namespace: 'AWS/States', metricName, dimensions: { StateMachineArn: stateMachineArn } },
    statistic: 'Sum',
    comparison: 'GreaterThanThreshold',
    threshold: 0,
    periodSeconds: 300,
    periods: 1,
    periodsToAlarm: 1,
    // Nothing is measured between executions; the alarm tells of one that ended, and is over by itself.
    missingData: 'notBreaching',
    description,
  });
  const find = `First: "aws stepfunctions list-executions --state-machine-arn ${stateMachineArn}", then "aws stepfunctions describe-execution" on the newest`;
  return [
    alarm(
      'Failed',
      'failed',
      'ExecutionsFailed',
      `A full verification of chain "${chainId}" did not end as verified. ${find}: error Tampered means that evidence and database differ, and the report in the bucket of reports names where; treat it as an incident and change nothing. NotEvaluated means that nothing is proven: the log of the task that failed says why; mend that and start it again.`,
    ),
    alarm(
      'TimedOut',
      'timed-out',
      'ExecutionsTimedOut',
      `A full verification of chain "${chainId}" took longer than it may, and proved nothing. ${find}: the slowest child of the Map says which shard. Usually the database is slower or the chain longer than when the number of tasks was chosen: read from a replica, or raise tasks or timeoutHours.`,
    ),
    alarm(
      'Aborted',
      'aborted',
      'ExecutionsAborted',
      `Somebody stopped a full verification of chain "${chainId}" before it had a verdict. CloudTrail names who called StopExecution. ${find}. If nobody of yours did, treat it as an incident and start another one.`,
    ),
  ];
}
