import * as crypto from 'node:crypto';
import { DIGEST_BYTES } from '../../domain/digests';
import { oneShotSha256 } from './one-shot-sha256';

const BLOCK_BYTES = 64;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;
/** Room for messages before the scratch buffer has to grow. */
const FIRST_MESSAGE_BYTES = 4_096;

const hashOf = oneShotSha256(crypto);

function padded(key: Uint8Array, pad: number, more: number): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES + more);
  for (let at = 0; at < BLOCK_BYTES; at += 1) block[at] = (key[at] ?? 0) ^ pad;
  return block;
}

/**
 * HMAC-SHA256 of one message after another under one key, for chains, where each message holds the digest of the
 * one before. Makes no object per message: two one-shot hashes take half the time of `createHmac`.
 */
export class SequentialHmac {
  /** The padded key, and room for a message behind it. */
  private inner: Buffer;
  /** The padded key, and room for the inner digest. */
  private readonly outer: Buffer;

  /** @param key at most 64 bytes; a chain key has 32 */
  constructor(key: Uint8Array) {
    if (key.length > BLOCK_BYTES)
      throw new RangeError(`found a key of ${key.length} bytes, allowed ${BLOCK_BYTES}`);
    this.inner = padded(key, INNER_PAD, FIRST_MESSAGE_BYTES);
    this.outer = padded(key, OUTER_PAD, DIGEST_BYTES);
  }

  /** Writes the digest of `source[start, end)` to `target` at `at`. */
  write(source: Buffer, start: number, end: number, target: Buffer, at: number): void {
    this.requireRoom(end - start);
    source.copy(this.inner, BLOCK_BYTES, start, end);
    const digest = hashOf(this.inner.subarray(0, BLOCK_BYTES + end - start));
    this.outer.write(digest, BLOCK_BYTES, DIGEST_BYTES, 'latin1');
    target.write(hashOf(this.outer), at, DIGEST_BYTES, 'latin1');
  }

  /** Wipes the key; digests written after it are worthless. */
  dispose(): void {
    this.inner.fill(0);
    this.outer.fill(0);
  }

  private requireRoom(messageBytes: number): void {
    if (this.inner.length >= BLOCK_BYTES + messageBytes) return;
    const larger = Buffer.alloc(BLOCK_BYTES + 2 * messageBytes);
    this.inner.copy(larger, 0, 0, BLOCK_BYTES);
    this.inner.fill(0);
    this.inner = larger;
  }
}
