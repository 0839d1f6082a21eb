import type { ServiceSink } from '../application/service';
import type { Outcome } from '../commands/outcome';
import type { ExitCode } from '../contract';
import { EXIT } from '../contract';
import { ConfigError } from '../errors';
import type { Progress } from '../terminal/progress';

/** Why output did not arrive. */
export interface OutputLoss {
  /** Nobody reads it: whoever did has left, or it was closed from the beginning. */
  readonly left: boolean;
  /** In a few words, for example `ENOSPC`. */
  readonly why: string;
}

/** Output of a process, as far as it is used here. */
export interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
  /** What went wrong, once everything was written; null when nothing did. Absent where nothing can. */
  loss?(): Promise<OutputLoss | null>;
}

/** How a command shows what it does and what came of it. */
export interface CommandIo {
  readonly progress: Progress;
  /** Where a command tells what it saw before it failed; null where nobody keeps that. */
  readonly sink: Pick<ServiceSink, 'gauges' | 'anchored'> | null;
  /** Shows the outcome and returns its exit code. */
  print(outcome: Outcome): ExitCode;
  /** Shows the error and returns its exit code. */
  printError(error: unknown): ExitCode;
}

export function exitOfError(error: unknown): ExitCode {
  return error instanceof ConfigError ? EXIT.usage : EXIT.notEvaluated;
}
