import { S3Error } from '../s3-error';
import { ByteReader } from './byte-reader';

/** A chunk header is a hex size and, in the signed forms, a signature of 64 hex digits. */
const MAX_LINE = 4_096;
const CHUNK_HEADER = /^([0-9a-f]{1,16})(;chunk-signature=[0-9a-f]+)?$/i;

/**
 * Decodes the `aws-chunked` content encoding, in its unsigned and signed forms, with or without trailers.
 * Chunk signatures are skipped, not checked, as the signature of the request itself is not checked either.
 * @param trailers receives the trailing headers, lower-case names
 * @throws S3Error IncompleteBody or InvalidRequest
 */
export async function* decodeAwsChunked(
  source: AsyncIterable<Buffer>,
  trailers: Map<string, string>,
): AsyncGenerator<Buffer> {
  const reader = new ByteReader(source);
  for (;;) {
    const size = chunkSize(await reader.line(MAX_LINE));
    if (size === 0) break;
    yield* reader.take(size);
    if ((await reader.line(2)) !== '') throw malformed();
  }
  for (;;) {
    const line = await reader.lineOrEnd(MAX_LINE);
    if (line === null || line === '') break;
    const colon = line.indexOf(':');
    if (colon < 1) throw malformed();
    trailers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
}

function chunkSize(line: string): number {
  const match = CHUNK_HEADER.exec(line);
  if (match?.[1] === undefined) throw malformed();
  return Number.parseInt(match[1], 16);
}

/** The documentation names no code for a broken chunk frame. */
function malformed(): S3Error {
  return new S3Error('InvalidRequest', 'The aws-chunked body is not framed as chunks of a hexadecimal size');
}
