import { type Cause, CAUSES, DIMENSIONS, ENV, METRICS, SEVERITIES } from '../../runtime/contract';
import type { AlarmDefinition } from './alarm-definition';
import {
  ANCHOR_GAP_PERIODS,
  anchorGapPeriod,
  anchorGapSeconds,
  fewestRetentionDays,
  gaugePeriod,
  larger,
  times,
  WRITER_SILENCE_PERIODS,
} from './alarm-timing';
import { FAILURE_CAUSES } from './failure-causes';
import { verificationAlarms } from './verification-alarms';
import { metric, type WatchedChain, type WriterMode } from './watched-chain';

/** Unanchored events, in thresholds, beyond which anchoring does not keep up. */
const FAR_BEYOND = 10;

const [TAMPERING] = SEVERITIES;

/** Where to look when the writer is suspected. */
const WRITER: Readonly<Record<WriterMode, string>> = {
  service: 'whether the ECS service has a running task, and why the last one stopped',
  scheduled: 'whether the schedule starts tasks, and why the last one stopped',
  external: `whether the gateway anchors, and whether its metrics arrive: 'audit-anchor run', or 'anchor' with ${ENV.output}=log, has its stdout in a log group of this account and region. Where nothing emits metrics, gateway_emits_metrics=false (gateway.emitsMetrics of the construct) takes this alarm away`,
};

/** The command that names the tasks that stopped lately. */
function stoppedTasks({ cluster = 'CLUSTER' }: WatchedChain): string {
  return `'aws ecs list-tasks --desired-status STOPPED --cluster ${cluster}'`;
}

/** The command that shows what the writer said lately. */
function lastLines({ logGroupName = 'LOG_GROUP' }: WatchedChain): string {
  return `'aws logs tail ${logGroupName} --since 1h'`;
}

/** The table of alarms of one chain. */
export function chainAlarms(chain: WatchedChain): readonly AlarmDefinition[] {
  return [
    ...writerAlarms(chain),
    ...CAUSES.map((cause) => causeAlarm(chain, cause)),
    tampering(chain),
    ...verificationAlarms(chain),
  ];
}

/** A period in which the writer that runs has spoken. */
function everyGaugeOf({ mode, scheduleMinutes }: WatchedChain): number {
  return gaugePeriod(mode === 'scheduled' ? scheduleMinutes : 1);
}

/** Failures again and again: one that is followed by an anchor reaches no third period. */
const LASTING_FAILURE = {
  statistic: 'Maximum',
  comparison: 'GreaterThanOrEqualToThreshold',
  threshold: 1,
  periods: 3,
  periodsToAlarm: 3,
  missingData: 'notBreaching',
} as const;

function writerAlarms(chain: WatchedChain): readonly AlarmDefinition[] {
  const { mode, scheduleMinutes } = chain;
  const scheduled = mode === 'scheduled';
  const everyGauge = everyGaugeOf(chain);
  // A schedule that is slower than the interval decides how often there can be an anchor.
  const interval = scheduled ? larger(chain.intervalMinutes, scheduleMinutes) : chain.intervalMinutes;
  return [
    {
      id: 'NoAnchor',
      name: 'no-anchor',
      metric: metric(chain, METRICS.anchorsWritten),
      statistic: 'Sum',
      comparison: 'LessThanThreshold',
      threshold: 1,
      // Only anchors count here, so that silence is the alarm, whoever caused it and also from the first day.
      periodSeconds: anchorGapPeriod(interval),
      periods: ANCHOR_GAP_PERIODS,
      periodsToAlarm: ANCHOR_GAP_PERIODS,
      missingData: 'breaching',
      description: `No anchor of chain ${chain.chainId} was written for 2 hours, or for two intervals if that is longer. What was logged since can be rewritten without a trace. First: 'audit-anchor status' with the writer's environment shows the newest anchor and what is due. Then look ${WRITER[mode]}. Normal until the first anchor of a new chain.`,
    },
    {
      id: 'AnchorAge',
      name: 'anchor-age',
      metric: metric(chain, METRICS.anchorAgeSeconds),
      statistic: 'Maximum',
      comparison: 'GreaterThanThreshold',
      threshold: anchorGapSeconds(interval),
      periodSeconds: 300,
      periods: 1,
      periodsToAlarm: 1,
      // The verifier tells the age once an hour also when the writer is dead; in between nothing has changed.
      missingData: 'ignore',
      description: `The newest anchor of chain ${chain.chainId} was seen, and it is older than 2 hours, or than two intervals if that is longer. Something runs, but no anchor comes of it. First: 'audit-anchor status' with the writer's environment; then the log lines 'anchor.failed' and 'anchor.refused' of the writer.`,
    },
    // How often a program elsewhere speaks is not known here; that it is gone shows when anchors are missing.
    ...(mode === 'external' ? [] : [writerSilent(chain, everyGauge)]),
    {
      id: 'AnchoringFails',
      name: 'anchoring-fails',
      metric: metric(chain, METRICS.anchorFailures),
      periodSeconds: everyGauge,
      ...LASTING_FAILURE,
      description: `Attempts to anchor chain ${chain.chainId} fail again and again. First: ${lastLines(chain)} shows the writer's newest line 'anchor.refused' or 'anchor.failed'. Refused: nothing was written; read severity of the findings in the line. tampering is an incident: run 'audit-anchor verify --full' and repair nothing. unproven is none yet: such as KEY_UNKNOWN, the task lacks a key (restart it after a change of the secret), or it cannot read something. Failed: database, bucket or key cannot be used; the line says which.`,
    },
    {
      id: 'UnanchoredEvents',
      name: 'unanchored-events',
      metric: metric(chain, METRICS.unanchoredEvents),
      statistic: 'Minimum',
      comparison: 'GreaterThanThreshold',
      threshold: times(chain.eventThreshold, FAR_BEYOND),
      periodSeconds: everyGauge,
      periods: 3,
      periodsToAlarm: 3,
      missingData: 'ignore',
      description: `More than ${FAR_BEYOND} times the events that should trigger an anchor of chain ${chain.chainId} wait for one: anchoring does not keep up or is stuck. First: 'audit-anchor status' with the writer's environment; then the duration in the log lines 'anchor.written'.`,
    },
    {
      id: 'RetentionEnds',
      name: 'retention-ends',
      metric: metric(chain, METRICS.retentionDaysLeft),
      statistic: 'Minimum',
      comparison: 'LessThanThreshold',
      threshold: fewestRetentionDays(chain.retentionDays),
      periodSeconds: everyGauge,
      periods: 1,
      periodsToAlarm: 1,
      missingData: 'ignore',
      description: `Even the newest anchor of chain ${chain.chainId} stays locked for less than a month (or half of the retention, if that is shorter); all older ones are free earlier. Anchors are not written any more, or with too short a retention. First: 'audit-anchor status'. Before the lock ends, 'audit-anchor hold on KEY' keeps an anchor that is needed as evidence.`,
    },
  ];
}

