import { createHash, createHmac } from 'node:crypto';
import type { TupleBatch } from '../../../../runtime/domain/chain/digest-engine';

/** One tuple of a test batch. */
export interface Tuple {
  readonly message: Uint8Array;
  readonly hash: Uint8Array;
  readonly slot: number;
}

export interface LayoutOptions {
  /** Value of every byte that belongs to no tuple. */
  readonly filler?: number;
  /** Bytes of the underlying memory in front of the batch. */
  readonly offset?: number;
  /** Bytes between the parts, and before the first; a COPY stream has 2 and 4. */
  readonly gaps?: readonly [beforeMessage: number, beforeHash: number];
}

/** Lays tuples out as a COPY stream does: field count, message, length word, event hash. Nothing follows the last. */
export function batchOf(tuples: readonly Tuple[], options: LayoutOptions = {}): TupleBatch {
  const { filler = 0xee, offset = 0, gaps = [2, 4] } = options;
  const [beforeMessage, beforeHash] = gaps;
  const total = tuples.reduce(
    (sum, { message, hash }) => sum + beforeMessage + message.length + beforeHash + hash.length,
    0,
  );
  const bytes = new Uint8Array(new ArrayBuffer(offset + total), offset).fill(filler);
  const batch = {
    bytes,
    count: tuples.length,
    messageStart: new Int32Array(tuples.length),
    messageEnd: new Int32Array(tuples.length),
    hashStart: new Int32Array(tuples.length),
    keySlot: Int32Array.from(tuples, ({ slot }) => slot),
  };
  let at = 0;
  tuples.forEach(({ message, hash }, index) => {
    at += beforeMessage;
    batch.messageStart[index] = at;
    bytes.set(message, at);
    at += message.length;
    batch.messageEnd[index] = at;
    at += beforeHash;
    batch.hashStart[index] = at;
    bytes.set(hash, at);
    at += hash.length;
  });
  return batch;
}

/** Bytes that differ from place to place and from seed to seed, the same in every run. */
export function patterned(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = (seed + 1) * 0x9e3779b1;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

export function tupleOf(messageBytes: number, seed: number, slot = 0): Tuple {
  return { message: patterned(messageBytes, seed), hash: patterned(32, seed + 0x1000), slot };
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** Hex of what `macs` must leave in a buffer that was filled with `before`. */
export function expectedMacs(
  tuples: readonly Tuple[],
  keys: readonly Uint8Array[],
  before: number,
): string[] {
  return tuples.map(({ message, slot }) =>
    slot === -1
      ? hex(new Uint8Array(32).fill(before))
      : createHmac('sha256', keys[slot]!).update(message).digest('hex'),
  );
}

/** Hex of what `leaves` must give. */
export function expectedLeaves(tuples: readonly Tuple[], hashOnly: boolean): string[] {
  return tuples.map(({ message, hash }) => {
    const leaf = createHash('sha256').update(Uint8Array.of(0)).update(hash);
    return (hashOnly ? leaf : leaf.update(message)).digest('hex');
  });
}

/** Hex of the digests in `bytes`, one a tuple. */
export function digestsIn(bytes: Uint8Array, count: number): string[] {
  return Array.from({ length: count }, (_, index) => hex(bytes.subarray(index * 32, index * 32 + 32)));
}
