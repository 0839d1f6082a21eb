/**
 * Batches of HMAC-SHA256 and SHA-256, four messages at a time. Every offset has been checked by then; a wrong one
 * can only be read from, or trap: what is written depends on `count` alone.
 *
 * Messages may be read up to 64 bytes beyond their end. Those bytes must exist and do not influence a result.
 */
import { STATE, compress } from './compression';
import { Lanes } from './lanes';

/** Bytes of the two hash states of a prepared key: after the inner pad, and after the outer. */
const KEY_STATES: usize = 64;
const INNER_PAD: u8 = 0x36;
const OUTER_PAD: u8 = 0x5c;
const LEAF_TAG: u8 = 0;
const NODE_TAG: u8 = 1;

/** Tuples are sorted by block count, all longer ones together, so that lanes of a pass end at about the same time. */
const BUCKETS: usize = 256;
const buckets: usize = memory.data(256 * 4, 16);

/** Turns the 32-byte key at `key` into its two hash states, 64 bytes at `states`. */
export function prepareKey(key: usize, states: usize): void {
  const inner = Lanes.buffer(0);
  const outer = Lanes.buffer(1);
  for (let i: usize = 0; i < 64; i++) {
    const byte = i < 32 ? load<u8>(key + i) : 0;
    store<u8>(inner + i, byte ^ INNER_PAD);
    store<u8>(outer + i, byte ^ OUTER_PAD);
  }
  Lanes.startFresh();
  Lanes.schedule(inner, outer, inner, outer);
  compress();
  for (let word: usize = 0; word < 8; word++) {
    store<u32>(states + (word << 2), load<u32>(STATE + (word << 4)));
    store<u32>(states + 32 + (word << 2), load<u32>(STATE + (word << 4), 4));
  }
  Lanes.wipe();
}

/**
 * HMACs of the tuples whose slot is not negative, 32 bytes a tuple at `out`.
 * @param origin address of what offset 0 stands for
 * @param slots index of each tuple's prepared key at `keys`
 * @param order room for `count` words
 */
export function macs(
  origin: usize,
  starts: usize,
  ends: usize,
  slots: usize,
  count: u32,
  keys: usize,
  order: usize,
  out: usize,
): void {
  const active = sort(starts, ends, slots, count, 0, order);
  for (let next: u32 = 0; next < active; next += 4) {
    const i0 = pick(order, next, 0, active);
    const i1 = pick(order, next, 1, active);
    const i2 = pick(order, next, 2, active);
    const i3 = pick(order, next, 3, active);
    setMessage(0, origin, starts, ends, i0);
    setMessage(1, origin, starts, ends, i1);
    setMessage(2, origin, starts, ends, i2);
    setMessage(3, origin, starts, ends, i3);
    const k0 = keys + word(slots, i0) * KEY_STATES;
    const k1 = keys + word(slots, i1) * KEY_STATES;
    const k2 = keys + word(slots, i2) * KEY_STATES;
    const k3 = keys + word(slots, i3) * KEY_STATES;
    Lanes.startAt(k0, k1, k2, k3);
    Lanes.absorb();
    Lanes.scheduleDigests();
    Lanes.startAt(k0 + 32, k1 + 32, k2 + 32, k3 + 32);
    compress();
    storeDigests(out, i0, i1, i2, i3);
  }
}

/** SHA-256(0x00 || event hash || message) of the tuples, 32 bytes a tuple at `out`. */
export function leaves(
  origin: usize,
  starts: usize,
  ends: usize,
  hashes: usize,
  count: u32,
  order: usize,
  out: usize,
): void {
  sort(starts, ends, 0, count, 33, order);
  for (let next: u32 = 0; next < count; next += 4) {
    for (let lane: usize = 0; lane < 4; lane++) {
      const index = pick(order, next, lane, count);
      const start = word(starts, index);
      const length = word(ends, index) - start;
      Lanes.setPrefixed(lane, LEAF_TAG, origin + word(hashes, index), origin + start, length);
    }
    Lanes.startFresh();
    Lanes.absorb();
    storeDigests(
      out,
      pick(order, next, 0, count),
      pick(order, next, 1, count),
      pick(order, next, 2, count),
      pick(order, next, 3, count),
    );
  }
}

