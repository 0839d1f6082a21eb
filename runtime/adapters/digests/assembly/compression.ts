/**
 * The SHA-256 compression function (FIPS 180-4) for four messages at once: a vector holds the same 32-bit word of
 * four lanes. Everything is a static method because `@inline` is only valid TypeScript on methods.
 */

/** The round constants. */
const K: usize = memory.data<u32>(
  [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
  ],
  16,
);

/** The eight words of the four hash states; `compress` reads and replaces them. */
export const STATE: usize = memory.data(8 * 16, 16);

/** The 64 words of the four message schedules; the caller of `compress` sets the first 16. */
export const SCHEDULE: usize = memory.data(64 * 16, 16);

/** Bytes of the first 16 words of the schedule, one block of each lane. */
const BLOCK_WORDS: usize = 16 * 16;
/** Bytes of the schedule and of the constants that eight rounds use. */
const SCHEDULE_STEP: usize = 8 * 16;
const K_STEP: usize = 8 * 4;

abstract class Word {
  @inline static add(x: v128, y: v128): v128 {
    return i32x4.add(x, y);
  }

  @inline static xor3(x: v128, y: v128, z: v128): v128 {
    return v128.xor(v128.xor(x, y), z);
  }

  @inline static rotr(x: v128, n: i32): v128 {
    return v128.or(i32x4.shr_u(x, n), i32x4.shl(x, 32 - n));
  }

  @inline static bigSigma0(x: v128): v128 {
    return Word.xor3(Word.rotr(x, 2), Word.rotr(x, 13), Word.rotr(x, 22));
  }

  @inline static bigSigma1(x: v128): v128 {
    return Word.xor3(Word.rotr(x, 6), Word.rotr(x, 11), Word.rotr(x, 25));
  }

  @inline static smallSigma0(x: v128): v128 {
    return Word.xor3(Word.rotr(x, 7), Word.rotr(x, 18), i32x4.shr_u(x, 3));
  }

  @inline static smallSigma1(x: v128): v128 {
    return Word.xor3(Word.rotr(x, 17), Word.rotr(x, 19), i32x4.shr_u(x, 10));
  }

  @inline static choose(x: v128, y: v128, z: v128): v128 {
    return v128.xor(z, v128.and(x, v128.xor(y, z)));
  }

  /** The sum T1 of a round, `wk` being its schedule word plus its constant. */
  @inline static first(e: v128, f: v128, g: v128, h: v128, wk: v128): v128 {
    return Word.add(Word.add(Word.add(h, wk), Word.choose(e, f, g)), Word.bigSigma1(e));
  }

  /** The sum T2 of a round. Majority needs `b ^ c`, which is `a ^ b` of the round before: an operation saved. */
  @inline static second(a: v128, b: v128, ab: v128, bc: v128): v128 {
    return Word.add(Word.bigSigma0(a), v128.xor(b, v128.and(ab, bc)));
  }
}

abstract class Schedule {
  /** Word `i` after `w`, plus its constant. */
  @inline static given(w: usize, i: usize, k: usize): v128 {
    return Word.add(v128.load(w + (i << 4)), v128.load32_splat(k + (i << 2)));
  }

  /** Makes and stores word `i` after `w` from the 16 before it; returns it plus its constant. */
  @inline static made(w: usize, i: usize, k: usize): v128 {
    const at = w + (i << 4);
    const word = Word.add(
      Word.add(v128.load(at - 16 * 16), v128.load(at - 7 * 16)),
      Word.add(Word.smallSigma0(v128.load(at - 15 * 16)), Word.smallSigma1(v128.load(at - 2 * 16))),
    );
    v128.store(at, word);
    return Word.add(word, v128.load32_splat(k + (i << 2)));
  }
}

