/**
 * Four messages of any length, one in each lane: where their blocks are, their padding, and how blocks and digests
 * get between memory and the vectors that `compress` works on.
 */
import { SCHEDULE, STATE, compress } from './compression';

/** Reads of a remainder always take a whole block; the mask drops what is not of the message. */
const BLOCK_BYTES: usize = 64;

/** 64 bytes of ones, then zeros: read at `64 - n`, a mask that keeps the first n bytes of a block. */
const KEEP: usize = memory.data<i64>([-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0], 16);
/** The byte 0x80 after 64 zeros: read at `64 - n`, the end mark of a message after n bytes of its last block. */
const END_MARK: usize = memory.data<i64>([0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0], 16);

/** Of each lane, a block for a prefix and two for padding. Bytes 64 to 111 of the padding are never written. */
const BUFFERS: usize = memory.data(4 * 192, 16);
/** Of each lane, its number of blocks. */
const BLOCKS: usize = memory.data(4 * 4, 16);
const LANES: usize = memory.data(4 * 16, 16);
/** The state before a block that not all lanes have. */
const KEPT_STATE: usize = memory.data(8 * 16, 16);

/** The blocks of one message: one at `first`, then `whole` of them at `body`, then those at `tail`. */
@unmanaged
class Lane {
  first: usize;
  body: usize;
  whole: u32;
  tail: usize;
}

export abstract class Lanes {
  @inline static lane(number: usize): Lane {
    return changetype<Lane>(LANES + (number << 4));
  }

  /** The prefix block of a lane; its padding follows. */
  @inline static buffer(number: usize): usize {
    return BUFFERS + number * 192;
  }

  /** Forgets the messages, so that nothing derived from a key stays behind; restores the zeros of the padding. */
  static wipe(): void {
    memory.fill(BUFFERS, 0, 4 * 192);
    memory.fill(SCHEDULE, 0, 64 * 16);
    memory.fill(KEPT_STATE, 0, 8 * 16);
  }

  /** Starts every lane at the initial hash value of SHA-256. */
  static startFresh(): void {
    v128.store(STATE, i32x4.splat(0x6a09e667), 0x00);
    v128.store(STATE, i32x4.splat(0xbb67ae85), 0x10);
    v128.store(STATE, i32x4.splat(0x3c6ef372), 0x20);
    v128.store(STATE, i32x4.splat(0xa54ff53a), 0x30);
    v128.store(STATE, i32x4.splat(0x510e527f), 0x40);
    v128.store(STATE, i32x4.splat(0x9b05688c), 0x50);
    v128.store(STATE, i32x4.splat(0x1f83d9ab), 0x60);
    v128.store(STATE, i32x4.splat(0x5be0cd19), 0x70);
  }

  /** Starts each lane at the state at its pointer: eight words as `startFresh` has them. */
  static startAt(p0: usize, p1: usize, p2: usize, p3: usize): void {
    for (let offset: usize = 0; offset < 32; offset += 16) {
      const to = STATE + (offset << 2);
      Lanes.transpose(
        to,
        v128.load(p0 + offset),
        v128.load(p1 + offset),
        v128.load(p2 + offset),
        v128.load(p3 + offset),
      );
    }
  }

  /** Sets a lane to a message that follows `before` bytes already in its state. */
  static setPlain(number: usize, message: usize, length: u32, before: u64): void {
    const whole = length >>> 6;
    const padding = Lanes.buffer(number) + BLOCK_BYTES;
    const rest = message + ((<usize>whole) << 6);
    const padded = Lanes.pad(padding, rest, length & 63, before + length);
    Lanes.set(number, message, whole, padding, padded);
  }

  /** Sets a lane to `tag`, the 32 bytes at `digest`, and a message. */
  static setPrefixed(number: usize, tag: u8, digest: usize, message: usize, length: u32): void {
    const buffer = Lanes.buffer(number);
    const padding = buffer + BLOCK_BYTES;
    const total: u64 = 33 + <u64>length;
    const digest0 = v128.load(digest);
    const digest1 = v128.load(digest, 16);
    v128.store(buffer, Lanes.behind(i8x16.splat(tag), digest0), 0);
    v128.store(buffer, Lanes.behind(digest0, digest1), 16);
    v128.store(buffer, Lanes.behind(digest1, v128.load(message)), 32);
    v128.store(buffer, v128.load(message, 15), 48);
    if (length < 31) {
      Lanes.set(number, buffer, 0, padding, Lanes.pad(padding, buffer, 33 + length, total));
      return;
    }
    const body = message + 31;
    const whole = (length - 31) >>> 6;
    const padded = Lanes.pad(padding, body + ((<usize>whole) << 6), (length - 31) & 63, total);
    const lane = Lanes.lane(number);
    lane.first = buffer;
    lane.body = body;
    lane.whole = whole;
    lane.tail = padding;
    store<u32>(BLOCKS + (number << 2), 1 + whole + padded);
  }

  /** Takes every block of the four lanes into the state. */
  static absorb(): void {
    const lane0 = Lanes.lane(0);
    const lane1 = Lanes.lane(1);
    const lane2 = Lanes.lane(2);
    const lane3 = Lanes.lane(3);
    const blocks0 = load<u32>(BLOCKS, 0);
    const blocks1 = load<u32>(BLOCKS, 4);
    const blocks2 = load<u32>(BLOCKS, 8);
    const blocks3 = load<u32>(BLOCKS, 12);
    const least = min(min(blocks0, blocks1), min(blocks2, blocks3));
    const most = max(max(blocks0, blocks1), max(blocks2, blocks3));
    for (let i: u32 = 0; i < most; i++) {
      Lanes.schedule(
        Lanes.block(lane0, i, blocks0),
        Lanes.block(lane1, i, blocks1),
        Lanes.block(lane2, i, blocks2),
        Lanes.block(lane3, i, blocks3),
      );
      if (i < least) compress();
      else Lanes.compressUnfinished(i);
    }
  }

