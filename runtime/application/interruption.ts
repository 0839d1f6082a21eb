import { AuditAnchorError } from '../errors';

/**
 * True when an error is the consequence of an aborted signal: its reason, or what an adapter made of it. Anything
 * else that is thrown meanwhile is a defect and must not pass for it.
 */
export function isInterruption(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted && (error === signal.reason || error instanceof AuditAnchorError);
}

/**
 * Runs `work` for as long as `signal` does not abort; nobody looks at what becomes of it after that.
 * @throws the reason of the signal
 */
export async function unlessAborted<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work();
  signal.throwIfAborted();
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work(), aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
