import type { FindingLog } from '../findings/finding-log';
import { formatAnchorTime } from './anchor';
import type { AnchorAddress } from './evidence';

/** What the time of an anchor is held against. */
export interface Dated extends AnchorAddress {
  /** S3's time, milliseconds since 1970; infinite when S3 does not show it. */
  readonly storedAt: number;
}

/** True for what was dated ahead: no writer whose clock was compared with S3's dates an anchor so. */
export function isDatedAhead(
  { seconds, storedAt }: Pick<Dated, 'seconds' | 'storedAt'>,
  toleranceSeconds: number,
): boolean {
  return seconds - storedAt / 1000 > toleranceSeconds;
}

/** Reports an anchor whose time is further from that of its writing than the tolerance. */
export function checkTime(
  { key, versionId, seconds, storedAt }: Dated,
  toleranceSeconds: number,
  log: FindingLog,
): void {
  const skew = Math.abs(storedAt / 1000 - seconds);
  if (skew <= toleranceSeconds) return;
  log.add({
    code: 'ANCHOR_TIME_SKEW',
    place: { kind: 'object', key, versionId },
    message: `the time in the anchor's name is ${skew} s away from the time S3 stored it`,
    expected: `within ${toleranceSeconds} s of ${formatAnchorTime(Math.floor(storedAt / 1000))}`,
    actual: formatAnchorTime(seconds),
  });
}
