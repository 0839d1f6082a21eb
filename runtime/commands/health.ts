import { EXIT } from '../contract';
import type { Outcome } from './outcome';

/** What a running daemon said of itself. */
export interface Health {
  readonly healthy: boolean;
  /** Why not, one sentence without its period; null when it is. */
  readonly problem: string | null;
}

/** A daemon that does not answer is nothing that was tampered with. */
export function healthOutcome(
  { healthy, problem }: Health,
  { host, port }: { readonly host: string; readonly port: number },
): Outcome {
  return {
    exitCode: healthy ? EXIT.ok : EXIT.notEvaluated,
    document: { healthy, host, port, problem },
    text: (colors) => [
      healthy
        ? `${colors.good('✔')} the daemon on port ${port} is healthy`
        : `${colors.warn('?')} the daemon on port ${port} is not healthy: ${problem}`,
    ],
  };
}
