import type { GetObjectCommandOutput, HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import type { ObjectHead, ObjectLock } from '../../application/ports';
import { isMissingLockConfiguration, unexpectedReply } from './s3-errors';
import type { S3Call, S3Gateway } from './s3-gateway';
import { S3RequestFailed } from './s3-request-failed';

const SHA256_BASE64 = /^[A-Za-z0-9+/]{43}=$/;
/** S3's name for what it does not name in a header. */
const DEFAULT_STORAGE_CLASS = 'STANDARD';
const REPLICATION = ['PENDING', 'COMPLETED', 'FAILED', 'REPLICA'] as const;

/** What S3 says about one version, without its body. Archived objects answer too. */
export async function headObject(
  gateway: S3Gateway,
  key: string,
  versionId: string,
  signal: AbortSignal | undefined,
): Promise<ObjectHead> {
  const call: S3Call = { operation: 'HeadObject', key, versionId };
  try {
    const output = await gateway.attempt(
      'repeating',
      (client, sdk, options) =>
        client.send(
          new sdk.HeadObjectCommand({
            Bucket: gateway.bucket,
            Key: key,
            VersionId: versionId,
            ChecksumMode: 'ENABLED',
          }),
          options,
        ),
      signal,
    );
    return await readHead(gateway, call, output, signal);
  } catch (error) {
    if (error instanceof S3RequestFailed) await diagnose(gateway, key, error, signal);
    throw gateway.explain(error, call);
  }
}

/**
 * A refused HEAD has no body and so no error code: 404 may be the object or the bucket, 403 the permission or
 * the credentials, 400 the region or an expired token. One listing of the key tells, when it fails with a code.
 */
async function diagnose(
  gateway: S3Gateway,
  key: string,
  head: S3RequestFailed,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (![400, 403, 404].includes(head.failure.status ?? 0)) return;
  try {
    await gateway.attempt(
      'repeating',
      (client, sdk, options) =>
        client.send(
          new sdk.ListObjectVersionsCommand({ Bucket: gateway.bucket, Prefix: key, MaxKeys: 1 }),
          options,
        ),
      signal,
    );
  } catch (error) {
    const denied = error instanceof S3RequestFailed && error.failure.code === 'AccessDenied';
    if (!denied) throw gateway.explain(error, { operation: 'ListObjectVersions' });
  }
}

/** Reads the headers that HEAD and GET have in common. */
export async function readHead(
  gateway: S3Gateway,
  call: S3Call & { readonly key?: string; readonly versionId?: string },
  output: HeadObjectCommandOutput | GetObjectCommandOutput,
  signal: AbortSignal | undefined,
): Promise<ObjectHead> {
  const { key = '', versionId = '' } = call;
  if (output.LastModified === undefined || output.ContentLength === undefined) {
    throw unexpectedReply(gateway.request(call), 'the reply has no Last-Modified or no Content-Length');
  }
  if (output.VersionId !== undefined && output.VersionId !== versionId) {
    throw unexpectedReply(gateway.request(call), 'the reply is about another version');
  }
  return {
    key,
    versionId,
    lastModified: output.LastModified.getTime(),
    size: output.ContentLength,
    checksumSha256: readChecksum(output.ChecksumSHA256),
    lock:
      readLock(output.ObjectLockMode, output.ObjectLockRetainUntilDate) ??
      (await askLock(gateway, key, versionId, signal)),
    legalHold: output.ObjectLockLegalHoldStatus === 'ON',
    metadata: output.Metadata ?? {},
    encryption: { algorithm: output.ServerSideEncryption ?? null, keyId: output.SSEKMSKeyId ?? null },
    storageClass: output.StorageClass ?? DEFAULT_STORAGE_CLASS,
    replication: readReplication(output.ReplicationStatus),
  };
}

/** S3 writes COMPLETED, and its API knows COMPLETE for the same; a word that is not known says nothing. */
function readReplication(status: string | undefined): ObjectHead['replication'] {
  if (status === 'COMPLETE') return 'COMPLETED';
  return REPLICATION.find((known) => known === status) ?? null;
}

/** Hex of a whole-object SHA-256; null for none, and for the checksum of checksums of a multipart upload. */
function readChecksum(base64: string | undefined): string | null {
  return base64 !== undefined && SHA256_BASE64.test(base64)
    ? Buffer.from(base64, 'base64').toString('hex')
    : null;
}

function readLock(mode: string | undefined, until: Date | undefined): ObjectLock | null {
  if ((mode !== 'COMPLIANCE' && mode !== 'GOVERNANCE') || until === undefined) return null;
  return { mode, retainUntil: until.getTime() };
}

/**
 * S3 leaves the lock headers out both when there is no lock and when the caller may not see it. Only the
 * explicit question tells the two apart, and only the first is a finding.
 */
async function askLock(
  gateway: S3Gateway,
  key: string,
  versionId: string,
  signal: AbortSignal | undefined,
): Promise<ObjectLock | null> {
  const call: S3Call = { operation: 'GetObjectRetention', key, versionId };
  try {
    const { Retention: retention } = await gateway.attempt(
      'repeating',
      (client, sdk, options) =>
        client.send(
          new sdk.GetObjectRetentionCommand({ Bucket: gateway.bucket, Key: key, VersionId: versionId }),
          options,
        ),
      signal,
    );
    if (retention === undefined) throw unexpectedReply(gateway.request(call), 'the reply is not a retention');
    return readLock(retention.Mode, retention.RetainUntilDate);
  } catch (error) {
    if (error instanceof S3RequestFailed && isNoLock(error)) return null;
    throw gateway.explain(error, call);
  }
}

function isNoLock({ failure }: S3RequestFailed): boolean {
  return (
    failure.code === 'NoSuchObjectLockConfiguration' ||
    failure.code === 'ObjectLockConfigurationNotFoundError' ||
    (failure.code === 'InvalidRequest' && isMissingLockConfiguration(failure))
  );
}
