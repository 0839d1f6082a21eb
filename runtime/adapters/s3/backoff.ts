/** A number in [0, 1), as `Math.random` gives. */
export type Jitter = () => number;

const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 10_000;

/**
 * Milliseconds to wait after failed attempt number `attempt` (from 1): doubling from 0.2 s to 10 s, half of it
 * random so that writers which failed together do not come back together.
 */
export function backoffMs(attempt: number, jitter: Jitter): number {
  const full = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1));
  return Math.round(full / 2 + (full / 2) * jitter());
}
