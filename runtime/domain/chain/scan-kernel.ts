/** Tuples that are exactly what they must be; valid until the kernel is used again. */
export interface SoundRun {
  /** Number of tuples, at least 1. */
  readonly count: number;
  /** First byte of the window behind the last of them. */
  readonly end: number;
  /** Position of each tuple's `event_hash` in the window; may be longer than `count`. */
  readonly hashStart: Uint32Array;
  /** Merkle leaves, 32 bytes a tuple, when they were asked for; may be longer. */
  readonly leaves: Uint8Array;
}

/**
 * The clean path of a scan, without a step of JavaScript for each event. It only ever says that a run of tuples is
 * sound in everything that the scanner checks: fields, index, link, key and HMAC. Of all others the scanner finds
 * out itself what is wrong, so that findings do not depend on the kernel.
 */
export interface ScanKernel {
  /** Where the bytes of the stream have to lie. */
  readonly window: Buffer;
  /**
   * The tuples in `window[from, to)`, when all of them are sound and nothing follows them but the beginning of
   * another or the end mark of the stream; else null.
   * @param firstIndex chain index that the first tuple must have
   * @param link what its previous hash must be, 32 bytes
   */
  soundRun(
    from: number,
    to: number,
    firstIndex: number,
    link: Uint8Array,
    withLeaves: boolean,
  ): SoundRun | null;
}
