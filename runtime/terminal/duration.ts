const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const;

/**
 * A duration in its two largest units, rounded down: `3661` is `1 h 1 min`, `90000` is `1 d 1 h`.
 * @param seconds zero or more; fractions are dropped
 */
export function formatDuration(seconds: number): string {
  let rest = Math.floor(seconds);
  const first = UNITS.findIndex(([, size]) => rest >= size);
  if (first === -1) return '0 s';
  const parts: string[] = [];
  for (const [unit, size] of UNITS.slice(first, first + 2)) {
    const count = Math.floor(rest / size);
    if (count > 0) parts.push(`${formatCount(count)} ${unit}`);
    rest -= count * size;
  }
  return parts.join(' ');
}

/**
 * How long ago something was: `5 min ago`. A moment ahead of the clock is `in 5 min`, so that a wrong clock
 * is seen instead of hidden.
 * @param then milliseconds since the epoch
 * @param now milliseconds since the epoch
 */
export function formatAge(then: number, now: number): string {
  const seconds = (now - then) / 1000;
  if (Math.abs(seconds) < 1) return 'now';
  return seconds > 0 ? `${formatDuration(seconds)} ago` : `in ${formatDuration(-seconds)}`;
}

/** A whole number with a comma between thousands, the same on every machine. */
export function formatCount(count: number | bigint): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/**
 * A count with its noun: `1 event`, `1,200 events`.
 * @param one the noun for one, with what stands before it (`unanchored event`)
 * @param many for another plural than that with an s
 */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
