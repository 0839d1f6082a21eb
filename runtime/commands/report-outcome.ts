import type { Failure } from '../application/failure';
import { gaugesOfReport } from '../application/gauges';
import { EXIT } from '../contract';
import type { VerificationReport } from '../domain/findings/report';
import { AuditAnchorError, UnavailableError } from '../errors';
import { printable } from '../printable';
import { reportText } from '../report/report-text';
import type { Outcome } from './outcome';
import { exitOfVerdict } from './outcome';

/** What a verification came to, in every form. */
export function reportOutcome(report: VerificationReport): Outcome {
  return {
    exitCode: exitOfVerdict(report.verdict),
    document: report,
    text: (colors) => reportText(report, colors),
    tell: (sink) => {
      sink.verified(report);
      sink.gauges(gaugesOfReport(report));
    },
  };
}

/**
 * Keeps a report, where it can. That tampering was found counts more than that its report could not be kept: the
 * outcome then says both, and its exit code stays. Any other outcome without its report is a failure; on a full or broken
 * disk it is printed all the same, with exit code 3.
 * @param scope of the verification that failed to keep it; null for a part of one
 * @throws what `keep` throws, unless tampering was found or the disk is full or fails
 */
export async function keptOutcome(
  outcome: Outcome,
  scope: 'full' | null,
  keep: () => Promise<void>,
): Promise<Outcome> {
  try {
    await keep();
    return outcome;
  } catch (error) {
    const { exitCode } = outcome;
    // On a full disk what was found is still to be printed; it is a failure all the same.
    if (exitCode !== EXIT.tampered && !isOfMedium(error)) throw error;
    const { code, message, hint } = failureOf(error);
    const withHint = hint === undefined ? {} : { hint };
    const { document, text, tell } = outcome;
    return {
      ...outcome,
      exitCode: exitCode === EXIT.tampered ? exitCode : EXIT.notEvaluated,
      document: { ...(document as object), notKept: { code, message, ...withHint } },
      text: (colors) => [
        ...text(colors),
        '',
        `${colors.warn('warning:')} the report could not be kept: ${printable(message)} [${code}]`,
        ...(hint === undefined ? [] : [`  ${printable(hint)}`]),
      ],
      tell: (sink) => {
        tell?.(sink);
        sink.verificationFailed({ code, message: `the report could not be kept: ${message}`, hint }, scope);
      },
    };
  }
}

function isOfMedium(error: unknown): boolean {
  return error instanceof UnavailableError && error.code === 'FILE_NOT_WRITTEN';
}

function failureOf(error: unknown): Failure {
  return error instanceof AuditAnchorError
    ? (error as AuditAnchorError)
    : { code: 'INTERNAL', message: String(error), hint: 'This is a defect of audit-anchor' };
}
