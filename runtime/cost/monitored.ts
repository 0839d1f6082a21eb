import { CAUSES, METRICS, SEVERITIES } from '../contract';
import type { CostSettings } from './settings';

type Tasks = Pick<CostSettings, 'anchoring' | 'verification' | 'gatewayMetrics'>;

/** What each task that anchors emits. */
const OF_WRITER: readonly string[] = [
  METRICS.anchorAgeSeconds,
  METRICS.unanchoredEvents,
  METRICS.retentionDaysLeft,
  METRICS.anchorsWritten,
  METRICS.anchoredEvents,
  METRICS.anchorFailures,
];
/** What each verification emits, besides the findings of each severity and the result of its scope. */
const OF_VERIFICATION: readonly string[] = [
  METRICS.anchorAgeSeconds,
  METRICS.retentionDaysLeft,
  METRICS.verificationResult,
  METRICS.verifiedEvents,
];

/** Alarms of a chain, by what they watch: the writer, findings, and each of the two verifications. */
const ALARMS = { writer: 6 + CAUSES.length, tampering: 1, latest: 2, full: 2 } as const;
/** On runs of schedules that could not be started. */
const DEAD_LETTER_ALARMS = 1;
/** How often a program elsewhere speaks is not known: nothing tells that it is silent but missing anchors. */
const SILENCE_ALARMS = 1;

/** Whether verifications are told to CloudWatch: those of tasks, and of the service, which verifies if nobody else does. */
export function tellsVerifications({ anchoring, verification }: Omit<Tasks, 'gatewayMetrics'>): boolean {
  return verification.runsAs === 'task' || anchoring.mode === 'service';
}

/** Whether the writer tells CloudWatch what it does. */
function tellsAnchors({ anchoring, gatewayMetrics }: Tasks): boolean {
  return anchoring.mode !== 'external' || gatewayMetrics;
}

/** What is verified where CloudWatch is told. */
function scopesTold(tasks: Tasks): ('latest' | 'full')[] {
  return tellsVerifications(tasks) ? scopesOf(tasks) : [];
}

function scopesOf(tasks: Tasks): ('latest' | 'full')[] {
  const { latestEveryMinutes, fullEveryHours } = tasks.verification;
  const every = { latest: latestEveryMinutes, full: fullEveryHours };
  return (['latest', 'full'] as const).filter((scope) => every[scope] > 0);
}

/**
 * Metrics on the bill: combinations of name and dimensions that the tasks, or a program elsewhere, emit, save those of
 * failures by cause, which are there only in hours with one.
 */
export function metricCount(tasks: Tasks): number {
  // A gateway that runs the daemon verifies too; no alarm of ours waits for that.
  const byGateway = tasks.anchoring.mode === 'external' && tasks.gatewayMetrics;
  const scopes = byGateway ? scopesOf(tasks) : scopesTold(tasks);
  const names = new Set([
    ...(tellsAnchors(tasks) ? OF_WRITER : []),
    ...(scopes.length === 0 ? [] : OF_VERIFICATION),
  ]);
  return names.size + (scopes.length === 0 ? 0 : SEVERITIES.length + scopes.length);
}

/** Alarms that the constructs make for the chain and its tasks, without those of the replica. */
export function alarmCount(tasks: Tasks): number {
  const { anchoring, verification } = tasks;
  const scheduled = anchoring.mode === 'scheduled' || verification.runsAs === 'task';
  return (scheduled ? DEAD_LETTER_ALARMS : 0) + chainAlarms(tasks);
}

function chainAlarms(tasks: Tasks): number {
  if (!tellsAnchors(tasks)) return 0;
  const ofWriter = ALARMS.writer - (tasks.anchoring.mode === 'external' ? SILENCE_ALARMS : 0);
  return ofWriter + ALARMS.tampering + scopesTold(tasks).reduce((sum, scope) => sum + ALARMS[scope], 0);
}
