import { explainFindings } from '../domain/findings/explain';
import type { Finding } from '../domain/findings/finding';
import type { FindingLog } from '../domain/findings/finding-log';
import { UnavailableError } from '../errors';
import type { AnchorOutcome } from './anchoring';

/** True for findings that make the new anchor a lie or a guess. */
export function blocks(findings: FindingLog): boolean {
  return findings.all().some(({ severity }) => severity === 'tampering' || severity === 'unproven');
}

/**
 * Why no anchor was written.
 * @param noticed findings that would not have kept it from being written
 * @param recomputed new events whose HMAC was recomputed
 * @throws UnavailableError `COPY_INCOMPLETE` when nothing was found, and not all events were read all the same
 */
export function refusal(
  findings: FindingLog,
  noticed: readonly Finding[],
  recomputed?: number,
): AnchorOutcome & { readonly kind: 'refused' } {
  if (findings.all().length === 0) {
    throw new UnavailableError(
      'COPY_INCOMPLETE',
      'the events that were read do not reach the head of the chain',
    );
  }
  return {
    kind: 'refused',
    findings: explainFindings([...noticed, ...findings.all()]),
    eventsRecomputed: recomputed,
  };
}
