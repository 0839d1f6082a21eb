import type { TupleBatch } from '../../domain/chain/digest-engine';
import { DIGEST_BYTES } from '../../domain/digests';

/** What an engine reads of a batch, once every offset in it is known to be inside of `bytes`. */
export interface BatchExtent {
  /** Start of the lowest byte read. */
  readonly start: number;
  /** End (exclusive) of the highest byte read; not above `start` when nothing is read. */
  readonly end: number;
  /** Bytes of the longest message read. */
  readonly longestMessage: number;
  /** Number of tuples that a digest is computed for. */
  readonly active: number;
}

function requireCount(count: number): void {
  if (!Number.isSafeInteger(count) || count < 0) {
    throw new RangeError(`batch: found count ${count}, allowed an integer from 0`);
  }
}

function requireLength(name: string, found: number, least: number, unit: string): void {
  if (found < least) throw new RangeError(`${name}: found ${found} ${unit}, allowed at least ${least}`);
}

function messageOutside(batch: TupleBatch, tuple: number): RangeError {
  return new RangeError(
    `tuple ${tuple}: found a message from ${batch.messageStart[tuple]} to ${batch.messageEnd[tuple]}, ` +
      `allowed within the ${batch.bytes.length} bytes of the batch`,
  );
}

/**
 * Checks what `macs` reads and writes: the messages of the tuples with a slot, every slot, room for the result.
 * @param keys number of chain keys
 * @throws RangeError naming the tuple and the offset that is outside of the batch
 */
export function macExtent(batch: TupleBatch, keys: number, macs: Uint8Array): BatchExtent {
  const { bytes, count, messageStart, messageEnd, keySlot } = batch;
  requireCount(count);
  requireLength('messageStart', messageStart.length, count, 'tuples');
  requireLength('messageEnd', messageEnd.length, count, 'tuples');
  requireLength('keySlot', keySlot.length, count, 'tuples');
  requireLength('macs', macs.length, count * DIGEST_BYTES, 'bytes');
  let start = bytes.length;
  let end = 0;
  let longestMessage = 0;
  let active = 0;
  for (let tuple = 0; tuple < count; tuple++) {
    const slot = keySlot[tuple]!;
    if (slot === -1) continue;
    if (slot < 0 || slot >= keys) {
      throw new RangeError(`tuple ${tuple}: found key slot ${slot}, allowed -1 or below ${keys}`);
    }
    const from = messageStart[tuple]!;
    const to = messageEnd[tuple]!;
    if (from < 0 || to < from || to > bytes.length) throw messageOutside(batch, tuple);
    if (from < start) start = from;
    if (to > end) end = to;
    if (to - from > longestMessage) longestMessage = to - from;
    active++;
  }
  return { start, end, longestMessage, active };
}

/**
 * Checks what `leaves` reads and writes: every event hash, every message unless `hashOnly`, room for the result.
 * @throws RangeError naming the tuple and the offset that is outside of the batch
 */
export function leafExtent(batch: TupleBatch, leaves: Uint8Array, hashOnly: boolean): BatchExtent {
  const { bytes, count, messageStart, messageEnd, hashStart } = batch;
  requireCount(count);
  requireLength('hashStart', hashStart.length, count, 'tuples');
  requireLength('leaves', leaves.length, count * DIGEST_BYTES, 'bytes');
  if (!hashOnly) {
    requireLength('messageStart', messageStart.length, count, 'tuples');
    requireLength('messageEnd', messageEnd.length, count, 'tuples');
  }
  let start = bytes.length;
  let end = 0;
  let longestMessage = 0;
  for (let tuple = 0; tuple < count; tuple++) {
    const hash = hashStart[tuple]!;
    if (hash < 0 || hash + DIGEST_BYTES > bytes.length) {
      throw new RangeError(
        `tuple ${tuple}: found an event hash at ${hash}, ` +
          `allowed ${DIGEST_BYTES} bytes within the ${bytes.length} bytes of the batch`,
      );
    }
    if (hash < start) start = hash;
    if (hash + DIGEST_BYTES > end) end = hash + DIGEST_BYTES;
    if (hashOnly) continue;
    const from = messageStart[tuple]!;
    const to = messageEnd[tuple]!;
    if (from < 0 || to < from || to > bytes.length) throw messageOutside(batch, tuple);
    if (from < start) start = from;
    if (to > end) end = to;
    if (to - from > longestMessage) longestMessage = to - from;
  }
  return { start, end, longestMessage, active: count };
}

/**
 * Checks the arguments of `nodes`.
 * @throws RangeError when there are fewer children than pairs need, or no room for the parents
 */
export function requirePairs(children: Uint8Array, pairs: number, parents: Uint8Array): void {
  requireCount(pairs);
  requireLength('children', children.length, 2 * DIGEST_BYTES * pairs, 'bytes');
  requireLength('parents', parents.length, DIGEST_BYTES * pairs, 'bytes');
}
