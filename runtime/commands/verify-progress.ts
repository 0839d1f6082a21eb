import type { VerifyProgress } from '../application/verifier';
import type { Progress, ProgressStep } from '../terminal/progress';

const LABELS = {
  listing: 'Listing versions',
  anchors: 'Reading anchors',
  events: 'Verifying events',
} as const;

/** Turns the verifier's absolute counts into one progress line for each phase. */
export function followVerification(
  progress: Progress,
  signal: AbortSignal,
): { readonly report: VerifyProgress; readonly finish: () => void } {
  let phase: keyof typeof LABELS | null = null;
  let step: ProgressStep | null = null;
  let reached = 0;
  return {
    report: (next, done, total) => {
      if (next !== phase) {
        step?.finish();
        step = progress.start(LABELS[next], { total: total ?? undefined, signal });
        phase = next;
        reached = 0;
      }
      step?.advance(done - reached);
      reached = done;
    },
    finish: () => step?.finish(),
  };
}