/** Takes one block of each lane, given as the first 16 words of `SCHEDULE`, into `STATE`. */
export function compress(): void {
  let a = v128.load(STATE, 0x00);
  let b = v128.load(STATE, 0x10);
  let c = v128.load(STATE, 0x20);
  let d = v128.load(STATE, 0x30);
  let e = v128.load(STATE, 0x40);
  let f = v128.load(STATE, 0x50);
  let g = v128.load(STATE, 0x60);
  let h = v128.load(STATE, 0x70);
  let t: v128;
  let x: v128;
  let y = v128.xor(b, c);
  let k = K;
  let w = SCHEDULE;
  for (; w < SCHEDULE + BLOCK_WORDS; w += SCHEDULE_STEP, k += K_STEP) {
    t = Word.first(e, f, g, h, Schedule.given(w, 0, k));
    d = Word.add(d, t);
    x = v128.xor(a, b);
    h = Word.add(t, Word.second(a, b, x, y));
    t = Word.first(d, e, f, g, Schedule.given(w, 1, k));
    c = Word.add(c, t);
    y = v128.xor(h, a);
    g = Word.add(t, Word.second(h, a, y, x));
    t = Word.first(c, d, e, f, Schedule.given(w, 2, k));
    b = Word.add(b, t);
    x = v128.xor(g, h);
    f = Word.add(t, Word.second(g, h, x, y));
    t = Word.first(b, c, d, e, Schedule.given(w, 3, k));
    a = Word.add(a, t);
    y = v128.xor(f, g);
    e = Word.add(t, Word.second(f, g, y, x));
    t = Word.first(a, b, c, d, Schedule.given(w, 4, k));
    h = Word.add(h, t);
    x = v128.xor(e, f);
    d = Word.add(t, Word.second(e, f, x, y));
    t = Word.first(h, a, b, c, Schedule.given(w, 5, k));
    g = Word.add(g, t);
    y = v128.xor(d, e);
    c = Word.add(t, Word.second(d, e, y, x));
    t = Word.first(g, h, a, b, Schedule.given(w, 6, k));
    f = Word.add(f, t);
    x = v128.xor(c, d);
    b = Word.add(t, Word.second(c, d, x, y));
    t = Word.first(f, g, h, a, Schedule.given(w, 7, k));
    e = Word.add(e, t);
    y = v128.xor(b, c);
    a = Word.add(t, Word.second(b, c, y, x));
  }
  for (; w < SCHEDULE + 4 * BLOCK_WORDS; w += SCHEDULE_STEP, k += K_STEP) {
    t = Word.first(e, f, g, h, Schedule.made(w, 0, k));
    d = Word.add(d, t);
    x = v128.xor(a, b);
    h = Word.add(t, Word.second(a, b, x, y));
    t = Word.first(d, e, f, g, Schedule.made(w, 1, k));
    c = Word.add(c, t);
    y = v128.xor(h, a);
    g = Word.add(t, Word.second(h, a, y, x));
    t = Word.first(c, d, e, f, Schedule.made(w, 2, k));
    b = Word.add(b, t);
    x = v128.xor(g, h);
    f = Word.add(t, Word.second(g, h, x, y));
    t = Word.first(b, c, d, e, Schedule.made(w, 3, k));
    a = Word.add(a, t);
    y = v128.xor(f, g);
    e = Word.add(t, Word.second(f, g, y, x));
    t = Word.first(a, b, c, d, Schedule.made(w, 4, k));
    h = Word.add(h, t);
    x = v128.xor(e, f);
    d = Word.add(t, Word.second(e, f, x, y));
    t = Word.first(h, a, b, c, Schedule.made(w, 5, k));
    g = Word.add(g, t);
    y = v128.xor(d, e);
    c = Word.add(t, Word.second(d, e, y, x));
    t = Word.first(g, h, a, b, Schedule.made(w, 6, k));
    f = Word.add(f, t);
    x = v128.xor(c, d);
    b = Word.add(t, Word.second(c, d, x, y));
    t = Word.first(f, g, h, a, Schedule.made(w, 7, k));
    e = Word.add(e, t);
    y = v128.xor(b, c);
    a = Word.add(t, Word.second(b, c, y, x));
  }
  v128.store(STATE, Word.add(a, v128.load(STATE, 0x00)), 0x00);
  v128.store(STATE, Word.add(b, v128.load(STATE, 0x10)), 0x10);
  v128.store(STATE, Word.add(c, v128.load(STATE, 0x20)), 0x20);
  v128.store(STATE, Word.add(d, v128.load(STATE, 0x30)), 0x30);
  v128.store(STATE, Word.add(e, v128.load(STATE, 0x40)), 0x40);
  v128.store(STATE, Word.add(f, v128.load(STATE, 0x50)), 0x50);
  v128.store(STATE, Word.add(g, v128.load(STATE, 0x60)), 0x60);
  v128.store(STATE, Word.add(h, v128.load(STATE, 0x70)), 0x70);
}
