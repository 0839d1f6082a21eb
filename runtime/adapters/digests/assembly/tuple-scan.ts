/**
 * The clean path of a scan: walks the tuples of a binary COPY stream and hashes them where they lie. It answers one
 * question, whether every tuple is exactly what it must be; what is wrong with one that is not, the caller finds out.
 *
 * The bytes are hostile. Each length is held against what is left before anything behind it is read.
 */
import { hashEvents, word } from './batches';

/** What a column is to the chain. */
const INDEX: u8 = 1;
const PREVIOUS_HASH: u8 = 2;
const KEY_ID: u8 = 3;
const TIME: u8 = 4;

const DIGEST_BYTES: u32 = 32;
const NULL_LENGTH: i32 = -1;
const END_OF_DATA: u16 = 0xffff;

/** Where everything is; the caller writes it once. Addresses unless it says otherwise. */
@unmanaged
class Plan {
  /** Number of hashed columns. */
  columns: u32;
  /** One byte a column. */
  roles: usize;
  /** Width of the index, bytes. */
  indexBytes: u32;
  /** Known key ids, each as its length and its bytes, padded to words. */
  keyIds: usize;
  /** Their number, which is also that of the prepared keys, in the same order. */
  keyCount: u32;
  /** Prepared keys. */
  keys: usize;
  /** Most tuples that there is room for. */
  most: u32;
  /** Room for a word a tuple: start and end of its message, place of its hash, slot of its key, order of hashing. */
  starts: usize;
  ends: usize;
  hashes: usize;
  slots: usize;
  order: usize;
  /** Room for a digest a tuple: of the HMACs, and of the leaves. */
  macs: usize;
  leaves: usize;
  /** Answer: the first address behind the tuples. */
  end: usize;
}

/** The key id of the tuple before, as the address of its entry, and its slot. Events in a row mostly share one. */
let lastKey: usize = 0;
let lastSlot: u32 = 0;

/**
 * Number of tuples between `at` and `end`, all of them sound; then only part of a tuple may follow, or the end of the
 * data. 0 when there is none, or anything else.
 * @param first chain index of the first tuple
 * @param before the 32 bytes that its previous hash must be
 */
export function scanTuples(
  plan: usize,
  at: usize,
  end: usize,
  first: f64,
  before: usize,
  withLeaves: bool,
): u32 {
  const p = changetype<Plan>(plan);
  const count = walk(p, at, end, <i64>first, before);
  if (count === 0) return 0;
  hashEvents(p.starts, p.ends, p.slots, count, p.keys, p.order, p.macs, withLeaves ? p.leaves : 0);
  return sameDigests(p.hashes, count, p.macs) ? count : 0;
}

/** Fills the tables of the plan; gives the number of tuples, or 0 when one of them is not as it must be. */
function walk(p: Plan, from: usize, end: usize, first: i64, link: usize): u32 {
  const fields = <u16>(p.columns + 1);
  const columns = <usize>p.columns;
  const roles = p.roles;
  const most = p.most;
  let at = from;
  let before = link;
  let index = first;
  let count: u32 = 0;
  lastKey = 0;
  while (at + 2 <= end) {
    const found = bswap<u16>(load<u16>(at));
    if (found === END_OF_DATA) break;
    if (found !== fields || count === most) return 0;
    const start = at + 2;
    let field = start;
    let partial = false;
    for (let column: usize = 0; column < columns; column++) {
      if (field + 4 > end) {
        partial = true;
        break;
      }
      const size = <i32>bswap<u32>(load<u32>(field));
      const value = field + 4;
      if (size < 0) {
        // NULL is a value like another, but not in a column that makes the chain.
        if (size !== NULL_LENGTH || isChain(load<u8>(roles + column))) return 0;
        field = value;
        continue;
      }
      if (<u32>size > <u32>(end - value)) {
        partial = true;
        break;
      }
      const role = load<u8>(roles + column);
      if (role !== 0 && !isSound(p, role, value, <u32>size, index, before, count)) return 0;
      field = value + <usize>size;
    }
    if (partial || field + 4 > end) break;
    if (bswap<u32>(load<u32>(field)) !== DIGEST_BYTES) return 0;
    if (end - field < 4 + DIGEST_BYTES) break;
    before = field + 4;
    const entry = (<usize>count) << 2;
    store<u32>(p.starts + entry, <u32>start);
    store<u32>(p.ends + entry, <u32>field);
    store<u32>(p.hashes + entry, <u32>before);
    at = before + DIGEST_BYTES;
    index++;
    count++;
  }
  p.end = at;
  return count;
}

/** True for the columns that may not be NULL. */
function isChain(role: u8): bool {
  return role === INDEX || role === PREVIOUS_HASH || role === KEY_ID;
}

/** Holds a value against what the chain asks of its column; notes the slot of a key id. */
function isSound(p: Plan, role: u8, value: usize, size: u32, index: i64, before: usize, tuple: u32): bool {
  if (role === INDEX) return size === p.indexBytes && readIndex(value, size) === index;
  if (role === PREVIOUS_HASH) return size === DIGEST_BYTES && sameDigest(value, before);
  if (role === TIME) return size !== 8 || !isInfinity(load<u64>(value));
  if (lastKey === 0 || !isKey(lastKey, value, size)) {
    if (!findKey(p, value, size)) return false;
  }
  store<u32>(p.slots + ((<usize>tuple) << 2), lastSlot);
  return true;
}

function readIndex(at: usize, bytes: u32): i64 {
  if (bytes === 8) return <i64>bswap<u64>(load<u64>(at));
  if (bytes === 4) return <i64>(<i32>bswap<u32>(load<u32>(at)));
  return <i64>(<i16>bswap<u16>(load<u16>(at)));
}

/** As PostgreSQL sends `infinity` and `-infinity`, read little-endian. */
function isInfinity(sent: u64): bool {
  return sent === 0xffffffffffffff7f || sent === 0x80;
}

function findKey(p: Plan, value: usize, size: u32): bool {
  let entry = p.keyIds;
  for (let slot: u32 = 0; slot < p.keyCount; slot++) {
    if (isKey(entry, value, size)) {
      lastKey = entry;
      lastSlot = slot;
      return true;
    }
    entry += 4 + ((load<u32>(entry) + 3) & ~3);
  }
  return false;
}

function isKey(entry: usize, value: usize, size: u32): bool {
  if (load<u32>(entry) !== size) return false;
  for (let i: usize = 0; i < size; i++) {
    if (load<u8>(entry + 4 + i) !== load<u8>(value + i)) return false;
  }
  return true;
}

function sameDigest(a: usize, b: usize): bool {
  return !v128.any_true(difference(a, b));
}

/** True when every stored hash is the digest that was computed; takes as long for the first as for the last. */
function sameDigests(hashes: usize, count: u32, digests: usize): bool {
  let different = i64x2.splat(0);
  for (let i: usize = 0; i < count; i++) {
    different = v128.or(different, difference(word(hashes, i), digests + (i << 5)));
  }
  return !v128.any_true(different);
}

function difference(a: usize, b: usize): v128 {
  return v128.or(v128.xor(v128.load(a), v128.load(b)), v128.xor(v128.load(a, 16), v128.load(b, 16)));
}
