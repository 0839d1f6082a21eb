import { randomFillSync } from 'node:crypto';

const SALT_BYTES = 16;
/** So many salts cost about as much as one: most of the price of random bytes is the call. */
const SALTS_A_CALL = 256;

/** Where the salts of events come from. */
export interface SaltSource {
  /** 16 bytes that nobody can guess; valid until the next call. */
  next(): Uint8Array;
}

/** Salts from the random numbers of the operating system. */
export class RandomSalts implements SaltSource {
  private readonly pool = Buffer.alloc(SALTS_A_CALL * SALT_BYTES);
  private at = this.pool.length;

  next(): Uint8Array {
    if (this.at === this.pool.length) {
      randomFillSync(this.pool);
      this.at = 0;
    }
    this.at += SALT_BYTES;
    return this.pool.subarray(this.at - SALT_BYTES, this.at);
  }
}
