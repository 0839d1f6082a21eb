import type { Exchange, Operation, Services } from '../exchange';
import { header } from '../http/request';
import type { S3Response } from '../http/response';
import { S3Error } from '../s3-error';
import type { BucketRecord, ObjectRecord } from '../store/records';
import { objectAccess } from './access';
import { parseRange, type ByteRange } from './byte-range';
import { checksumHeaders } from './create-version';
import { encryptionHeaders } from './encryption';
import { findObject, lockHeaders, requestedVersionId, wantsChecksums } from './find-version';
import { isNotModified } from './preconditions';
import { isArchived } from './upload-headers';

const OVERRIDES = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
];

export const headObject: Operation = (exchange, services) => {
  const { bucket, record } = look(exchange, services);
  if (isNotModified(exchange.headers, record)) {
    return Promise.resolve(notModified(record));
  }
  const range = parseRange(header(exchange.headers, 'range'), record.content.size);
  return Promise.resolve({
    status: range === null ? 200 : 206,
    headers: describe(exchange, services, bucket, record, range),
  });
};

export const getObject: Operation = async (exchange, services) => {
  const { bucket, record } = look(exchange, services);
  if (isNotModified(exchange.headers, record)) return notModified(record);
  assertReadable(record);
  const range = parseRange(header(exchange.headers, 'range'), record.content.size);
  const headers = describe(exchange, services, bucket, record, range);
  const { start, length } = range ?? { start: 0, length: record.content.size };
  const file = await services.store.openBody(exchange.bucket, record);
  return { status: range === null ? 200 : 206, headers, body: { file, start, length } };
};

function notModified(record: ObjectRecord): S3Response {
  const { content, lastModified } = record;
  const headers = { etag: `"${content.etag}"`, 'last-modified': new Date(lastModified).toUTCString() };
  return { status: 304, headers };
}

/** @throws S3Error InvalidObjectState for an object in an archive */
function assertReadable(record: ObjectRecord): void {
  if (!isArchived(record.content.storageClass)) return;
  throw new S3Error('InvalidObjectState', "The operation is not valid for the object's storage class", {
    details: { StorageClass: record.content.storageClass },
  });
}

function look(exchange: Exchange, services: Services): { bucket: BucketRecord; record: ObjectRecord } {
  const bucket = services.store.bucket(exchange.bucket);
  const action = requestedVersionId(exchange) === null ? 's3:GetObject' : 's3:GetObjectVersion';
  services.authorizer.require([action], objectAccess(exchange, bucket));
  return { bucket, record: findObject(exchange, services, bucket) };
}

function describe(
  exchange: Exchange,
  services: Services,
  bucket: BucketRecord,
  record: ObjectRecord,
  range: ByteRange | null,
): Record<string, string> {
  const { content } = record;
  const headers: Record<string, string> = {
    'accept-ranges': 'bytes',
    'last-modified': new Date(record.lastModified).toUTCString(),
    etag: `"${content.etag}"`,
    'content-length': String(range?.length ?? content.size),
    ...content.headers,
    ...encryptionHeaders(content.encryption),
    ...lockHeaders(exchange, services, bucket, record),
  };
  if (bucket.versioning !== 'Off') headers['x-amz-version-id'] = record.versionId;
  if (content.storageClass !== 'STANDARD') headers['x-amz-storage-class'] = content.storageClass;
  // The checksum is of the whole object, so it cannot go with a part.
  if (range === null && wantsChecksums(exchange)) Object.assign(headers, checksumHeaders(content));
  if (range !== null) headers['content-range'] = range.contentRange;
  for (const name of OVERRIDES) {
    const value = exchange.query.get(`response-${name}`);
    if (value !== null) headers[name] = value;
  }
  return headers;
}
