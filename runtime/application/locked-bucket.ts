import { ConfigError, UnavailableError } from '../errors';
import type { AnchorStore } from './ports';

/**
 * Makes sure, before anything is written, that the bucket keeps what it is given.
 * @throws ConfigError `BUCKET_NOT_LOCKED` without Object Lock, `BUCKET_NOT_COMPLIANCE` with a weaker default
 * @throws UnavailableError when S3 could not be asked
 */
export async function requireLockedBucket(store: AnchorStore, signal?: AbortSignal): Promise<void> {
  try {
    const lock = await store.bucketLock(signal);
    if (!lock.objectLock) {
      throw new ConfigError(
        'BUCKET_NOT_LOCKED',
        `bucket ${store.bucket} has no Object Lock: found none, allowed a bucket with Object Lock enabled`,
        { hint: 'create the bucket with Object Lock, or name another one in AUDIT_ANCHOR_BUCKET' },
      );
    }
    if (lock.defaultRetention?.mode === 'GOVERNANCE') {
      throw new ConfigError(
        'BUCKET_NOT_COMPLIANCE',
        `bucket ${store.bucket} has a default retention in GOVERNANCE mode, which can be bypassed: allowed is COMPLIANCE, or no default`,
        { hint: 'set the default retention of the bucket to COMPLIANCE' },
      );
    }
  } catch (error) {
    // Without the right to look at the bucket's settings the write itself is the test: S3 refuses a lock there.
    if (!(error instanceof UnavailableError && error.code === 'S3_ACCESS_DENIED')) throw error;
  }
}
