import { DIMENSIONS, METRIC_NAMESPACE } from '../../runtime/contract';
import type { AlarmMetric } from './alarm-definition';

/** Who writes anchors: a daemon, a task that a schedule starts, or a program that runs elsewhere and emits metrics. */
export type WriterMode = 'service' | 'scheduled' | 'external';

/** `links`: a foreign chain, whose contents no verification can recompute. */
export type ChainFormat = 'v1' | 'links';

/** What the alarms of one chain follow from; numbers may be tokens. */
export interface WatchedChain {
  readonly chainId: string;
  readonly mode: WriterMode;
  readonly scheduleMinutes: number;
  readonly intervalMinutes: number;
  readonly chainFormat: ChainFormat;
  readonly eventThreshold: number;
  readonly retentionDays: number;
  /** 0 when the newest anchor is not verified on its own. */
  readonly verifyIntervalMinutes: number;
  /** 0 when nothing verifies everything. */
  readonly verifyFullIntervalHours: number;
  /** ECS cluster of the writer; undefined when it is not known here. */
  readonly cluster: string | undefined;
  /** Log group of the writer; undefined when it is not known here. */
  readonly logGroupName: string | undefined;
}

/** A metric of this chain, with more dimensions than its id. */
export function metric(
  { chainId }: WatchedChain,
  metricName: string,
  more: Readonly<Record<string, string>> = {},
): AlarmMetric {
  return {
    namespace: METRIC_NAMESPACE,
    metricName,
    dimensions: { [DIMENSIONS.chainId]: chainId, ...more },
  };
}
