import type { Logger } from 'pino';
import type { ServiceSink } from '../../application/service';
import { EVENTS, SEVERITIES } from '../../contract';
import { explainFindings } from '../../domain/findings/explain';
import type { Finding } from '../../domain/findings/finding';
import { remedyFor } from '../../domain/findings/remedy';
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
        const { trigger, key, versionId, anchor, durationMs } = outcome;
        const { anchor_seq: anchorSeq, last_seq: lastSeq } = anchor;
        const events = lastSeq - anchor.first_seq + 1;
        const fields = { trigger, key, versionId, anchorSeq, lastSeq, events, durationMs };
        log.info({ event: EVENTS.anchorWritten, ...fields }, `anchor #${anchorSeq} written (${trigger})`);
      } else if (outcome.kind === 'not due') {
        const { unanchored: unanchoredEvents } = outcome;
        const nextInterval = new Date(outcome.nextInterval).toISOString();
        log.info({ event: EVENTS.anchorNotDue, unanchoredEvents, nextInterval }, 'no anchor is due');
      } else if (outcome.kind === 'busy') {
        log.info({ event: EVENTS.anchorBusy }, `left to the anchorer at work: ${outcome.message}`);
      } else if (!repeated) {
        logRefusal(log, outcome.findings, outcome.eventsRecomputed ?? 0);
      }
      if (outcome.kind === 'written' || outcome.kind === 'not due') logNoticed(log, outcome.findings ?? []);
      metrics?.anchored(outcome);
    },
    anchorFailed({ code, hint, message }) {
      log.error({ event: EVENTS.anchorFailed, code, hint }, message);
      metrics?.anchorFailed({ code });
    },
    verified(report) {
      const { verdict, scope, contents, coverage, findings } = report;
      const hint = findings[0] && remedyFor(findings[0], findings, coverage.eventsRecomputed);
      const fields = {
        event: EVENTS.verificationDone,
        verdict,
        scope,
        contents,
        coverage,
        hint,
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

/** Anchors of one number, which do not keep the next anchor from being written. */
function logNoticed(log: Logger, findings: readonly Finding[]): void {
  if (findings.length === 0) return;
  const [worst] = explainFindings(findings);
  const fields = {
    event: EVENTS.anchorSiblings,
    severity: worst?.severity,
    findings: findings.slice(0, MAX_LOGGED_FINDINGS),
    findingsInAll: findings.length,
  };
  const text = worst?.message ?? '';
  if (worst?.severity === 'tampering') log.fatal(fields, `TAMPERING: ${text}`);
  else log.warn(fields, text);
}

/** A refusal is tampering only where something contradicts the evidence; events that cannot be recomputed do not. */
function logRefusal(log: Logger, all: readonly Finding[], recomputed: number): void {
  const severity = SEVERITIES.find((each) => all.some((found) => found.severity === each));
  const [worst] = all;
  const hint = worst && remedyFor(worst, all, recomputed);
  const fields = {
    event: EVENTS.anchorRefused,
    severity,
    hint,
    findings: all.slice(0, MAX_LOGGED_FINDINGS),
    findingsInAll: all.length,
  };
  const cause = worst?.message ?? 'refused';
  if (severity === 'tampering') log.fatal(fields, `no anchor written, TAMPERING: ${cause}`);
  else log.error(fields, `no anchor written, not evaluated: ${cause}`);
}
