/**
 * Digests of messages, and what is made of them: HMACs, leaves and nodes, four at a time. Every offset has been checked by then; a wrong one
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

/** Where the result of a lane goes that nobody asked for. */
const NOWHERE: usize = memory.data(32, 16);
/** Bytes of a leaf's part of an event hash. */
const HASH_PART_SHIFT: usize = 4;

/** Tuples are sorted by block count, all longer ones together, so that lanes of a pass end at about the same time. */
const BUCKETS: usize = 256;
const buckets: usize = memory.data(256 * 4, 16);

/** The padded keys of `prepareKey`. */
const keyBlocks: usize = memory.data(128, 16);

/** Turns the 32-byte key at `key` into its two hash states, 64 bytes at `states`. */
export function prepareKey(key: usize, states: usize): void {
  const inner = keyBlocks;
  const outer = keyBlocks + 64;
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
  memory.fill(keyBlocks, 0, 128);
  Lanes.wipe();
}

/**
 * SHA-256 of each message, 32 bytes a tuple at `out`.
 * @param origin address of what offset 0 stands for
 * @param order room for `count` words
 */
export function digests(
  origin: usize,
  starts: usize,
  ends: usize,
  count: u32,
  order: usize,
  out: usize,
): void {
  sort(starts, ends, count, order);
  for (let next: u32 = 0; next < count; next += 4) {
    absorb(origin, starts, ends, order, next, count);
    storeDigests(
      out,
      pick(order, next, 0, count),
      pick(order, next, 1, count),
      pick(order, next, 2, count),
      pick(order, next, 3, count),
    );
  }
}

/**
 * HMACs of the digests of the tuples whose slot is not negative, 32 bytes a tuple at `out`.
 * @param slots index of each tuple's prepared key at `keys`
 */
export function macs(digests: usize, slots: usize, count: u32, keys: usize, out: usize): void {
  for (let next: u32 = 0; next < count; next += 4) {
    const i0 = lane(next, 0, count);
    const i1 = lane(next, 1, count);
    const i2 = lane(next, 2, count);
    const i3 = lane(next, 3, count);
    Lanes.loadDigests(digests + (i0 << 5), digests + (i1 << 5), digests + (i2 << 5), digests + (i3 << 5));
    mac(key(keys, slots, i0), key(keys, slots, i1), key(keys, slots, i2), key(keys, slots, i3));
    Lanes.storeDigests(
      place(out, slots, i0),
      place(out, slots, i1),
      place(out, slots, i2),
      place(out, slots, i3),
    );
  }
}

/** SHA-256(0x00 || digest || 16 bytes of `hashes`) of each tuple, 32 bytes a tuple at `out`. */
export function leaves(digests: usize, hashes: usize, count: u32, out: usize): void {
  for (let next: u32 = 0; next < count; next += 4) {
    const i0 = lane(next, 0, count);
    const i1 = lane(next, 1, count);
    const i2 = lane(next, 2, count);
    const i3 = lane(next, 3, count);
    Lanes.loadDigests(digests + (i0 << 5), digests + (i1 << 5), digests + (i2 << 5), digests + (i3 << 5));
    Lanes.loadHashes(
      hashes + (i0 << HASH_PART_SHIFT),
      hashes + (i1 << HASH_PART_SHIFT),
      hashes + (i2 << HASH_PART_SHIFT),
      hashes + (i3 << HASH_PART_SHIFT),
    );
    leaf();
    storeDigests(out, i0, i1, i2, i3);
  }
}

/**
 * All that a sound tuple needs, while its digest is at hand: HMACs at `out` and, where `leafOut` is not 0, leaves over
 * these HMACs. Every slot has to be one of `keys`.
 */
export function hashEvents(
  starts: usize,
  ends: usize,
  slots: usize,
  count: u32,
  keys: usize,
  order: usize,
  out: usize,
  leafOut: usize,
): void {
  sort(starts, ends, count, order);
  for (let next: u32 = 0; next < count; next += 4) {
    const i0 = pick(order, next, 0, count);
    const i1 = pick(order, next, 1, count);
    const i2 = pick(order, next, 2, count);
    const i3 = pick(order, next, 3, count);
    absorb(0, starts, ends, order, next, count);
    Lanes.keepDigests();
    mac(key(keys, slots, i0), key(keys, slots, i1), key(keys, slots, i2), key(keys, slots, i3));
    // Before the hashes are stored, which turns the state round.
    Lanes.scheduleLeaves();
    storeDigests(out, i0, i1, i2, i3);
    if (leafOut === 0) continue;
    Lanes.startFresh();
    compress();
    storeDigests(leafOut, i0, i1, i2, i3);
  }
}

