import type { IAnchorKey } from './anchor-key-reference';

/**
 * How a bucket encrypts. Made by its two factories only.
 *
 * SSE-KMS keeps anchors from everyone who may read the bucket but not use the key; the price is that a
 * lost key makes locked anchors unreadable, and about 12 to 36 USD a year. SSE-S3 has no key that could be
 * lost, costs nothing, and every principal that may read the bucket can read the anchors, which hold
 * hashes only.
 */
export class AnchorEncryption {
  private constructor(
    readonly algorithm: 'aws:kms' | 'AES256',
    /** The key, for SSE-KMS. */
    readonly key: IAnchorKey | undefined,
  ) {}

  /** SSE-KMS with this key and no other: uploads under another key are denied by the bucket policy. */
  static kms(key: IAnchorKey): AnchorEncryption {
    return new AnchorEncryption('aws:kms', key);
  }

  /** SSE-S3: keys held by S3. */
  static s3Managed(): AnchorEncryption {
    return new AnchorEncryption('AES256', undefined);
  }
}