function writerSilent(chain: WatchedChain, periodSeconds: number): AlarmDefinition {
  return {
    id: 'WriterSilent',
    name: 'writer-silent',
    metric: metric(chain, METRICS.unanchoredEvents),
    statistic: 'SampleCount',
    comparison: 'LessThanThreshold',
    threshold: 1,
    // The verifier does not write this metric, so it cannot hide that the writer is gone.
    periodSeconds,
    periods: WRITER_SILENCE_PERIODS,
    periodsToAlarm: WRITER_SILENCE_PERIODS,
    missingData: 'breaching',
    description: `The writer of chain ${chain.chainId} does not say how many events wait for an anchor: it does not run, it cannot read the database, or since its start the bucket, or another session holds the lock of the chain. First: ${stoppedTasks(chain)}, and 'aws ecs describe-tasks' of the newest says why it stopped (ECS forgets after an hour); see ${WRITER[chain.mode]}. Then 'audit-anchor status' with its environment tells whether database and bucket can be reached. Normal until the writer has started for the first time.`,
  };
}

function causeAlarm(chain: WatchedChain, cause: Cause): AlarmDefinition {
  const { means, then, ...alarm } = FAILURE_CAUSES[cause];
  return {
    ...alarm,
    metric: metric(chain, METRICS.anchorFailures, { [DIMENSIONS.cause]: cause }),
    periodSeconds: everyGaugeOf(chain),
    ...LASTING_FAILURE,
    description: `The writer of chain ${chain.chainId} cannot anchor: ${means}. It does not pass by itself. First: ${lastLines(chain)} shows the writer's newest line 'anchor.failed' with code and hint. ${then}.`,
  };
}

function tampering(chain: WatchedChain): AlarmDefinition {
  return {
    id: 'Tampering',
    name: 'tampering',
    metric: metric(chain, METRICS.findingsBySeverity, { [DIMENSIONS.severity]: TAMPERING }),
    statistic: 'Maximum',
    comparison: 'GreaterThanThreshold',
    threshold: 0,
    // A day, so that hourly looks at the newest anchor do not call off what the daily full one found. Not longer,
    // because alarms on more than a day are evaluated once an hour; so a finding that stays is told again daily.
    periodSeconds: 3_600,
    periods: 24,
    periodsToAlarm: 1,
    missingData: 'ignore',
    description: `TAMPERING: a verification of chain ${chain.chainId}, or its writer before an anchor, found evidence that contradicts the database or the anchors. This is a security incident: do not repair or delete anything. First: 'audit-anchor verify --full --json > evidence.json' from a machine you trust, with the verifier's environment. It is over when no verification has found anything for a day; what only the full verification finds is told again every day.`,
  };
}
