import type { Logger } from 'pino';
import type { ServiceSink } from '../../application/service';
import { EVENTS } from '../../contract';
import type { Metrics } from './metrics';

/** Findings of one log line; the full report is the verifier's own output. */
const MAX_LOGGED_FINDINGS = 10;

/**
 * Log lines for people and machines, metrics for CloudWatch.
 * @param metrics null to emit none
 */
export function createServiceLog(log: Logger, metrics: Metrics | null): ServiceSink {
  return {
    anchored(outcome, repeated = false) {
      if (outcome.kind === 'written') {
        const { trigger, key, versionId, anchor } = outcome;
        const fields = { trigger, key, versionId, anchorSeq: anchor.anchor_seq, lastSeq: anchor.last_seq };
        log.info(
          { event: EVENTS.anchorWritten, ...fields },
          `anchor #${anchor.anchor_seq} written (${trigger})`,
        );
      } else if (outcome.kind === 'not due') {
        const { unanchored: unanchoredEvents } = outcome;
        const nextInterval = new Date(outcome.nextInterval).toISOString();
        log.info({ event: EVENTS.anchorNotDue, unanchoredEvents, nextInterval }, 'no anchor is due');
      } else if (!repeated) {
        const findings = outcome.findings.slice(0, MAX_LOGGED_FINDINGS);
        log.error(
          { event: EVENTS.anchorRefused, findings, findingsInAll: outcome.findings.length },
          `no anchor written: ${findings[0]?.message ?? 'refused'}`,
        );
      }
      metrics?.anchored(outcome);
    },
    anchorFailed({ code, hint, message }) {
      log.error({ event: EVENTS.anchorFailed, code, hint }, message);
      metrics?.anchorFailed();
    },
    verified(report) {
      const { verdict, scope, contents, coverage, findings } = report;
      const fields = {
        event: EVENTS.verificationDone,
        verdict,
        scope,
        contents,
        coverage,
        findings: findings.slice(0, MAX_LOGGED_FINDINGS),
        findingsInAll: findings.length,
      };
      const cause = findings[0] ? `: ${findings[0].message}` : '';
      if (verdict === 'verified') log.info(fields, `verification (${scope}): verified`);
      else if (verdict === 'tampered') log.fatal(fields, `verification (${scope}): TAMPERED${cause}`);
      else log.error(fields, `verification (${scope}): not evaluated${cause}`);
      metrics?.verified(report);
    },
    verificationFailed({ code, hint, message }, scope) {
      log.error(
        { event: EVENTS.verificationFailed, code, hint, ...(scope === null ? {} : { scope }) },
        message,
      );
      metrics?.verificationFailed(scope);
    },
    gauges(values) {
      metrics?.gauges(values);
    },
  };
}
