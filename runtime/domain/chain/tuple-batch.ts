import { DIGEST_BYTES } from '../digests';
import type { DigestEngine, MessageBatch } from './digest-engine';
import { LEAF_HASH_BYTES } from './event-hash';
import type { HashPlace } from './hash-field';
import type { TupleFields } from './tuple-reader';

const MAX_TUPLES = 4096;

/** Tuples of one buffer, gathered so that they can be hashed together. */
export class TupleBatchBuilder implements MessageBatch {
  bytes: Uint8Array = new Uint8Array(0);
  count = 0;
  readonly messageStart = new Int32Array(MAX_TUPLES);
  readonly messageEnd = new Int32Array(MAX_TUPLES);
  /** Index into the engine's chain keys of each tuple, or -1. */
  readonly keySlot = new Int32Array(MAX_TUPLES);
  /** Number of the range each tuple belongs to, -1 for none. */
  readonly range = new Int32Array(MAX_TUPLES);
  private readonly index = new Float64Array(MAX_TUPLES);
  private readonly hashes = Buffer.alloc(MAX_TUPLES * DIGEST_BYTES);
  private readonly hashHeads = Buffer.alloc(MAX_TUPLES * LEAF_HASH_BYTES);
  private readonly digests = Buffer.alloc(MAX_TUPLES * DIGEST_BYTES);
  private readonly macs = Buffer.alloc(MAX_TUPLES * DIGEST_BYTES);

  get full(): boolean {
    return this.count === MAX_TUPLES;
  }

  /**
   * Takes a tuple of `buffer`, which must be the same for every tuple until `clear`.
   * @param hash at least 16 bytes, and 32 for a tuple with a key
   */
  add(
    buffer: Buffer,
    fields: TupleFields,
    hash: HashPlace,
    { index, keySlot, range }: { readonly index: number; readonly keySlot: number; readonly range: number },
  ): void {
    const at = this.count++;
    this.bytes = buffer;
    this.messageStart[at] = fields.messageStart;
    this.messageEnd[at] = fields.messageEnd;
    this.keySlot[at] = keySlot;
    this.range[at] = range;
    this.index[at] = index;
    hash.bytes.copy(this.hashes, at * DIGEST_BYTES, hash.at, hash.at + DIGEST_BYTES);
    hash.bytes.copy(this.hashHeads, at * LEAF_HASH_BYTES, hash.at, hash.at + LEAF_HASH_BYTES);
  }

  clear(): void {
    this.count = 0;
  }

  /** Hashes the messages, for `compareMacs` and `leaves`. */
  digest(engine: DigestEngine): void {
    engine.digests(this, this.digests);
  }

  /** Merkle leaves of the tuples, 32 bytes each. */
  leaves(engine: DigestEngine, leaves: Uint8Array): void {
    engine.leaves(this.digests, this.hashHeads, this.count, leaves);
  }

  /**
   * Recomputes the HMAC of every tuple with a known key.
   * @param onMismatch called with the chain index of each event whose stored hash differs
   * @returns how many were recomputed
   */
  compareMacs(engine: DigestEngine, onMismatch: (index: number) => void): number {
    let known = 0;
    for (let at = 0; at < this.count; at++) if (this.keySlot[at]! >= 0) known++;
    if (known === 0) return 0;
    const length = this.count * DIGEST_BYTES;
    // Tuples without a known key keep their stored hash here and so compare as equal.
    this.hashes.copy(this.macs, 0, 0, length);
    engine.macs(this.digests, this.keySlot, this.count, this.macs);
    if (this.macs.compare(this.hashes, 0, length, 0, length) !== 0) {
      for (let at = 0; at < this.count; at++) if (!this.sameMac(at)) onMismatch(this.index[at]!);
    }
    return known;
  }

  private sameMac(at: number): boolean {
    const start = at * DIGEST_BYTES;
    const end = start + DIGEST_BYTES;
    return this.macs.compare(this.hashes, start, end, start, end) === 0;
  }
}
