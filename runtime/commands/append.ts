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

function appendedText({ appended, firstIndex, lastIndex, lastHash, keyId }: Appended): string {
  const events =
    appended === 1
      ? `1 event appended: ${formatCount(firstIndex)}`
      : `${formatCount(appended)} events appended: ${formatCount(firstIndex)} to ${formatCount(lastIndex)}`;
  return `${events}, key ${keyId}, head ${lastHash}`;
}

/** @param interrupted true when the input was left before its end */
export function appendOutcome(result: Appended | null, interrupted: boolean): Outcome {
  if (interrupted) {
    return {
      exitCode: EXIT.notEvaluated,
      document: { ...(result ?? { appended: 0 }), interrupted },
      text: (colors) => [
        `${colors.warn('?')} interrupted: ${result ? `${appendedText(result)}; the rest of the input was not` : 'no event was appended'}`,
      ],
    };
  }
  return {
    exitCode: EXIT.ok,
    document: result ?? { appended: 0 },
    text: (colors) =>
      result
        ? [`${colors.good('✔')} ${appendedText(result)}`]
        : ['no event on standard input, nothing appended'],
  };
}
