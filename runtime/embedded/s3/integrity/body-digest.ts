import { createHash } from 'node:crypto';
import { S3Error } from '../s3-error';
import { CHECKSUMS, startDigest, type ChecksumAlgorithm, type RunningDigest } from './checksums';
import { assertChecksumValue, type DeclaredIntegrity } from './declared';

export interface BodyDigests {
  readonly size: number;
  /** Hex MD5 of the body. */
  readonly md5: string;
  /** Base64 checksums, by algorithm. */
  readonly checksums: Readonly<Partial<Record<ChecksumAlgorithm, string>>>;
}

/** Hashes a body as it passes and holds it against what its headers and trailers declare. */
export class BodyDigest {
  private size = 0;
  private readonly md5 = startDigest('MD5');
  private readonly payload = createHash('sha256');
  private readonly running: { readonly algorithm: ChecksumAlgorithm; readonly digest: RunningDigest };

  /** Without a declared checksum it is CRC64NVME, which S3 then adds on its own. */
  constructor(private readonly declared: DeclaredIntegrity) {
    const algorithm = declared.checksum?.algorithm ?? 'CRC64NVME';
    this.running = { algorithm, digest: startDigest(algorithm) };
  }

  update(chunk: Uint8Array): void {
    this.size += chunk.length;
    this.md5.update(chunk);
    if (this.declared.payloadSha256 !== null) this.payload.update(chunk);
    this.running.digest.update(chunk);
  }

  /**
   * @param trailers trailing headers of the body, lower-case names
   * @throws S3Error BadDigest, InvalidRequest, MalformedTrailerError or XAmzContentSHA256Mismatch
   */
  finish(trailers: ReadonlyMap<string, string>): BodyDigests {
    const md5 = this.md5.digest();
    const checksum = this.running.digest.digest().toString('base64');
    if (this.declared.md5 !== null && this.declared.md5 !== md5.toString('base64')) {
      throw new S3Error('BadDigest', 'The Content-MD5 you specified did not match what we received.');
    }
    this.assertChecksum(checksum, trailers);
    if (this.declared.payloadSha256 !== null && this.payload.digest('hex') !== this.declared.payloadSha256) {
      throw new S3Error(
        'XAmzContentSHA256Mismatch',
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
      );
    }
    return { size: this.size, md5: md5.toString('hex'), checksums: { [this.running.algorithm]: checksum } };
  }

  private assertChecksum(computed: string, trailers: ReadonlyMap<string, string>): void {
    if (this.declared.checksum === null) return;
    const { algorithm } = this.declared.checksum;
    const value = this.declared.checksum.value ?? trailers.get(CHECKSUMS[algorithm].header);
    if (value === undefined) {
      throw new S3Error(
        'MalformedTrailerError',
        'The request contained trailing data that was not well-formed or did not conform to our published schema.',
      );
    }
    assertChecksumValue(algorithm, value);
    if (value !== computed) {
      throw new S3Error('BadDigest', `The ${algorithm} you specified did not match the calculated checksum.`);
    }
  }
}
