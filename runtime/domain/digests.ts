import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** Bytes of a SHA-256 digest. */
export const DIGEST_BYTES = 32;

/** Hex of 32 zero bytes: the link of a first event or first anchor. */
export const ZERO_HASH = '0'.repeat(2 * DIGEST_BYTES);

const HEX_DIGEST = /^[0-9a-f]{64}$/;

/** True for 64 lower-case hex digits. */
export function isHexDigest(value: unknown): value is string {
  return typeof value === 'string' && HEX_DIGEST.test(value);
}

export function sha256(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

export function sha256Hex(...parts: readonly Uint8Array[]): string {
  return sha256(...parts).toString('hex');
}

export function hmacSha256(key: Uint8Array, message: Uint8Array): Buffer {
  return createHmac('sha256', key).update(message).digest();
}

/** Compares without telling by its duration where two digests differ. */
export function equalDigests(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
