import type { IncomingHttpHeaders } from 'node:http';
import { S3Error, notImplemented } from '../s3-error';
import { CHECKSUMS, CHECKSUM_ALGORITHMS, type ChecksumAlgorithm } from './checksums';

/** What the headers of an upload promise about its bytes. */
export interface DeclaredIntegrity {
  /** Base64 of the MD5, from Content-MD5. */
  readonly md5: string | null;
  /** Base64 of the checksum; `value` is null when it follows in a trailer. */
  readonly checksum: { readonly algorithm: ChecksumAlgorithm; readonly value: string | null } | null;
  /** Hex SHA-256 of the payload, from x-amz-content-sha256. */
  readonly payloadSha256: string | null;
}

/**
 * Reads Content-MD5, x-amz-checksum-*, x-amz-trailer, x-amz-sdk-checksum-algorithm and x-amz-content-sha256.
 * @throws S3Error InvalidDigest, InvalidRequest or NotImplemented
 */
export function readDeclaredIntegrity(headers: IncomingHttpHeaders): DeclaredIntegrity {
  return {
    md5: readContentMd5(headers),
    checksum: readChecksum(headers),
    payloadSha256: readPayloadHash(headers),
  };
}

function readContentMd5(headers: IncomingHttpHeaders): string | null {
  const md5 = headers['content-md5'];
  if (md5 === undefined) return null;
  if (typeof md5 !== 'string' || !isBase64(md5, 16)) {
    throw new S3Error('InvalidDigest', 'The Content-MD5 you specified was invalid.');
  }
  return md5;
}

function readChecksum(headers: IncomingHttpHeaders): DeclaredIntegrity['checksum'] {
  const trailer = single(headers['x-amz-trailer'])?.toLowerCase();
  if (trailer !== undefined && !CHECKSUM_ALGORITHMS.some((name) => CHECKSUMS[name].header === trailer)) {
    throw notImplemented(`the trailer ${trailer}; send ${CHECKSUM_ALGORITHMS.join(', ')}`);
  }

  const found = CHECKSUM_ALGORITHMS.flatMap((algorithm): NonNullable<DeclaredIntegrity['checksum']>[] => {
    const { header } = CHECKSUMS[algorithm];
    const value = single(headers[header]);
    if (value !== undefined) return [{ algorithm, value }];
    return trailer === header ? [{ algorithm, value: null }] : [];
  });
  if (found.length > 1) {
    throw new S3Error(
      'InvalidRequest',
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    );
  }
  const checksum = found[0] ?? null;
  if (checksum !== null && checksum.value !== null) assertChecksumValue(checksum.algorithm, checksum.value);

  const announced = single(headers['x-amz-sdk-checksum-algorithm'])?.toUpperCase();
  if (announced !== undefined && checksum === null) {
    throw new S3Error(
      'InvalidRequest',
      'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
    );
  }
  if (announced !== undefined && announced !== checksum?.algorithm) {
    throw new S3Error('InvalidRequest', 'Value for x-amz-sdk-checksum-algorithm header is invalid.');
  }
  return checksum;
}

function readPayloadHash(headers: IncomingHttpHeaders): string | null {
  const value = single(headers['x-amz-content-sha256']);
  return value !== undefined && /^[0-9a-f]{64}$/i.test(value) ? value.toLowerCase() : null;
}

/** @throws S3Error InvalidRequest when `value` is not the base64 of a digest of that length */
export function assertChecksumValue(algorithm: ChecksumAlgorithm, value: string): void {
  const { bytes, header } = CHECKSUMS[algorithm];
  if (!isBase64(value, bytes)) throw new S3Error('InvalidRequest', `Value for ${header} header is invalid.`);
}

function isBase64(text: string, bytes: number): boolean {
  const decoded = Buffer.from(text, 'base64');
  return decoded.length === bytes && decoded.toString('base64') === text;
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(',') : value;
}
