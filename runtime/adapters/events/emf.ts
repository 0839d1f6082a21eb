import { METRIC_NAMESPACE } from '../../contract';

/** One metric value with its CloudWatch unit. */
export interface MetricValue {
  readonly name: string;
  readonly unit: 'Count' | 'Seconds';
  readonly value: number;
}

/**
 * A line in CloudWatch's Embedded Metric Format: written to a log group it becomes metrics, without any API call.
 * @param timestamp milliseconds since 1970
 */
export function emfLine(metrics: readonly MetricValue[], chainId: string, timestamp: number): string {
  const values = Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
  return JSON.stringify({
    _aws: {
      Timestamp: timestamp,
      CloudWatchMetrics: [
        {
          Namespace: METRIC_NAMESPACE,
          Dimensions: [['ChainId']],
          Metrics: metrics.map(({ name, unit }) => ({ Name: name, Unit: unit })),
        },
      ],
    },
    ChainId: chainId,
    ...values,
  });
}