  /** Makes the digests of the four lanes the only block of a message that follows one block in its state. */
  static scheduleDigests(): void {
    for (let offset: usize = 0; offset < 128; offset += 16) {
      v128.store(SCHEDULE + offset, v128.load(STATE + offset));
    }
    v128.store(SCHEDULE, i32x4.splat(0x80000000), 8 * 16);
    for (let offset: usize = 9 * 16; offset < 15 * 16; offset += 16) {
      v128.store(SCHEDULE + offset, i32x4.splat(0));
    }
    v128.store(SCHEDULE, i32x4.splat((64 + 32) * 8), 15 * 16);
  }

  /** Fills the first 16 schedule words from 64 bytes at each pointer. */
  @inline static schedule(p0: usize, p1: usize, p2: usize, p3: usize): void {
    for (let offset: usize = 0; offset < BLOCK_BYTES; offset += 16) {
      Lanes.transpose(
        SCHEDULE + (offset << 2),
        Lanes.bigEndian(v128.load(p0 + offset)),
        Lanes.bigEndian(v128.load(p1 + offset)),
        Lanes.bigEndian(v128.load(p2 + offset)),
        Lanes.bigEndian(v128.load(p3 + offset)),
      );
    }
  }

  /** Writes the digest of each lane to its pointer. */
  static storeDigests(p0: usize, p1: usize, p2: usize, p3: usize): void {
    for (let offset: usize = 0; offset < 32; offset += 16) {
      const words = STATE + (offset << 2);
      Lanes.transpose(
        words,
        v128.load(words, 0),
        v128.load(words, 16),
        v128.load(words, 32),
        v128.load(words, 48),
      );
      v128.store(p0 + offset, Lanes.bigEndian(v128.load(words, 0)));
      v128.store(p1 + offset, Lanes.bigEndian(v128.load(words, 16)));
      v128.store(p2 + offset, Lanes.bigEndian(v128.load(words, 32)));
      v128.store(p3 + offset, Lanes.bigEndian(v128.load(words, 48)));
    }
  }

  /** Block `i` of a lane; some readable block when the lane has no such block. */
  @inline private static block(lane: Lane, i: u32, blocks: u32): usize {
    if (i === 0 || i >= blocks) return lane.first;
    const next = i - 1;
    if (next < lane.whole) return lane.body + ((<usize>next) << 6);
    return lane.tail + ((<usize>(next - lane.whole)) << 6);
  }

  /** Sets a lane to `whole` blocks at `message`, then `padded` blocks at `padding`. */
  private static set(number: usize, message: usize, whole: u32, padding: usize, padded: u32): void {
    const lane = Lanes.lane(number);
    if (whole > 0) {
      lane.first = message;
      lane.body = message + BLOCK_BYTES;
      lane.whole = whole - 1;
      lane.tail = padding;
    } else {
      lane.first = padding;
      lane.whole = 0;
      lane.tail = padding + BLOCK_BYTES;
    }
    store<u32>(BLOCKS + (number << 2), whole + padded);
  }

  /** Writes the last `rest` bytes of a message of `total` bytes, and its padding; gives the number of blocks. */
  private static pad(to: usize, source: usize, rest: u32, total: u64): u32 {
    const keep = KEEP + BLOCK_BYTES - rest;
    const mark = END_MARK + BLOCK_BYTES - rest;
    for (let offset: usize = 0; offset < 48; offset += 16) {
      v128.store(to + offset, Lanes.cut(source + offset, keep + offset, mark + offset));
    }
    const last = Lanes.cut(source + 48, keep + 48, mark + 48);
    const bits = i64x2.replace_lane(i64x2.splat(0), 1, bswap<u64>(total << 3));
    if (rest < 56) {
      v128.store(to, v128.or(last, bits), 48);
      return 1;
    }
    v128.store(to, last, 48);
    v128.store(to, bits, 112);
    return 2;
  }

  @inline private static cut(source: usize, keep: usize, mark: usize): v128 {
    return v128.or(v128.and(v128.load(source), v128.load(keep)), v128.load(mark));
  }

  /** Compresses block `i`, which is not there in every lane. */
  private static compressUnfinished(i: u32): void {
    memory.copy(KEPT_STATE, STATE, 8 * 16);
    compress();
    const unfinished = i32x4.gt_u(v128.load(BLOCKS), i32x4.splat(i));
    for (let offset: usize = 0; offset < 8 * 16; offset += 16) {
      v128.store(
        STATE + offset,
        v128.bitselect(v128.load(STATE + offset), v128.load(KEPT_STATE + offset), unfinished),
      );
    }
  }

  /**
   * The last byte of `x`, then the first 15 of `y`. Vectors put together like this are stored as they are loaded
   * again; a processor waits when a load spans several stores.
   */
  @inline private static behind(x: v128, y: v128): v128 {
    return i8x16.shuffle(x, y, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
  }

  @inline private static bigEndian(x: v128): v128 {
    return i8x16.shuffle(x, x, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
  }

  /** Stores the columns of four rows of words as four rows. */
  @inline private static transpose(to: usize, a: v128, b: v128, c: v128, d: v128): void {
    const ab01 = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
    const cd01 = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
    const ab23 = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
    const cd23 = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<i64>(ab01, cd01, 0, 2), 0);
    v128.store(to, v128.shuffle<i64>(ab01, cd01, 1, 3), 16);
    v128.store(to, v128.shuffle<i64>(ab23, cd23, 0, 2), 32);
    v128.store(to, v128.shuffle<i64>(ab23, cd23, 1, 3), 48);
  }
}
