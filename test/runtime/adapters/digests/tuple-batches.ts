import { createHash, createHmac } from 'node:crypto';
import type { DigestEngine, MessageBatch } from '../../../../runtime/domain/chain/digest-engine';

/** Messages, and what an engine is told of each beside them. */
export interface TestBatch extends MessageBatch {
  readonly keySlot: Int32Array;
  readonly hashHeads: Uint8Array;
}

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
export function batchOf(tuples: readonly Tuple[], options: LayoutOptions = {}): TestBatch {
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
    keySlot: Int32Array.from(tuples, ({ slot }) => slot),
    hashHeads: hashHeadsOf(tuples),
  };
  let at = 0;
  tuples.forEach(({ message, hash }, index) => {
    at += beforeMessage;
    batch.messageStart[index] = at;
    bytes.set(message, at);
    at += message.length;
    batch.messageEnd[index] = at;
    at += beforeHash;
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

/** The first 16 bytes of each hash, one after another. */
export function hashHeadsOf(tuples: readonly Tuple[]): Uint8Array {
  return Buffer.concat(tuples.map(({ hash }) => hash.subarray(0, 16)));
}

function digestOf({ message }: Tuple): Buffer {
  return createHash('sha256').update(message).digest();
}

/** Hex of what `digests` must give. */
export function expectedDigests(tuples: readonly Tuple[]): string[] {
  return tuples.map((tuple) => digestOf(tuple).toString('hex'));
}

/** Hex of what `macs` must leave in a buffer that was filled with `before`. */
export function expectedMacs(
  tuples: readonly Tuple[],
  keys: readonly Uint8Array[],
  before: number,
): string[] {
  return tuples.map((tuple) =>
    tuple.slot === -1
      ? hex(new Uint8Array(32).fill(before))
      : createHmac('sha256', keys[tuple.slot]!).update(digestOf(tuple)).digest('hex'),
  );
}

/** Hex of what `leaves` must give. */
export function expectedLeaves(tuples: readonly Tuple[]): string[] {
  return tuples.map((tuple) =>
    createHash('sha256')
      .update(Uint8Array.of(0))
      .update(digestOf(tuple))
      .update(tuple.hash.subarray(0, 16))
      .digest('hex'),
  );
}

/** Digests, HMACs and leaves of a batch, each in a buffer of `spare` more bytes that was filled with `before`. */
export function hashedBy(
  engine: DigestEngine,
  batch: TestBatch,
  before = 0,
  spare = 0,
): { readonly digests: Uint8Array; readonly macs: Uint8Array; readonly leaves: Uint8Array } {
  const room = (): Uint8Array => new Uint8Array(batch.count * 32 + spare).fill(before);
  const [digests, macs, leaves] = [room(), room(), room()] as const;
  engine.digests(batch, digests);
  engine.macs(digests, batch.keySlot, batch.count, macs);
  engine.leaves(digests, batch.hashHeads, batch.count, leaves);
  return { digests, macs, leaves };
}

/** Hex of the digests in `bytes`, one a tuple. */
export function digestsIn(bytes: Uint8Array, count: number): string[] {
  return Array.from({ length: count }, (_, index) => hex(bytes.subarray(index * 32, index * 32 + 32)));
}
