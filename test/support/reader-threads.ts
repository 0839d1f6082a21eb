import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { StartThread } from '../../runtime/adapters/workers/thread-readers';

/** Starts a reader's thread from the sources; Jest's own loader does not reach into threads. */
export const startThread: StartThread = (options) =>
  new Worker(path.join(__dirname, 'reader-thread.cjs'), options);
