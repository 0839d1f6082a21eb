import { isMainThread, workerData } from 'node:worker_threads';

/** Tells a reader's thread from any other that the same file may be started in. */
export const READER = 'audit-anchor reader';

/** True in a thread that was started to read; the entry of the program serves it instead of a command line. */
export function isReaderThread(): boolean {
  return !isMainThread && (workerData as { readonly kind?: unknown } | null)?.kind === READER;
}
