import { START_SECONDS } from './full-verification';
import type { CostSettings } from './settings';

/** Events per second of one reader on one processor: about 315 bytes each, PostgreSQL on the machine beside it. */
const READER_RATE = 570_000;

/** What one task reads and verifies: it is one reader, which has no use for more than one processor. */
export function eventsPerSecond({ task }: Pick<CostSettings, 'task'>): number {
  return READER_RATE * Math.min(1, task.vcpu);
}

/**
 * Seconds of one full verification in one task, from the pull of its image to its end.
 * @param events that are read in it
 */
export function fullTaskSeconds(
  settings: Pick<CostSettings, 'task' | 'verification'>,
  events: number,
): number {
  return settings.verification.fullTaskSeconds ?? START_SECONDS + events / eventsPerSecond(settings);
}
