import type { ServiceSummary } from '../application/service';
import type { ExitCode } from '../contract';
import { EXIT } from '../contract';
import { formatCount } from '../terminal/duration';
import type { Outcome } from './outcome';

function exitOf(summary: ServiceSummary): ExitCode {
  if (summary.tampered) return EXIT.tampered;
  return summary.shutdownProblem === null ? EXIT.ok : EXIT.notEvaluated;
}

/** How a run of the daemon ended. */
export function runOutcome(summary: ServiceSummary): Outcome {
  return {
    exitCode: exitOf(summary),
    document: summary,
    text: (colors) => {
      const { anchorsWritten, verifications, tampered, shutdownProblem } = summary;
      const done = `stopped; anchors written: ${formatCount(anchorsWritten)}, verifications: ${formatCount(verifications)}`;
      if (tampered) return [colors.bad(`✘ ${done}; the last look found TAMPERING`)];
      if (shutdownProblem !== null)
        return [colors.warn(`? ${done}; no last anchor is known to be written: ${shutdownProblem}`)];
      return [`${colors.good('✔')} ${done}`];
    },
  };
}
