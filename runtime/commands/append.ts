import { EXIT } from '../contract';
import { formatCount } from '../terminal/duration';
import type { Outcome } from './outcome';

/** What was appended; null when the input held no event. */
export interface Appended {
  readonly appended: number;
  readonly firstIndex: number;
  readonly lastIndex: number;
  readonly lastHash: string;
  readonly keyId: string;
}

export function appendOutcome(result: Appended | null): Outcome {
  return {
    exitCode: EXIT.ok,
    document: result ?? { appended: 0 },
    text: (colors) =>
      result
        ? [
            `${colors.good('✔')} ${formatCount(result.appended)} events appended: ${formatCount(result.firstIndex)} to ${formatCount(result.lastIndex)}, key ${result.keyId}, head ${result.lastHash}`,
          ]
        : ['no event on standard input, nothing appended'],
  };
}
