import * as crypto from 'node:crypto';
import { DIGEST_BYTES } from '../../domain/digests';
import { oneShotSha256 } from './one-shot-sha256';

const BLOCK_BYTES = 64;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

const hashOf = oneShotSha256(crypto);

/** A padded key, and room for the digest behind it. */
function padded(key: Uint8Array, pad: number): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);
  for (let at = 0; at < BLOCK_BYTES; at += 1) block[at] = (key[at] ?? 0) ^ pad;
  return block;
}

/**
 * Event hashes, one after another under one key, for chains, where each message holds the hash of the one before.
 * Makes no object per hash: one-shot digests take half the time of `createHmac`.
 */
export class EventHasher {
  private readonly inner: Buffer;
  private readonly outer: Buffer;

  /** @param key at most 64 bytes; a chain key has 32 */
  constructor(key: Uint8Array) {
    if (key.length > BLOCK_BYTES)
      throw new RangeError(`key has ${key.length} bytes; expected at most ${BLOCK_BYTES}`);
    this.inner = padded(key, INNER_PAD);
    this.outer = padded(key, OUTER_PAD);
  }

  /** Writes the event hash of the message `source[start, end)` to `target` at `at`. */
  write(source: Buffer, start: number, end: number, target: Buffer, at: number): void {
    this.inner.write(hashOf(source.subarray(start, end)), BLOCK_BYTES, DIGEST_BYTES, 'latin1');
    this.outer.write(hashOf(this.inner), BLOCK_BYTES, DIGEST_BYTES, 'latin1');
    target.write(hashOf(this.outer), at, DIGEST_BYTES, 'latin1');
  }

  /** Wipes the key; hashes written after it are worthless. */
  dispose(): void {
    this.inner.fill(0);
    this.outer.fill(0);
  }
}
