import { header } from '../http/request';
import type { IncomingHttpHeaders } from 'node:http';
import { S3Error, invalidArgument } from '../s3-error';
import type { BucketRecord, Retention } from '../store/records';
import { defaultRetentionFrom, parseLegalHold, parseLockMode, parseRetainUntil } from './lock-rules';

export interface UploadLock {
  /** As the request asks; null when it leaves retention to the bucket. */
  readonly retention: Retention | null;
  readonly legalHold: 'ON' | 'OFF' | null;
}

/**
 * Reads the object lock headers of an upload.
 * @throws S3Error InvalidArgument, or InvalidRequest on a bucket without Object Lock
 */
export function readUploadLock(headers: IncomingHttpHeaders, bucket: BucketRecord, now: number): UploadLock {
  const mode = header(headers, 'x-amz-object-lock-mode');
  const until = header(headers, 'x-amz-object-lock-retain-until-date');
  const hold = header(headers, 'x-amz-object-lock-legal-hold');
  if (mode === undefined && until === undefined && hold === undefined) {
    return { retention: null, legalHold: null };
  }
  assertLockable(bucket);
  if ((mode === undefined) !== (until === undefined)) {
    throw invalidArgument(
      mode === undefined ? 'x-amz-object-lock-mode' : 'x-amz-object-lock-retain-until-date',
      '',
      'x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied',
    );
  }
  return {
    retention:
      mode === undefined || until === undefined
        ? null
        : { mode: parseLockMode(mode), retainUntil: parseRetainUntil(until, now) },
    legalHold: hold === undefined ? null : parseLegalHold(hold),
  };
}

/** @throws S3Error InvalidRequest on a bucket without Object Lock */
export function assertLockable(bucket: BucketRecord): void {
  if (bucket.objectLock !== null) return;
  throw new S3Error('InvalidRequest', 'Bucket is missing Object Lock Configuration');
}

/** The retention of a version created now: what the upload asks for, else the default of the bucket. */
export function effectiveRetention(lock: UploadLock, bucket: BucketRecord, now: number): Retention | null {
  const rule = bucket.objectLock?.defaultRetention ?? null;
  return lock.retention ?? (rule === null ? null : defaultRetentionFrom(rule, now));
}