/** SHA-256(0x01 || left || right) of `count` pairs of 64 bytes at `children`, 32 bytes a pair at `out`. */
export function nodes(children: usize, count: u32, out: usize): void {
  for (let next: u32 = 0; next < count; next += 4) {
    const i0 = lane(next, 0, count);
    const i1 = lane(next, 1, count);
    const i2 = lane(next, 2, count);
    const i3 = lane(next, 3, count);
    Lanes.startFresh();
    Lanes.scheduleNodes(
      children + (i0 << 6),
      children + (i1 << 6),
      children + (i2 << 6),
      children + (i3 << 6),
    );
    compress();
    Lanes.scheduleNodeEnds();
    compress();
    storeDigests(out, i0, i1, i2, i3);
  }
}

/** Hashes the messages of four tuples into the state. */
function absorb(origin: usize, starts: usize, ends: usize, order: usize, next: u32, count: u32): void {
  for (let number: usize = 0; number < 4; number++) {
    const index = pick(order, next, number, count);
    const start = word(starts, index);
    Lanes.setMessage(number, origin + start, word(ends, index) - start);
  }
  Lanes.startFresh();
  Lanes.absorb();
}

/** The HMACs of the digests that are kept, into the state. */
function mac(k0: usize, k1: usize, k2: usize, k3: usize): void {
  Lanes.startAt(k0, k1, k2, k3);
  Lanes.scheduleDigests();
  compress();
  Lanes.scheduleState();
  Lanes.startAt(k0 + 32, k1 + 32, k2 + 32, k3 + 32);
  compress();
}

/** The leaves of the digests that are kept and the hashes in the state, into the state. */
function leaf(): void {
  Lanes.scheduleLeaves();
  Lanes.startFresh();
  compress();
}

/** The prepared key of a tuple; any when it has none. */
function key(keys: usize, slots: usize, index: usize): usize {
  return keys + <usize>max(<i32>word(slots, index), 0) * KEY_STATES;
}

/** Where the HMAC of a tuple goes. */
function place(out: usize, slots: usize, index: usize): usize {
  return <i32>word(slots, index) < 0 ? NOWHERE : out + (index << 5);
}

/** The tuple of a lane: a lane that would be empty repeats the last tuple, to the same result. */
function lane(next: u32, number: u32, count: u32): usize {
  return min(next + number, count - 1);
}

function storeDigests(out: usize, i0: usize, i1: usize, i2: usize, i3: usize): void {
  Lanes.storeDigests(out + (i0 << 5), out + (i1 << 5), out + (i2 << 5), out + (i3 << 5));
}

/** As `lane`, in the order of hashing. */
function pick(order: usize, next: u32, number: usize, count: u32): usize {
  return word(order, lane(next, <u32>number, count));
}

export function word(array: usize, index: usize): u32 {
  return load<u32>(array + (index << 2));
}

/** Writes the indices of the tuples to `order`, those with the shortest messages first. */
function sort(starts: usize, ends: usize, count: u32, order: usize): void {
  memory.fill(buckets, 0, BUCKETS << 2);
  for (let i: u32 = 0; i < count; i++) {
    const bucket = bucketOf(starts, ends, i);
    store<u32>(bucket, load<u32>(bucket) + 1);
  }
  let position: u32 = 0;
  for (let bucket = buckets; bucket < buckets + (BUCKETS << 2); bucket += 4) {
    const size = load<u32>(bucket);
    store<u32>(bucket, position);
    position += size;
  }
  for (let i: u32 = 0; i < count; i++) {
    const bucket = bucketOf(starts, ends, i);
    const at = load<u32>(bucket);
    store<u32>(order + ((<usize>at) << 2), i);
    store<u32>(bucket, at + 1);
  }
}

function bucketOf(starts: usize, ends: usize, i: u32): usize {
  const blocks: usize = (word(ends, i) - word(starts, i) + 8) >>> 6;
  return buckets + (min(blocks, BUCKETS - 1) << 2);
}
