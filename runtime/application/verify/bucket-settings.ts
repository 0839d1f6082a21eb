import { UnavailableError } from '../../errors';
import type { FindingLog } from '../../domain/findings/finding-log';
import type { AnchorStore } from '../ports';

/** Warns when the bucket itself would not keep what is written to it. Each anchor's own lock is checked elsewhere. */
export async function checkBucketSettings(
  store: AnchorStore,
  findings: FindingLog,
  signal?: AbortSignal,
): Promise<void> {
  try {
    const { objectLock, versioning, defaultRetention } = await store.bucketLock(signal);
    const locked = objectLock && versioning === 'Enabled';
    if (locked && defaultRetention?.mode !== 'GOVERNANCE') return;
    findings.add({
      code: 'BUCKET_UNPROTECTED',
      place: { kind: 'bucket', name: store.bucket },
      message: 'the bucket is not set up to keep what is written to it',
      expected: 'Object Lock with versioning, default retention COMPLIANCE or none',
      actual: locked
        ? 'default retention GOVERNANCE'
        : `Object Lock ${objectLock ? 'on' : 'off'}, versioning ${versioning}`,
    });
  } catch (error) {
    // Whoever may read anchors need not be allowed to read the settings of their bucket.
    if (!(error instanceof UnavailableError && error.code === 'S3_ACCESS_DENIED')) throw error;
  }
}
