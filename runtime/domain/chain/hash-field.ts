import { DIGEST_BYTES } from '../digests';
import { decodeHash, type HashForm, MAX_HASH_BYTES, MIN_HASH_BYTES, substituteHash } from './stored-hash';

/** Where the hash of an event lies. */
export interface HashPlace {
  readonly bytes: Buffer;
  readonly at: number;
  readonly length: number;
}

/**
 * The hash that a field holds, where it lies in the stream or, of a text, decoded. One instance serves one column,
 * since it runs once for every event; what it says is valid until the next field is taken.
 */
export class HashField implements HashPlace {
  bytes: Buffer = Buffer.alloc(0);
  at = 0;
  length = 0;
  /** False when what is stored is no hash; `bytes` then hold what counts in its place. */
  sound = false;
  private readonly isText: boolean;
  private readonly least: number;
  private readonly most: number;

  constructor(private readonly form: HashForm) {
    this.isText = form !== 'digest' && form !== 'bytes';
    [this.least, this.most] =
      form === 'digest' ? [DIGEST_BYTES, DIGEST_BYTES] : [MIN_HASH_BYTES, MAX_HASH_BYTES];
  }

  /** @param length -1 for NULL */
  take(bytes: Buffer, at: number, length: number): void {
    if (!this.isText && length >= this.least && length <= this.most) return this.set(bytes, at, length, true);
    const stored = length < 0 ? null : bytes.subarray(at, at + length);
    const hash = stored && decodeHash(stored, this.form);
    const counted = hash ?? substituteHash(stored);
    this.set(counted, 0, counted.length, hash !== null);
  }

  private set(bytes: Buffer, at: number, length: number, sound: boolean): void {
    this.bytes = bytes;
    this.at = at;
    this.length = length;
    this.sound = sound;
  }
}
