import type { FindingLog } from '../findings/finding-log';
import type { AnchorPolicy } from './policy';
import type { AnchorEvidence } from './evidence';

/** A late write or a slow start is no gap. */
const GRACE_SECONDS = 300;

/**
 * Reports pauses between anchors, and a newest anchor that is older than the interval.
 * @param now seconds since 1970
 */
export function checkCadence(
  anchors: readonly AnchorEvidence[],
  policy: AnchorPolicy,
  now: number,
  log: FindingLog,
): void {
  const longest = policy.intervalMinutes * 60 + GRACE_SECONDS;
  anchors.forEach((evidence, at) => {
    const previous = anchors[at - 1];
    if (!previous || evidence.seconds - previous.seconds <= longest) return;
    log.add({
      code: 'CADENCE_GAP',
      place: { kind: 'object', key: evidence.key, versionId: evidence.versionId },
      message: 'no anchor was written for longer than the interval before this one',
      expected: `at most ${policy.intervalMinutes} min`,
      actual: `${Math.round((evidence.seconds - previous.seconds) / 60)} min`,
    });
  });
  const newest = anchors[anchors.length - 1];
  if (newest && now - newest.seconds > longest) {
    log.add({
      code: 'ANCHOR_STALE',
      place: { kind: 'object', key: newest.key, versionId: newest.versionId },
      message: 'the newest anchor is older than the interval: the writer may be down',
      expected: `at most ${policy.intervalMinutes} min`,
      actual: `${Math.round((now - newest.seconds) / 60)} min`,
    });
  }
}
