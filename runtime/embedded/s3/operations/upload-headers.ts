import type { IncomingHttpHeaders } from 'node:http';
import { header } from '../http/request';
import { S3Error } from '../s3-error';

/** S3's limit for user metadata, names and values together. */
const MAX_METADATA_BYTES = 2 * 1024;
const STORAGE_CLASSES = [
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER',
  'DEEP_ARCHIVE',
  'GLACIER_IR',
];
/** Classes whose objects cannot be read before a restore. */
const ARCHIVES = ['GLACIER', 'DEEP_ARCHIVE'];
const KEPT = ['cache-control', 'content-disposition', 'content-language', 'content-type', 'expires'];

export function isArchived(storageClass: string): boolean {
  return ARCHIVES.includes(storageClass);
}

/** @throws S3Error InvalidStorageClass */
export function uploadStorageClass(headers: IncomingHttpHeaders): string {
  const name = header(headers, 'x-amz-storage-class') ?? 'STANDARD';
  if (STORAGE_CLASSES.includes(name)) return name;
  throw new S3Error('InvalidStorageClass', 'The storage class you specified is not valid', {
    details: { StorageClassRequested: name },
  });
}

/**
 * The headers S3 keeps with an object and gives back.
 * @throws S3Error MetadataTooLarge or AccessControlListNotSupported
 */
export function keptHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const kept: Record<string, string> = { 'content-type': 'binary/octet-stream' };
  let metadata = 0;
  for (const name of Object.keys(headers)) {
    const value = header(headers, name) ?? '';
    if (KEPT.includes(name) && value !== '') kept[name] = value;
    if (!name.startsWith('x-amz-meta-')) continue;
    kept[name] = value;
    metadata += name.length - 'x-amz-meta-'.length + Buffer.byteLength(value, 'latin1');
  }
  if (metadata > MAX_METADATA_BYTES) {
    throw new S3Error('MetadataTooLarge', 'Your metadata headers exceed the maximum allowed metadata size', {
      details: { Size: String(metadata), MaxSizeAllowed: String(MAX_METADATA_BYTES) },
    });
  }
  const encoding = contentEncoding(headers);
  if (encoding !== '') kept['content-encoding'] = encoding;
  assertAcl(headers);
  return kept;
}

/** aws-chunked is transfer framing that is gone by now. */
function contentEncoding(headers: IncomingHttpHeaders): string {
  return (header(headers, 'content-encoding') ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '' && part.toLowerCase() !== 'aws-chunked')
    .join(', ');
}

/** Buckets have ACLs off (BucketOwnerEnforced), as new buckets of S3 have. */
function assertAcl(headers: IncomingHttpHeaders): void {
  const acl = header(headers, 'x-amz-acl');
  if (acl === undefined || acl === 'bucket-owner-full-control') return;
  throw new S3Error('AccessControlListNotSupported', 'The bucket does not allow ACLs');
}
