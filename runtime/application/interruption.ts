import { AuditAnchorError } from '../errors';

/**
 * True when an error is the consequence of an aborted signal: its reason, or what an adapter made of it. Anything
 * else that is thrown meanwhile is a defect and must not pass for it.
 */
export function isInterruption(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted && (error === signal.reason || error instanceof AuditAnchorError);
}
