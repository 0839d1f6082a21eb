import { AuditAnchorError, ConfigError, UnavailableError } from '../../../errors';
import { isPassing } from './failure';
import type { AppendResult } from './options';
import { CommitUnanswered } from './batch-store';

/** How far a stream of events came before it failed. */
export interface AppendProgress {
  /** What was committed; null for nothing. */
  readonly result: (AppendResult & { readonly appended: number }) | null;
  /** A batch whose COMMIT was sent and not answered. */
  readonly unresolved: AppendResult | null;
  /** Events that were taken from the stream. */
  readonly taken: number;
}

/**
 * The error with what was committed before it, and how to go on: that stays in a table from which nothing can be
 * deleted, so whoever repeats the command must not send it again.
 */
export function withProgress(error: unknown, progress: AppendProgress): unknown {
  const { unresolved } = progress;
  if (error instanceof CommitUnanswered && unresolved) return unknown(error, unresolved, progress);
  if (!(error instanceof AuditAnchorError)) return error;
  const { result, taken } = progress;
  const { message, hint } = error as AuditAnchorError;
  const again = result ? `send from event ${result.appended + 1} on` : 'send all of them again';
  const stored = result
    ? `Events 1 to ${result.appended} are stored, the last at index ${result.lastIndex} with hash ${result.lastHash}`
    : 'No event was stored';
  const invalid = error instanceof ConfigError && error.code === 'EVENT_INVALID';
  const told = `${stored}; ${invalid ? 'correct it and ' : isPassing(error) ? '' : 'fix the cause, then '}${again}.`;
  const options = {
    cause: error,
    // Before the first event there is nothing to tell, and the error has a hint of its own.
    hint: taken === 0 ? hint : [told, ...(hint === undefined || invalid ? [] : [hint])].join(' '),
    done: doneBy(progress),
  };
  if (error instanceof ConfigError) {
    return new ConfigError(error.code, message, { ...options, faults: error.faults });
  }
  return error instanceof UnavailableError ? new UnavailableError(error.code, message, options) : error;
}

/** The batch is in the chain as a whole, or not at all; its last event tells which. */
function unknown(
  { sent, failure }: CommitUnanswered,
  batch: AppendResult,
  progress: AppendProgress,
): UnavailableError {
  const { appended = 0 } = progress.result ?? {};
  const last = { appended: sent.batch.ends.length, ...batch };
  const before = appended === 0 ? '' : `Events 1 to ${appended} are stored. `;
  const to = appended + last.appended;
  return new UnavailableError(
    'APPEND_UNRESOLVED',
    `it is unknown whether events ${appended + 1} to ${to} were stored, the last at index ${last.lastIndex} with hash ${last.lastHash}: ${failure.message}`,
    {
      cause: failure,
      hint: `${before}If the chain has this hash at this index, send from event ${to + 1} on; if not, from event ${appended + 1} on.`,
      done: { ...doneBy(progress), unresolved: last },
    },
  );
}

function doneBy({ result }: AppendProgress): Readonly<Record<string, unknown>> {
  return result ? { ...result } : { appended: 0 };
}
