import { EXIT } from '../contract';
import { printable } from '../printable';
import { formatCount } from '../terminal/duration';
import type { Outcome } from './outcome';

/** What was appended; null when the input held no event. */
export interface Appended {
  readonly appended: number;
  readonly schema: string;
  readonly table: string;
  readonly firstIndex: number;
  readonly lastIndex: number;
  readonly lastHash: string;
  readonly keyId: string;
}

function appendedText(result: Appended): string {
  const { appended, firstIndex, lastIndex, lastHash, keyId, schema, table } = result;
  const events =
    appended === 1
      ? `1 event appended: ${formatCount(firstIndex)}`
      : `${formatCount(appended)} events appended: ${formatCount(firstIndex)} to ${formatCount(lastIndex)}`;
  return `${events}, key ${keyId}, head ${lastHash}, table ${printable(`${schema}.${table}`)}`;
}

/** A batch whose COMMIT had no answer. */
type Unresolved = Omit<Appended, 'appended'>;

function unresolvedText({ firstIndex, lastIndex, lastHash }: Unresolved): string {
  const events = `${formatCount(firstIndex)} to ${formatCount(lastIndex)}`;
  return `  whether events ${events} were stored is not known: they were if event ${formatCount(lastIndex)} has the hash ${lastHash}`;
}

/** Input that was left before its end, or that could not be stored in time. */
export function interruptedAppend(result: Appended | null, unresolved: Unresolved | null = null): Outcome {
  return {
    exitCode: EXIT.notEvaluated,
    document: {
      ...(result ?? { appended: 0 }),
      interrupted: true,
      ...(unresolved && { unresolved }),
    },
    text: (colors) => [
      `${colors.warn('?')} interrupted: ${result ? `${appendedText(result)}; the rest of the input was not` : 'no event was appended'}`,
      ...(unresolved ? [unresolvedText(unresolved)] : []),
    ],
  };
}

/** Input that was read to its end. */
export function appendOutcome(result: Appended | null): Outcome {
  return {
    exitCode: EXIT.ok,
    document: result ?? { appended: 0 },
    text: (colors) =>
      result
        ? [`${colors.good('✔')} ${appendedText(result)}`]
        : ['no event on standard input, nothing appended'],
  };
}
