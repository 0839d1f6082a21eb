import { gaugesOfReport } from '../application/gauges';
import type { VerificationReport } from '../domain/findings/report';
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
