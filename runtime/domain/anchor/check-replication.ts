import type { FindingLog } from '../findings/finding-log';
import type { AnchorEvidence } from './evidence';

/** S3 copies most objects within 15 minutes; what waits for twice as long is no longer on its way. */
const PENDING_MINUTES = 30;

interface Waiting {
  readonly evidence: AnchorEvidence;
  readonly status: 'FAILED' | 'PENDING';
}

function waitingOf(evidence: AnchorEvidence, now: number): Waiting[] {
  const { replication, lastModified = 0 } = evidence.head ?? {};
  if (replication === 'FAILED') return [{ evidence, status: replication }];
  const overdue = replication === 'PENDING' && now - lastModified / 1000 > PENDING_MINUTES * 60;
  return overdue ? [{ evidence, status: replication }] : [];
}

/**
 * Reports anchors that a rule of replication should have copied and S3 has not: one finding for all of them, since
 * one broken rule leaves out everything after it. Says nothing where no rule applied.
 * @param now seconds since 1970
 */
export function checkReplication(anchors: readonly AnchorEvidence[], now: number, log: FindingLog): void {
  const waiting = anchors.flatMap((evidence) => waitingOf(evidence, now));
  const [first] = waiting;
  if (!first) return;
  const { key, versionId } = first.evidence;
  const failed = waiting.filter(({ status }) => status === 'FAILED').length;
  const parts = [
    ...(failed > 0 ? [`${failed} FAILED`] : []),
    ...(failed < waiting.length
      ? [`${waiting.length - failed} PENDING for more than ${PENDING_MINUTES} min`]
      : []),
  ];
  log.add({
    code: 'ANCHOR_NOT_REPLICATED',
    place: { kind: 'object', key, versionId },
    message:
      'S3 has not copied the anchor to the replica: check role, keys and Object Lock of the destination',
    expected: `COMPLETED, or PENDING for at most ${PENDING_MINUTES} min`,
    actual: parts.join(', '),
    count: waiting.length,
  });
}
