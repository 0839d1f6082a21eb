import { DIMENSIONS, METRIC_NAMESPACE, METRICS, SEVERITIES } from '../../runtime/contract';
import { replicationMetric, type WatchedReplication } from './infrastructure-alarms';

/** A metric widget, as the body of a dashboard has it, without its place. */
export interface Widget {
  readonly type: 'metric';
  readonly properties: {
    readonly title: string;
    readonly region: string;
    readonly view: 'timeSeries';
    /** Namespace, name, dimensions one after the other, and how to show it. */
    readonly metrics: readonly (readonly (string | Readonly<Record<string, string>>)[])[];
    readonly stat: string;
    readonly period: number;
    readonly yAxis: { readonly left: { readonly min: 0 } };
    readonly annotations?: {
      readonly horizontal: readonly { readonly label: string; readonly value: number }[];
    };
  };
}

export interface ChainOnDashboard {
  readonly chainId: string;
  readonly region: string;
  /** Where the line is drawn for the age of the newest anchor. */
  readonly oldestAnchorSeconds: number;
}

/** A page has 24 columns. */
const COLUMNS = 24;
const SIZE = { width: 8, height: 6 };

/** What is shown of one chain. */
export function chainWidgets({ chainId, region, oldestAnchorSeconds }: ChainOnDashboard): Widget[] {
  const of = (name: string, label: string) => [
    METRIC_NAMESPACE,
    name,
    DIMENSIONS.chainId,
    chainId,
    { label },
  ];
  const chart = (
    title: string,
    stat: string,
    period: number,
    metrics: Widget['properties']['metrics'],
    limit?: { label: string; value: number },
  ): Widget => widget({ title: `${chainId}: ${title}`, region, stat, period, metrics }, limit);
  return [
    chart('age of the newest anchor, seconds', 'Maximum', 300, [of(METRICS.anchorAgeSeconds, 'age')], {
      label: 'alarm',
      value: oldestAnchorSeconds,
    }),
    chart('events that wait for an anchor', 'Maximum', 300, [of(METRICS.unanchoredEvents, 'unanchored')]),
    chart('anchors per hour', 'Sum', 3_600, [
      of(METRICS.anchorsWritten, 'written'),
      of(METRICS.anchorFailures, 'failed attempts'),
    ]),
    chart('events per hour', 'Sum', 3_600, [
      of(METRICS.anchoredEvents, 'anchored'),
      of(METRICS.verifiedEvents, 'verified'),
    ]),
    chart(
      'findings by severity',
      'Maximum',
      3_600,
      SEVERITIES.map((severity) => [
        METRIC_NAMESPACE,
        METRICS.findingsBySeverity,
        DIMENSIONS.chainId,
        chainId,
        DIMENSIONS.severity,
        severity,
        { label: severity },
      ]),
    ),
    chart('days that the newest anchor stays locked', 'Minimum', 3_600, [
      of(METRICS.retentionDaysLeft, 'days'),
    ]),
  ];
}

/** How late copies are; S3 reports it in the region of the replica. */
export function replicationWidget(
  watched: WatchedReplication & { readonly region: string; readonly promisedSeconds: number },
): Widget {
  const { namespace, metricName, dimensions } = replicationMetric(watched, 'ReplicationLatency');
  const line = [namespace, metricName, ...Object.entries(dimensions).flat(), { label: 'latency' }];
  return widget(
    {
      title: 'latency of the replica, seconds',
      region: watched.region,
      stat: 'Maximum',
      period: 300,
      metrics: [line],
    },
    { label: 'promised by S3', value: watched.promisedSeconds },
  );
}

/** Gives every widget its place, row by row. */
export function inRows(widgets: readonly Widget[]) {
  const perRow = COLUMNS / SIZE.width;
  return widgets.map((each, index) => ({
    ...each,
    ...SIZE,
    x: (index % perRow) * SIZE.width,
    y: Math.floor(index / perRow) * SIZE.height,
  }));
}

function widget(
  shown: Pick<Widget['properties'], 'title' | 'region' | 'stat' | 'period' | 'metrics'>,
  limit?: { readonly label: string; readonly value: number },
): Widget {
  return {
    type: 'metric',
    properties: {
      ...shown,
      view: 'timeSeries',
      yAxis: { left: { min: 0 } },
      ...(limit && { annotations: { horizontal: [limit] } }),
    },
  };
}
