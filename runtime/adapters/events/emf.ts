import { METRIC_NAMESPACE } from '../../contract';

/** One metric value with its CloudWatch unit; `None` for numbers that count nothing, such as days or codes. */
export interface MetricValue {
  readonly name: string;
  readonly unit: 'Count' | 'Seconds' | 'None';
  readonly value: number;
}

/** Metrics that are published under the same dimensions. */
export interface MetricGroup {
  /** Names of dimensions; each set makes a metric of its own. */
  readonly dimensions: readonly (readonly string[])[];
  readonly metrics: readonly MetricValue[];
}

/**
 * A line in CloudWatch's Embedded Metric Format: written to a log group it becomes metrics, without any API call.
 * @param dimensions value of every dimension that a group names
 * @param timestamp milliseconds since 1970
 */
export function emfLine(
  groups: readonly MetricGroup[],
  dimensions: Readonly<Record<string, string>>,
  timestamp: number,
): string {
  const values = groups.flatMap(({ metrics }) => metrics.map(({ name, value }) => [name, value] as const));
  return JSON.stringify({
    _aws: {
      Timestamp: timestamp,
      CloudWatchMetrics: groups.map((group) => ({
        Namespace: METRIC_NAMESPACE,
        Dimensions: group.dimensions,
        Metrics: group.metrics.map(({ name, unit }) => ({ Name: name, Unit: unit })),
      })),
    },
    ...dimensions,
    ...Object.fromEntries(values),
  });
}
