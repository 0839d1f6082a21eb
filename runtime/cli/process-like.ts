import type { Readable } from 'node:stream';
import type { StartThread } from '../adapters/workers/thread-readers';
import type { ExitCode } from '../contract';
import type { OutputStream } from './command-io';

/** The parts of a process that the program uses; a test gives its own. */
export interface ProcessLike {
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Aborts when the user asks to stop. */
  readonly signal: AbortSignal;
  /** Called with the exit code as soon as the outcome is printed, before anything is released. */
  readonly onConclusion?: (exitCode: ExitCode) => void;
  /** Starts this program once more in a thread, as a reader of events. */
  readonly startThread?: StartThread;
}

/** How a command ended. */
export interface Ending {
  readonly exitCode: ExitCode;
  readonly printedOnly?: boolean;
}
