import { randomBytes } from 'node:crypto';
import { keyLane, type Exchange, type Services } from '../exchange';
import type { BodyDigests } from '../integrity/body-digest';
import { CHECKSUMS, CHECKSUM_ALGORITHMS } from '../integrity/checksums';
import { effectiveRetention, type UploadLock } from '../lock/upload-lock';
import type { StagedBody } from '../store/durable-files';
import type { BucketRecord, Encryption, ObjectContent, ObjectRecord, VersionRecord } from '../store/records';
import { encryptionHeaders } from './encryption';
import { assertWritePreconditions } from './preconditions';

export interface NewVersion {
  readonly body: StagedBody;
  readonly digests: BodyDigests;
  readonly storageClass: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly encryption: Encryption;
  readonly lock: UploadLock;
}

/** Opaque and without order, as S3's are: nothing may be read out of it. A dash would look like an option. */
export function newVersionId(bucket: BucketRecord): string {
  return bucket.versioning === 'Enabled'
    ? randomBytes(24).toString('base64url').replaceAll('-', '.')
    : 'null';
}

/**
 * Makes a received body the newest version of its key, if the conditions of the request hold at that moment.
 * @throws S3Error PreconditionFailed, NoSuchKey or NoSuchBucket
 */
export async function createVersion(
  exchange: Exchange,
  services: Services,
  version: NewVersion,
): Promise<ObjectRecord> {
  const { store, clock, serialiser } = services;
  await version.body.seal();
  return serialiser.run(keyLane(exchange.bucket, exchange.key), async () => {
    const bucket = store.bucket(exchange.bucket);
    const current = store.index(exchange.bucket).current(exchange.key);
    assertWritePreconditions(exchange.headers, exchange.key, current);
    const now = clock.now();
    const content: ObjectContent = {
      size: version.digests.size,
      // Only without KMS is the ETag the MD5 of the body.
      etag: version.encryption.algorithm === 'AES256' ? version.digests.md5 : randomBytes(16).toString('hex'),
      storageClass: version.storageClass,
      headers: version.headers,
      checksums: version.digests.checksums,
      encryption: version.encryption,
    };
    const draft: Omit<VersionRecord, 'sequence'> = {
      key: exchange.key,
      versionId: newVersionId(bucket),
      lastModified: now,
      content,
      retention: effectiveRetention(version.lock, bucket, now),
      legalHold: version.lock.legalHold,
    };
    const record = await store.add(exchange.bucket, draft, version.body);
    return { ...record, content };
  });
}

/** Headers of the answer to an upload. */
export function createdHeaders(bucket: BucketRecord, record: ObjectRecord): Record<string, string> {
  const headers: Record<string, string> = {
    etag: `"${record.content.etag}"`,
    ...encryptionHeaders(record.content.encryption),
  };
  // While versioning is suspended a read says `null`, an upload nothing.
  if (bucket.versioning === 'Enabled') headers['x-amz-version-id'] = record.versionId;
  return headers;
}

/** Checksum headers of a version, with their type. */
export function checksumHeaders(content: ObjectContent): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const value = content.checksums[algorithm];
    if (value !== undefined) headers[CHECKSUMS[algorithm].header] = value;
  }
  if (Object.keys(headers).length > 0) headers['x-amz-checksum-type'] = 'FULL_OBJECT';
  return headers;
}
