import type { Logger } from 'pino';
import type { ServiceSink } from '../../application/service';
import { EVENTS, METRICS } from '../../contract';
import type { MetricValue } from './emf';
import { emfLine } from './emf';

const VERDICT_METRICS = {
  verified: METRICS.verificationVerified,
  tampered: METRICS.verificationTampered,
  'not evaluated': METRICS.verificationNotEvaluated,
} as const;

/** Findings of one log line; the full report is the verifier's own output. */
const MAX_LOGGED_FINDINGS = 10;

/** Log lines for people and machines, metrics for CloudWatch. */
export function createServiceLog(
  log: Logger,
  chainId: string,
  now: () => number,
  writeMetrics: ((line: string) => void) | null,
): ServiceSink {
  const emit = (...metrics: readonly MetricValue[]): void => writeMetrics?.(emfLine(metrics, chainId, now()));
  const count = (name: string): void => emit({ name, unit: 'Count', value: 1 });
  return {
    anchored(outcome) {
      if (outcome.kind === 'written') {
        const { trigger, key, versionId, anchor } = outcome;
        const fields = { trigger, key, versionId, anchorSeq: anchor.anchor_seq, lastSeq: anchor.last_seq };
        log.info(
          { event: EVENTS.anchorWritten, ...fields },
          `anchor #${anchor.anchor_seq} written (${trigger})`,
        );
        count(METRICS.anchorWritten);
      } else if (outcome.kind === 'refused') {
        const findings = outcome.findings.slice(0, MAX_LOGGED_FINDINGS);
        log.error(
          { event: EVENTS.anchorRefused, findings },
          `no anchor written: ${findings[0]?.message ?? 'refused'}`,
        );
        count(METRICS.anchorFailed);
      }
    },
    anchorFailed(error) {
      log.error({ event: EVENTS.anchorFailed, code: error.code, hint: error.hint }, error.message);
      count(METRICS.anchorFailed);
    },
    verified(report) {
      const { verdict, scope, coverage, findings } = report;
      const fields = {
        event: EVENTS.verificationDone,
        verdict,
        scope,
        coverage,
        findings: findings.slice(0, MAX_LOGGED_FINDINGS),
      };
      const cause = findings[0] ? `: ${findings[0].message}` : '';
      if (verdict === 'verified') log.info(fields, `verification (${scope}): verified`);
      else if (verdict === 'tampered') log.fatal(fields, `verification (${scope}): TAMPERED${cause}`);
      else log.error(fields, `verification (${scope}): not evaluated${cause}`);
      count(VERDICT_METRICS[verdict]);
    },
    verificationFailed(error) {
      log.error({ event: EVENTS.verificationFailed, code: error.code, hint: error.hint }, error.message);
      count(METRICS.verificationNotEvaluated);
    },
    gauges({ anchorAgeSeconds, unanchoredEvents }) {
      const metrics: MetricValue[] = [];
      if (anchorAgeSeconds !== null) {
        metrics.push({ name: METRICS.anchorAgeSeconds, unit: 'Seconds', value: anchorAgeSeconds });
      }
      if (unanchoredEvents !== null) {
        metrics.push({ name: METRICS.unanchoredEvents, unit: 'Count', value: unanchoredEvents });
      }
      if (metrics.length > 0) emit(...metrics);
    },
  };
}