/** SHA-256(0x00 || event hash) of the tuples, 32 bytes a tuple at `out`. */
export function hashLeaves(origin: usize, hashes: usize, count: u32, out: usize): void {
  for (let next: u32 = 0; next < count; next += 4) {
    for (let lane: usize = 0; lane < 4; lane++) {
      const hash = origin + word(hashes, min(next + <u32>lane, count - 1));
      Lanes.setPrefixed(lane, LEAF_TAG, hash, hash, 0);
    }
    storeFresh(out, next, count);
  }
}

/** SHA-256(0x01 || left || right) of `count` pairs of 64 bytes at `children`, 32 bytes a pair at `out`. */
export function nodes(children: usize, count: u32, out: usize): void {
  for (let next: u32 = 0; next < count; next += 4) {
    for (let lane: usize = 0; lane < 4; lane++) {
      const left = children + ((<usize>min(next + <u32>lane, count - 1)) << 6);
      Lanes.setPrefixed(lane, NODE_TAG, left, left + 32, 32);
    }
    storeFresh(out, next, count);
  }
}

/** Sets a lane to the message of a tuple, behind the padded key in its state. */
function setMessage(lane: usize, origin: usize, starts: usize, ends: usize, index: usize): void {
  const start = word(starts, index);
  Lanes.setPlain(lane, origin + start, word(ends, index) - start, 64);
}

/** Hashes four lanes and stores the digests of tuples `next` to `next + 3`, of which only `count` exist. */
function storeFresh(out: usize, next: u32, count: u32): void {
  const last = count - 1;
  Lanes.startFresh();
  Lanes.absorb();
  storeDigests(out, next, min(next + 1, last), min(next + 2, last), min(next + 3, last));
}

function storeDigests(out: usize, i0: usize, i1: usize, i2: usize, i3: usize): void {
  Lanes.storeDigests(out + (i0 << 5), out + (i1 << 5), out + (i2 << 5), out + (i3 << 5));
}

/** The tuple of a lane: a lane that would be empty repeats the last tuple, to the same result. */
function pick(order: usize, next: u32, lane: usize, active: u32): usize {
  return word(order, min(next + <u32>lane, active - 1));
}

export function word(array: usize, index: usize): u32 {
  return load<u32>(array + (index << 2));
}

/**
 * Writes the indices of the tuples to hash to `order`, shortest first, and gives their number.
 * @param slots 0 for all tuples, else those whose slot is not negative
 * @param prefix bytes that are hashed before a message
 */
function sort(starts: usize, ends: usize, slots: usize, count: u32, prefix: u32, order: usize): u32 {
  memory.fill(buckets, 0, BUCKETS << 2);
  let active: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    if (slots !== 0 && <i32>word(slots, i) < 0) continue;
    const bucket = bucketOf(starts, ends, i, prefix);
    store<u32>(bucket, load<u32>(bucket) + 1);
    active++;
  }
  let position: u32 = 0;
  for (let bucket = buckets; bucket < buckets + (BUCKETS << 2); bucket += 4) {
    const size = load<u32>(bucket);
    store<u32>(bucket, position);
    position += size;
  }
  for (let i: u32 = 0; i < count; i++) {
    if (slots !== 0 && <i32>word(slots, i) < 0) continue;
    const bucket = bucketOf(starts, ends, i, prefix);
    const at = load<u32>(bucket);
    store<u32>(order + ((<usize>at) << 2), i);
    store<u32>(bucket, at + 1);
  }
  return active;
}

function bucketOf(starts: usize, ends: usize, i: u32, prefix: u32): usize {
  const blocks: usize = (word(ends, i) - word(starts, i) + prefix + 8) >>> 6;
  return buckets + (min(blocks, BUCKETS - 1) << 2);
}
