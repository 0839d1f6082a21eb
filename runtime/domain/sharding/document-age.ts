const MS_PER_HOUR = 3_600_000;
const MS_PER_SECOND = 1_000;

/**
 * Hours that a plan and its partial reports count. The database may have been changed since, and only its writers
 * know: a set that could be merged for ever would say "verified" for ever.
 */
export const DEFAULT_MAX_AGE_HOURS = 24;

/** What a document's time is held against. */
export interface AgeLimits {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly maxAgeHours: number;
  /** Seconds by which the clocks of two machines may differ. */
  readonly clockToleranceSeconds: number;
}

/**
 * Why a document of this time does not count; null when it does.
 * @param at ISO 8601; anything else does not count either
 */
export function ageFault(at: string, { now, maxAgeHours, clockToleranceSeconds }: AgeLimits): string | null {
  const age = now - Date.parse(at);
  if (age < -clockToleranceSeconds * MS_PER_SECOND) {
    return `it lies in the future: it is of ${at}, and the clock here shows ${new Date(now).toISOString()}`;
  }
  return age <= maxAgeHours * MS_PER_HOUR ? null : `it is of ${at}, more than ${maxAgeHours} hours ago`;
}
