import type { Exchange, Services } from '../exchange';
import { header } from '../http/request';
import { S3Error, invalidArgument, noSuchKey, noSuchVersion } from '../s3-error';
import { isObject, type BucketRecord, type ObjectRecord, type VersionRecord } from '../store/records';
import { objectAccess } from './access';

/**
 * The version id a request names.
 * @throws S3Error InvalidArgument when it cannot be one; what an id of S3 looks like is not documented
 */
export function requestedVersionId(exchange: Exchange): string | null {
  const versionId = exchange.query.get('versionId');
  if (versionId === null) return null;
  if (versionId === '') {
    throw invalidArgument('versionId', versionId, 'Version id cannot be the empty string');
  }
  assertVersionId(versionId);
  return versionId;
}

/** @throws S3Error InvalidArgument */
export function assertVersionId(versionId: string): void {
  if (!/^[A-Za-z0-9._-]{1,1024}$/.test(versionId)) {
    throw invalidArgument('versionId', versionId, 'Invalid version id specified');
  }
}

/**
 * The object a read is about.
 * @throws S3Error NoSuchKey, NoSuchVersion, MethodNotAllowed (a delete marker by its id), or AccessDenied for a
 * missing key when the policy hides the listing from the caller
 */
export function findObject(exchange: Exchange, services: Services, bucket: BucketRecord): ObjectRecord {
  const { key } = exchange;
  const versionId = requestedVersionId(exchange);
  const index = services.store.index(bucket.name);
  if (versionId !== null) {
    const record = index.find(key, versionId);
    if (record === undefined) {
      assertMayKnow(exchange, services, bucket, 's3:ListBucketVersions');
      throw noSuchVersion(key, versionId);
    }
    if (!isObject(record)) throw deleteMarkerError(record);
    return record;
  }
  const latest = index.latest(key);
  if (latest === undefined) {
    assertMayKnow(exchange, services, bucket, 's3:ListBucket');
    throw noSuchKey(key);
  }
  if (!isObject(latest)) {
    throw noSuchKey(key, { 'x-amz-delete-marker': 'true', 'x-amz-version-id': latest.versionId });
  }
  return latest;
}

function assertMayKnow(
  exchange: Exchange,
  services: Services,
  bucket: BucketRecord,
  action: 's3:ListBucket' | 's3:ListBucketVersions',
): void {
  const access = { request: exchange, caller: exchange.caller, bucket };
  if (!services.authorizer.permits(action, access)) throw new S3Error('AccessDenied', 'Access Denied');
}

export function deleteMarkerError(record: VersionRecord): S3Error {
  return new S3Error('MethodNotAllowed', 'The specified method is not allowed against this resource.', {
    details: { Method: 'GET', ResourceType: 'DeleteMarker' },
    headers: {
      Allow: 'DELETE',
      'x-amz-delete-marker': 'true',
      'x-amz-version-id': record.versionId,
      'last-modified': new Date(record.lastModified).toUTCString(),
    },
  });
}

/** Headers that tell the lock of a version; each is left out when the policy denies reading it. */
export function lockHeaders(
  exchange: Exchange,
  services: Services,
  bucket: BucketRecord,
  record: ObjectRecord,
): Record<string, string> {
  const access = objectAccess(exchange, bucket);
  const headers: Record<string, string> = {};
  if (record.retention !== null && services.authorizer.permits('s3:GetObjectRetention', access)) {
    headers['x-amz-object-lock-mode'] = record.retention.mode;
    headers['x-amz-object-lock-retain-until-date'] = new Date(record.retention.retainUntil).toISOString();
  }
  if (record.legalHold !== null && services.authorizer.permits('s3:GetObjectLegalHold', access)) {
    headers['x-amz-object-lock-legal-hold'] = record.legalHold;
  }
  return headers;
}

export function wantsChecksums(exchange: Exchange): boolean {
  return header(exchange.headers, 'x-amz-checksum-mode')?.toUpperCase() === 'ENABLED';
}
