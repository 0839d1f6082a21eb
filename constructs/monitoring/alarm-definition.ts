/** What counts as wrong about a value, in the terms of CloudWatch. */
export type Comparison = 'GreaterThanThreshold' | 'GreaterThanOrEqualToThreshold' | 'LessThanThreshold';

/**
 * What an alarm makes of periods without data, once too few periods with data are left to look at:
 *
 * - `breaching`: silence is the fault
 * - `ignore`: silence says nothing, so the alarm stays as it is until something is measured again
 * - `notBreaching`: silence is good news
 */
export type MissingData = 'breaching' | 'ignore' | 'notBreaching';

/** The metric an alarm looks at. Without all of its dimensions it would look at another metric. */
export interface AlarmMetric {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** One row of a table of alarms. */
export interface AlarmDefinition {
  /** Id of the construct, part of the public contract. */
  readonly id: string;
  /** Last part of the alarm's name. */
  readonly name: string;
  readonly metric: AlarmMetric;
  readonly statistic: 'Sum' | 'Maximum' | 'Minimum' | 'SampleCount';
  readonly comparison: Comparison;
  /** In the unit of the metric; may be a token. */
  readonly threshold: number;
  /** Seconds, a multiple of 60; may be a token. */
  readonly periodSeconds: number;
  /** How many of the newest periods are looked at; may be a token. */
  readonly periods: number;
  /** How many of them have to be wrong. */
  readonly periodsToAlarm: number;
  readonly missingData: MissingData;
  /** What it means and the first command, for the person on call. CloudWatch takes 1,024 characters. */
  readonly description: string;
}
