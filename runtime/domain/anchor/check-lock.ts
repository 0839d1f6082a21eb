import type { FindingLog } from '../findings/finding-log';
import { formatAnchorTime } from './anchor';
import type { AnchorEvidence, AnchorHead } from './evidence';
import { type AnchorPolicy, lockedAtLeastUntil, lockedUntil } from './policy';

/**
 * When the lock of an anchor ends, seconds since 1970. Where S3 does not show the lock: when a lock ends that is as
 * long as verification demands.
 */
export function lockEnd(
  { head, seconds }: Pick<AnchorEvidence, 'head' | 'seconds'>,
  policy: AnchorPolicy,
): number {
  return head?.lock ? head.lock.retainUntil / 1000 : lockedAtLeastUntil(seconds, policy);
}

/** Checks that nobody can delete or change an anchor for as long as verification demands. */
export function checkLock(
  evidence: AnchorEvidence,
  { lock }: AnchorHead,
  policy: AnchorPolicy,
  log: FindingLog,
): void {
  const place = { kind: 'object', key: evidence.key, versionId: evidence.versionId } as const;
  if (!lock) {
    log.add({
      code: 'ANCHOR_NOT_LOCKED',
      place,
      message: 'the anchor has no retention: anyone may delete it',
      expected: 'COMPLIANCE',
      actual: 'no lock',
    });
    return;
  }
  if (lock.mode !== 'COMPLIANCE') {
    log.add({
      code: 'ANCHOR_NOT_COMPLIANCE',
      place,
      message: 'the lock of the anchor can be bypassed',
      expected: 'COMPLIANCE',
      actual: lock.mode,
    });
  }
  const required = lockedAtLeastUntil(evidence.seconds, policy);
  if (lock.retainUntil < required * 1000) {
    const days = policy.leastRetentionDays ?? policy.retentionDays;
    log.add({
      code: 'ANCHOR_RETENTION_SHORT',
      place,
      message: `the anchor is not locked for ${days} days from its time`,
      expected: `until ${formatAnchorTime(required)} or later`,
      actual: `until ${formatAnchorTime(Math.floor(lock.retainUntil / 1000))}`,
    });
  }
}

/**
 * Counts anchors that are locked for as long as verification demands, but not for as long as anchors are now: one
 * finding for all of them, since they are what a lengthened retention leaves behind.
 */
export function checkEarlierRetention(
  anchors: readonly AnchorEvidence[],
  policy: AnchorPolicy,
  log: FindingLog,
): void {
  const earlier = anchors.filter(({ head, seconds }) => {
    const until = head?.lock?.retainUntil ?? Infinity;
    const wanted = lockedUntil(seconds, policy) * 1000;
    return until < wanted && until >= lockedAtLeastUntil(seconds, policy) * 1000;
  });
  const [first] = earlier;
  if (!first) return;
  log.add({
    code: 'ANCHOR_RETENTION_EARLIER',
    place: { kind: 'object', key: first.key, versionId: first.versionId },
    message: `the anchor is locked for less than the ${policy.retentionDays} days that anchors are locked for now`,
    count: earlier.length,
  });
}
