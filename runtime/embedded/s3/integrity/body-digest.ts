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
  private readonly running = new Map<ChecksumAlgorithm, RunningDigest>();

  /** @param also checksums to compute besides the declared one */
  constructor(
    private readonly declared: DeclaredIntegrity,
    also: readonly ChecksumAlgorithm[] = [],
  ) {
    for (const algorithm of also) this.running.set(algorithm, startDigest(algorithm));
    const own = declared.checksum?.algorithm;
    if (own !== undefined) this.running.set(own, startDigest(own));
  }

  update(chunk: Uint8Array): void {
    this.size += chunk.length;
    this.md5.update(chunk);
    if (this.declared.payloadSha256 !== null) this.payload.update(chunk);
    for (const digest of this.running.values()) digest.update(chunk);
  }

  /**
   * @param trailers trailing headers of the body, lower-case names
   * @throws S3Error BadDigest, InvalidRequest, MalformedTrailerError or XAmzContentSHA256Mismatch
   */
  finish(trailers: ReadonlyMap<string, string>): BodyDigests {
    const md5 = this.md5.digest();
    const checksums: Partial<Record<ChecksumAlgorithm, string>> = {};
    for (const [algorithm, digest] of this.running) checksums[algorithm] = digest.digest().toString('base64');

    if (this.declared.md5 !== null && this.declared.md5 !== md5.toString('base64')) {
      throw new S3Error('BadDigest', 'The Content-MD5 you specified did not match what we received.');
    }
    this.assertChecksum(checksums, trailers);
    if (this.declared.payloadSha256 !== null && this.payload.digest('hex') !== this.declared.payloadSha256) {
      throw new S3Error(
        'XAmzContentSHA256Mismatch',
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
      );
    }
    return { size: this.size, md5: md5.toString('hex'), checksums };
  }

  private assertChecksum(
    computed: Readonly<Partial<Record<ChecksumAlgorithm, string>>>,
    trailers: ReadonlyMap<string, string>,
  ): void {
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
    if (value !== computed[algorithm]) {
      throw new S3Error('BadDigest', `The ${algorithm} you specified did not match the calculated checksum.`);
    }
  }
}
