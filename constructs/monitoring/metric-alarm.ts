import { CloudwatchMetricAlarm } from '@cdktf/provider-aws/lib/cloudwatch-metric-alarm';
import type { TerraformProvider } from 'cdktf';
import type { Construct } from 'constructs';
import { type Tags, tagsFor } from '../tags';
import type { AlarmDefinition } from './alarm-definition';

export interface MetricAlarmOptions {
  /** Beginning of the alarm's name. */
  readonly prefix: string;
  /** ARNs that are told when the alarm fires and when it is over; a list or a token for one. */
  readonly actions: string[];
  readonly tags: Tags | undefined;
  readonly provider: TerraformProvider | undefined;
}

/** Makes one row of a table of alarms; the row's id becomes the construct's. */
export function metricAlarm(
  scope: Construct,
  definition: AlarmDefinition,
  { prefix, actions, tags, provider }: MetricAlarmOptions,
): CloudwatchMetricAlarm {
  const alarmName = `${prefix}${definition.name}`;
  return new CloudwatchMetricAlarm(scope, definition.id, {
    provider,
    alarmName,
    alarmDescription: definition.description,
    ...definition.metric,
    statistic: definition.statistic,
    comparisonOperator: definition.comparison,
    threshold: definition.threshold,
    period: definition.periodSeconds,
    evaluationPeriods: definition.periods,
    datapointsToAlarm: definition.periodsToAlarm,
    treatMissingData: definition.missingData,
    alarmActions: actions,
    okActions: actions,
    tags: tagsFor(tags, alarmName, 'Audit anchor monitoring'),
  });
}
