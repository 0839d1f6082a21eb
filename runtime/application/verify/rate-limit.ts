import type { Clock } from '../ports';

/** Pauses shorter than this are saved up: timers are not that exact. */
const SHORTEST_PAUSE_MS = 5;

/**
 * Keeps a reading below a number of events per second, counted from its beginning.
 * @param perSecond events per second, above 0
 */
export function rateLimit(
  clock: Clock,
  perSecond: number,
  signal?: AbortSignal,
): (events: number) => Promise<void> {
  const begun = clock.now();
  return async (events) => {
    const ahead = (events / perSecond) * 1000 - (clock.now() - begun);
    if (ahead >= SHORTEST_PAUSE_MS) await clock.sleep(ahead, signal);
  };
}
