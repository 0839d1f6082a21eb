import type { MessageBatch } from '../../domain/chain/digest-engine';
import { LEAF_HASH_BYTES } from '../../domain/chain/event-hash';
import { DIGEST_BYTES } from '../../domain/digests';

/** What an engine reads of a batch, once every offset in it is known to be inside of `bytes`. */
export interface BatchExtent {
  /** Start of the lowest byte read. */
  readonly start: number;
  /** End (exclusive) of the highest byte read; not above `start` when nothing is read. */
  readonly end: number;
}

function requireCount(count: number): void {
  if (!Number.isSafeInteger(count) || count < 0) {
    throw new RangeError(`count is ${count}; expected an integer from 0`);
  }
}

function requireLength(name: string, found: number, least: number, unit: string): void {
  if (found < least) throw new RangeError(`${name} has ${found} ${unit}; expected at least ${least}`);
}

/**
 * Checks what `digests` reads and writes: every message, room for the result.
 * @throws RangeError naming the message that is outside of the batch
 */
export function messageExtent(batch: MessageBatch, digests: Uint8Array): BatchExtent {
  const { bytes, count, messageStart, messageEnd } = batch;
  requireCount(count);
  requireLength('messageStart', messageStart.length, count, 'messages');
  requireLength('messageEnd', messageEnd.length, count, 'messages');
  requireLength('digests', digests.length, count * DIGEST_BYTES, 'bytes');
  let start = bytes.length;
  let end = 0;
  for (let number = 0; number < count; number++) {
    const from = messageStart[number]!;
    const to = messageEnd[number]!;
    if (from < 0 || to < from || to > bytes.length) {
      throw new RangeError(
        `message ${number} is at ${from} to ${to}; expected it within the ${bytes.length} bytes of the batch`,
      );
    }
    if (from < start) start = from;
    if (to > end) end = to;
  }
  return { start, end };
}

/**
 * Checks the arguments of `macs`.
 * @param keys number of chain keys
 * @returns the number of slots that are not -1
 * @throws RangeError naming the slot that there is no key for, or what is too short
 */
export function requireSlots(
  digests: Uint8Array,
  keySlot: Int32Array,
  count: number,
  keys: number,
  macs: Uint8Array,
): number {
  requireCount(count);
  requireLength('digests', digests.length, count * DIGEST_BYTES, 'bytes');
  requireLength('keySlot', keySlot.length, count, 'slots');
  requireLength('macs', macs.length, count * DIGEST_BYTES, 'bytes');
  let active = 0;
  for (let event = 0; event < count; event++) {
    const slot = keySlot[event]!;
    if (slot === -1) continue;
    if (slot < 0 || slot >= keys) {
      throw new RangeError(`key slot ${event} is ${slot}; expected -1 or a number below ${keys}`);
    }
    active++;
  }
  return active;
}

/**
 * Checks the arguments of `leaves`.
 * @throws RangeError naming what is too short
 */
export function requireHeads(
  digests: Uint8Array,
  hashHeads: Uint8Array,
  count: number,
  leaves: Uint8Array,
): void {
  requireCount(count);
  requireLength('digests', digests.length, count * DIGEST_BYTES, 'bytes');
  requireLength('hashHeads', hashHeads.length, count * LEAF_HASH_BYTES, 'bytes');
  requireLength('leaves', leaves.length, count * DIGEST_BYTES, 'bytes');
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
