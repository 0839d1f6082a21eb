import type { VerificationReport } from '../domain/findings/report';
import type { KnownAnchor } from '../domain/anchor/known-anchor';

const MILLIS_PER_DAY = 86_400_000;

/** How things stand. What is null is not known. */
export interface Gauges {
  /** Seconds since the newest anchor. */
  readonly anchorAgeSeconds: number | null;
  /** Events after the newest anchor. */
  readonly unanchoredEvents: number | null;
  /** Days that the newest anchor stays locked, in hundredths; 0 when the lock is over. */
  readonly retentionDaysLeft: number | null;
}

/** @param now milliseconds since 1970 */
export function ageSeconds({ seconds }: { readonly seconds: number }, now: number): number {
  return Math.max(0, Math.floor(now / 1000) - seconds);
}

function daysLeft(retainUntil: number | null, now: number): number | null {
  if (retainUntil === null) return null;
  return Math.max(0, Math.floor((retainUntil - now) / (MILLIS_PER_DAY / 100)) / 100);
}

/** @param now milliseconds since 1970 */
export function gaugesOf(
  newest: Pick<KnownAnchor, 'seconds' | 'retainUntil'> | null,
  unanchoredEvents: number | null,
  now: number,
): Gauges {
  return {
    anchorAgeSeconds: newest && ageSeconds(newest, now),
    unanchoredEvents,
    retentionDaysLeft: newest && daysLeft(newest.retainUntil, now),
  };
}

/** What a report tells of the newest anchor; nothing when that one, or a newer one, is itself in doubt. */
export function gaugesOfReport({ newestAnchor, findings, finishedAt }: VerificationReport): Gauges {
  const doubted = findings.some(
    ({ code, severity, place, count }) =>
      (severity === 'tampering' || severity === 'unproven') &&
      place.kind === 'object' &&
      // Keys sort by time. A finding that stands for several objects names only the first.
      (count > 1 || place.key >= (newestAnchor?.key ?? '')) &&
      // What is dated ahead of its writing sorts last, and takes no part in the chain.
      !(code === 'ANCHOR_TIME_SKEW' && place.key > (newestAnchor?.key ?? '')),
  );
  if (!newestAnchor || doubted) return gaugesOf(null, null, Date.parse(finishedAt));
  const { time, lockedUntil } = newestAnchor;
  const retainUntil = lockedUntil === null ? null : Date.parse(lockedUntil);
  return gaugesOf({ seconds: Date.parse(time) / 1000, retainUntil }, null, Date.parse(finishedAt));
}
