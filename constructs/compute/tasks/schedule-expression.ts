/** Expressions of EventBridge Scheduler; a cron's time is UTC. */

/** `rate(1 minute)`, `rate(5 minutes)`. */
export function everyMinutes(minutes: number): string {
  return rate(minutes, 'minute');
}

/** Every hour at seven minutes past, when the anchor of the hour is there; other intervals from now on. */
export function latestVerification(intervalMinutes: number): string {
  return intervalMinutes === 60 ? 'cron(7 * * * ? *)' : rate(intervalMinutes, 'minute');
}

/** Every day at 02:37 UTC, when databases of most regions have least to do; other intervals from now on. */
export function fullVerification(intervalHours: number): string {
  return intervalHours === 24 ? 'cron(37 2 * * ? *)' : rate(intervalHours, 'hour');
}

function rate(count: number, unit: string): string {
  // Scheduler refuses `rate(1 minutes)`.
  return `rate(${count} ${unit}${count === 1 ? '' : 's'})`;
}
