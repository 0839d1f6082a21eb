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

/** Of each lane, two blocks for the end of its message. Bytes 64 to 111 are never written. */
const PADDING: usize = memory.data(4 * 128, 16);
/** Of each lane, its number of blocks. */
const BLOCKS: usize = memory.data(4 * 4, 16);
const LANES: usize = memory.data(4 * 16, 16);
/** The state before a block that not all lanes have. */
const KEPT_STATE: usize = memory.data(8 * 16, 16);
/** Words of four digests, or of four pairs of them, as `STATE` has them. */
const WORDS: usize = memory.data(16 * 16, 16);

/** The blocks of one message: `whole` of them at `body`, then those at `tail`. */
@unmanaged
class Lane {
  body: usize;
  whole: u32;
  tail: usize;
}

export abstract class Lanes {
  @inline static lane(number: usize): Lane {
    return changetype<Lane>(LANES + (number << 4));
  }

  /** Forgets the messages, so that nothing derived from a key stays behind; restores the zeros of the padding. */
  static wipe(): void {
    memory.fill(PADDING, 0, 4 * 128);
    memory.fill(SCHEDULE, 0, 64 * 16);
    memory.fill(KEPT_STATE, 0, 8 * 16);
    memory.fill(WORDS, 0, 16 * 16);
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

  /** Sets a lane to a message. */
  static setMessage(number: usize, message: usize, length: u32): void {
    const lane = Lanes.lane(number);
    const whole = length >>> 6;
    const padding = PADDING + (number << 7);
    const padded = Lanes.pad(padding, message + ((<usize>whole) << 6), length & 63, length);
    lane.body = message;
    lane.whole = whole;
    lane.tail = padding;
    store<u32>(BLOCKS + (number << 2), whole + padded);
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

  /** Keeps the digests in the state for `scheduleDigests` and `scheduleLeaves`. */
  static keepDigests(): void {
    Lanes.copyWords(WORDS, STATE);
  }

  /** Loads 32 bytes at each pointer as `keepDigests` leaves them. */
  static loadDigests(p0: usize, p1: usize, p2: usize, p3: usize): void {
    Lanes.load(WORDS, p0, p1, p2, p3, 32);
  }

  /** Makes the first 16 bytes at each pointer the first four words of the state. */
  static loadHashes(p0: usize, p1: usize, p2: usize, p3: usize): void {
    Lanes.load(STATE, p0, p1, p2, p3, 16);
  }

  /** Makes the digests that are kept the only block of a message that follows one block, a padded key. */
  static scheduleDigests(): void {
    Lanes.scheduleAfterKey(WORDS);
  }

  /** As `scheduleDigests`, of the digests in the state. */
  static scheduleState(): void {
    Lanes.scheduleAfterKey(STATE);
  }

  /** Makes 0x00, the digests that are kept and the first 16 bytes of the hashes in the state the only block. */
  static scheduleLeaves(): void {
    Lanes.scheduleShifted(0, WORDS, 8);
    const last = v128.load(WORDS, 7 * 16);
    v128.store(SCHEDULE, Lanes.straddle(last, v128.load(STATE)), 8 * 16);
    for (let offset: usize = 0; offset < 3 * 16; offset += 16) {
      const word = Lanes.straddle(v128.load(STATE + offset), v128.load(STATE + offset + 16));
      v128.store(SCHEDULE + 9 * 16 + offset, word);
    }
    v128.store(SCHEDULE, Lanes.straddle(v128.load(STATE, 3 * 16), i32x4.splat(<i32>0x80000000)), 12 * 16);
    v128.store(SCHEDULE, i32x4.splat(0), 13 * 16);
    v128.store(SCHEDULE, i32x4.splat(0), 14 * 16);
    v128.store(SCHEDULE, i32x4.splat(49 * 8), 15 * 16);
  }

  /** Makes 0x01 and the first 63 of the 64 bytes at each pointer the first block. */
  static scheduleNodes(p0: usize, p1: usize, p2: usize, p3: usize): void {
    Lanes.load(WORDS, p0, p1, p2, p3, 64);
    Lanes.scheduleShifted(0x01000000, WORDS, 16);
  }

  /** Makes the last of those bytes the second block. */
  static scheduleNodeEnds(): void {
    const end = Lanes.straddle(v128.load(WORDS, 15 * 16), i32x4.splat(<i32>0x80000000));
    v128.store(SCHEDULE, end);
    Lanes.clearWords(SCHEDULE + 16, SCHEDULE + 15 * 16);
    v128.store(SCHEDULE, i32x4.splat(65 * 8), 15 * 16);
  }

  /** Fills the first 16 schedule words from 64 bytes at each pointer. */
  @inline static schedule(p0: usize, p1: usize, p2: usize, p3: usize): void {
    Lanes.load(SCHEDULE, p0, p1, p2, p3, BLOCK_BYTES);
  }

  /** Writes the digest of each lane to its pointer; the state stays as it is, the schedule does not. */
  static storeDigests(p0: usize, p1: usize, p2: usize, p3: usize): void {
    for (let offset: usize = 0; offset < 32; offset += 16) {
      const words = STATE + (offset << 2);
      Lanes.transpose(
        SCHEDULE,
        v128.load(words, 0),
        v128.load(words, 16),
        v128.load(words, 32),
        v128.load(words, 48),
      );
      v128.store(p0 + offset, Lanes.bigEndian(v128.load(SCHEDULE, 0)));
      v128.store(p1 + offset, Lanes.bigEndian(v128.load(SCHEDULE, 16)));
      v128.store(p2 + offset, Lanes.bigEndian(v128.load(SCHEDULE, 32)));
      v128.store(p3 + offset, Lanes.bigEndian(v128.load(SCHEDULE, 48)));
    }
  }

  /** Block `i` of a lane; some readable block when the lane has no such block. */
  @inline private static block(lane: Lane, i: u32, blocks: u32): usize {
    if (i < lane.whole) return lane.body + ((<usize>i) << 6);
    if (i >= blocks) return lane.tail;
    return lane.tail + ((<usize>(i - lane.whole)) << 6);
  }

  private static scheduleAfterKey(words: usize): void {
    Lanes.copyWords(SCHEDULE, words);
    v128.store(SCHEDULE, i32x4.splat(0x80000000), 8 * 16);
    Lanes.clearWords(SCHEDULE + 9 * 16, SCHEDULE + 15 * 16);
    v128.store(SCHEDULE, i32x4.splat((64 + 32) * 8), 15 * 16);
  }

  /** Schedules a word whose first byte is set, and whose others begin `count` words that come a byte later. */
  @inline private static scheduleShifted(first: i32, words: usize, count: usize): void {
    v128.store(SCHEDULE, v128.or(i32x4.splat(first), i32x4.shr_u(v128.load(words), 8)));
    for (let offset: usize = 16; offset < count << 4; offset += 16) {
      const word = Lanes.straddle(v128.load(words + offset - 16), v128.load(words + offset));
      v128.store(SCHEDULE + offset, word);
    }
  }

  /** The last byte of each word of `x`, then the first three of `y`. */
  @inline private static straddle(x: v128, y: v128): v128 {
    return v128.or(i32x4.shl(x, 24), i32x4.shr_u(y, 8));
  }

  /** Loads `bytes` at each pointer, a multiple of 16, as words of four lanes. */
  @inline private static load(to: usize, p0: usize, p1: usize, p2: usize, p3: usize, bytes: usize): void {
    for (let offset: usize = 0; offset < bytes; offset += 16) {
      Lanes.transpose(
        to + (offset << 2),
        Lanes.bigEndian(v128.load(p0 + offset)),
        Lanes.bigEndian(v128.load(p1 + offset)),
        Lanes.bigEndian(v128.load(p2 + offset)),
        Lanes.bigEndian(v128.load(p3 + offset)),
      );
    }
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
    Lanes.copyWords(KEPT_STATE, STATE);
    compress();
    const unfinished = i32x4.gt_u(v128.load(BLOCKS), i32x4.splat(i));
    for (let offset: usize = 0; offset < 8 * 16; offset += 16) {
      v128.store(
        STATE + offset,
        v128.bitselect(v128.load(STATE + offset), v128.load(KEPT_STATE + offset), unfinished),
      );
    }
  }

  /** Copies eight words of four lanes. Engines make calls out of `memory.copy`, which cost more than the copy. */
  @inline private static copyWords(to: usize, from: usize): void {
    for (let offset: usize = 0; offset < 8 * 16; offset += 16)
      v128.store(to + offset, v128.load(from + offset));
  }

  @inline private static clearWords(from: usize, to: usize): void {
    for (let at = from; at < to; at += 16) v128.store(at, i32x4.splat(0));
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
