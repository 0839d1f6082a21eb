import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { S3Error } from '../s3-error';
import { Payload } from './payload';

/** The longest key S3 takes, in bytes of UTF-8. */
const MAX_KEY_BYTES = 1_024;

/** A request in path style, before its operation is known. */
export interface S3Request {
  readonly method: string;
  /** Empty for a request on the service itself. */
  readonly bucket: string;
  /** Empty for a request on a bucket or the service. */
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly payload: Payload;
}

/** @throws S3Error InvalidURI or KeyTooLongError */
export function readRequest(message: IncomingMessage): S3Request {
  // Not `new URL`: it would fold `..` and `//`, which are ordinary parts of a key.
  const url = message.url ?? '/';
  const question = url.indexOf('?');
  const path = question < 0 ? url : url.slice(0, question);
  const slash = path.indexOf('/', 1);
  const bucket = decode(path.slice(1, slash < 0 ? undefined : slash));
  const key = slash < 0 ? '' : decode(path.slice(slash + 1));
  assertKeyLength(key);
  const query = new URLSearchParams(question < 0 ? '' : url.slice(question + 1));
  return {
    method: message.method ?? 'GET',
    bucket,
    key,
    query,
    headers: { ...headersOf(query), ...message.headers },
    payload: new Payload(message),
  };
}

/** Parts of a signature in the query of a presigned URL, lower case. */
const SIGNATURE =
  /^x-amz-(algorithm|credential|date|expires|signedheaders|signature|security-token|content-sha256)$/;

/** A presigned URL carries in its query what other requests carry as x-amz- headers; both mean the same. */
function headersOf(query: URLSearchParams): IncomingHttpHeaders {
  const headers: IncomingHttpHeaders = {};
  for (const [name, value] of query) {
    const lower = name.toLowerCase();
    if (lower.startsWith('x-amz-') && !SIGNATURE.test(lower)) headers[lower] = value;
  }
  return headers;
}

/** @throws S3Error KeyTooLongError */
export function assertKeyLength(key: string): void {
  const size = Buffer.byteLength(key);
  if (size <= MAX_KEY_BYTES) return;
  throw new S3Error('KeyTooLongError', 'Your key is too long', {
    details: { Size: String(size), MaxSizeAllowed: String(MAX_KEY_BYTES) },
  });
}

/** The text of a header; repeated ones joined as HTTP does. */
export function header(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}

/** @throws S3Error InvalidURI when a percent escape is not UTF-8 */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Error('InvalidURI', "Couldn't parse the specified URI.");
  }
}
