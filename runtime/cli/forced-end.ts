import { EXIT, type ExitCode } from '../contract';

/** How long a command that was told to stop may take to do so before it is ended, milliseconds. */
export const FORCED_END_MS = 1_800;

/** One Ctrl-C can arrive twice: from the terminal, and passed on by npm. */
const SAME_SIGNAL_MS = 1_000;

export interface ForcedEndOptions {
  /** Stops the command in order. */
  readonly stop: AbortController;
  /** The command has an orderly end of its own, which is bounded: the first signal gives it time for that. */
  readonly orderly: boolean;
  /** Keys of objects that S3 was asked to write and has not answered for. */
  readonly inDoubt: () => readonly string[];
  /** Exit code of the command once its outcome is known, null before. */
  readonly concluded: () => ExitCode | null;
  readonly exit: (code: ExitCode) => void;
  /** Writes on standard error at once, whoever reads it. */
  readonly say: (text: string) => void;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
}

/**
 * Takes the signals that ask to stop. The first one stops the command in order; one that has no orderly end of its own,
 * or gets a second signal, is ended in any case after a moment, and what it leaves in doubt is named.
 * @returns to be called with each signal
 */
export function forcedEnd({
  stop,
  orderly,
  inDoubt,
  concluded,
  exit,
  say,
  now,
}: ForcedEndOptions): () => void {
  let first: number | null = null;
  let forcing = false;
  const end = (): void => {
    const keys = inDoubt().map((key) => JSON.stringify(key));
    const outcome = concluded();
    if (keys.length === 0 && outcome === null) say('interrupted before it was done [INTERRUPTED]\n');
    if (keys.length > 0) {
      say(
        `interrupted: S3 has not answered whether it stored ${keys.join(', ')} [PUT_UNRESOLVED]\n` +
          '  Either nothing was stored or the complete object was; the next run reads the bucket and goes on from there.\n',
      );
    }
    exit(outcome ?? EXIT.notEvaluated);
  };
  return () => {
    const time = now();
    const again = first !== null && time - first > SAME_SIGNAL_MS;
    first ??= time;
    stop.abort();
    if (forcing || (orderly && !again)) return;
    forcing = true;
    setTimeout(end, FORCED_END_MS).unref();
  };
}
