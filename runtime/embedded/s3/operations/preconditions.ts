import type { IncomingHttpHeaders } from 'node:http';
import { header } from '../http/request';
import { S3Error, noSuchKey, notImplemented, preconditionFailed } from '../s3-error';
import type { ObjectRecord } from '../store/records';

/**
 * Conditional write. A delete marker counts as absent.
 * @throws S3Error PreconditionFailed, NoSuchKey (If-Match on nothing) or NotImplemented
 */
export function assertWritePreconditions(
  headers: IncomingHttpHeaders,
  key: string,
  current: ObjectRecord | undefined,
): void {
  const noneMatch = header(headers, 'if-none-match');
  if (noneMatch !== undefined && current !== undefined) throw preconditionFailed('If-None-Match');
  const match = header(headers, 'if-match');
  if (match === undefined) return;
  if (current === undefined) throw noSuchKey(key);
  if (!isSameTag(match, current.content.etag)) throw preconditionFailed('If-Match');
}

/** What S3 does not take on a PUT, told before the body is read. @throws S3Error NotImplemented */
export function assertWriteHeaders(headers: IncomingHttpHeaders): void {
  const noneMatch = header(headers, 'if-none-match');
  if (noneMatch !== undefined && noneMatch.trim() !== '*') {
    throw new S3Error(
      'NotImplemented',
      'A header you provided implies functionality that is not implemented: If-None-Match takes * only',
    );
  }
  const match = header(headers, 'if-match');
  if (match?.trim() === '*') throw notImplemented('If-Match: * on PutObject, which takes an ETag only');
  if (noneMatch !== undefined && match !== undefined) {
    throw notImplemented('If-Match together with If-None-Match');
  }
}

/**
 * Conditional read, in the order of RFC 9110 section 13.2.2.
 * @returns true when the client's copy is current: answer 304
 * @throws S3Error PreconditionFailed
 */
export function isNotModified(headers: IncomingHttpHeaders, record: ObjectRecord): boolean {
  const modified = Math.floor(record.lastModified / 1000) * 1000;
  const match = header(headers, 'if-match');
  const unmodifiedSince = time(header(headers, 'if-unmodified-since'));
  if (match !== undefined) {
    if (!isListed(match, record.content.etag)) throw preconditionFailed('If-Match');
  } else if (unmodifiedSince !== undefined && modified > unmodifiedSince) {
    throw preconditionFailed('If-Unmodified-Since');
  }
  const noneMatch = header(headers, 'if-none-match');
  // A weak tag is as good as a strong one here, and never in If-Match.
  if (noneMatch !== undefined) return isListed(noneMatch.replaceAll('W/', ''), record.content.etag);
  const modifiedSince = time(header(headers, 'if-modified-since'));
  return modifiedSince !== undefined && modified <= modifiedSince;
}

function isListed(list: string, etag: string): boolean {
  return list.split(',').some((item) => item.trim() === '*' || isSameTag(item, etag));
}

/** Clients send tags with their quotes and, as S3 allows, without. */
function isSameTag(tag: string, etag: string): boolean {
  return tag.trim().replace(/^"(.*)"$/, '$1') === etag;
}

/** A date that cannot be read is ignored, as RFC 9110 asks. */
function time(text: string | undefined): number | undefined {
  const value = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(value) ? undefined : value;
}
