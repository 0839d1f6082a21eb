import type { Readable } from 'node:stream';
import type { Composition } from '../composition';
import type { Progress } from '../terminal/progress';
import type { CommandIo, OutputStream } from './command-io';

/** What an action may use of the process. */
export interface ActionContext {
  readonly composition: Composition;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly progress: Progress;
  readonly sink: CommandIo['sink'];
  readonly json: boolean;
  readonly quiet: boolean;
  /** Log lines and metrics belong on stdout, and nothing else does: `AUDIT_OUTPUT=log`. */
  readonly logs: boolean;
  /** Aborts at the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
}
