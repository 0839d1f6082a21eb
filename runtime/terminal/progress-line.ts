import { formatCount, formatDuration } from './duration';

/** What is known of a running step. */
export interface ProgressState {
  readonly label: string;
  /** Units done. */
  readonly count: number;
  /** Units in all; undefined when nobody knows. An estimate may be passed by `count`. */
  readonly total: number | undefined;
  /** Units per second of late; 0 when nothing moves. */
  readonly rate: number;
  /** Milliseconds since the step began. */
  readonly elapsedMs: number;
}

/**
 * The text of a progress line: label, count, rate and, when the total is known, share and time left.
 * @param width columns of the terminal; the text stays below it, because a wrapped line cannot be cleared
 */
export function progressLine(state: ProgressState, width: number): string {
  const { label, count, total, rate, elapsedMs } = state;
  const parts = [label];
  const bounded = total !== undefined && total > 0 && count <= total;
  if (bounded)
    parts.push(`${formatCount(count)} of ${formatCount(total)} (${Math.floor((count / total) * 100)} %)`);
  else if (count > 0) parts.push(formatCount(count));
  if (rate >= 1) parts.push(`${formatCount(Math.round(rate))}/s`);
  if (bounded && rate > 0 && count < total)
    parts.push(`${formatDuration(Math.ceil((total - count) / rate))} left`);
  else parts.push(formatDuration(elapsedMs / 1000));
  return parts.join('  ').slice(0, Math.max(0, width - 1));
}
