/** Bytes collected before they are read: large enough to fill vector lanes, small enough to stay in cache. */
export const WINDOW_BYTES = 512 * 1024;

/**
 * The bytes of the stream that are not read yet, in one piece. They lie in a window of fixed size, unless one tuple
 * alone is larger: then, until that is read, in a buffer that it fits into.
 */
export class TupleWindow {
  private current: Buffer;
  private length = 0;

  /** @param home the window; by default one of `WINDOW_BYTES` */
  constructor(private readonly home: Buffer = Buffer.allocUnsafe(WINDOW_BYTES)) {
    this.current = home;
  }

  get bytes(): Buffer {
    return this.current;
  }

  /** Number of bytes in it. */
  get used(): number {
    return this.length;
  }

  get full(): boolean {
    return this.length === this.current.length;
  }

  get isHome(): boolean {
    return this.current === this.home;
  }

  /** Copies what fits of `chunk[from, ...)`; the number of bytes. */
  take(chunk: Uint8Array, from: number): number {
    const count = Math.min(chunk.length - from, this.current.length - this.length);
    this.current.set(
      from === 0 && count === chunk.length ? chunk : chunk.subarray(from, from + count),
      this.length,
    );
    this.length += count;
    return count;
  }

  /** Drops the bytes before `at`. */
  drop(at: number): void {
    const rest = this.length - at;
    if (!this.isHome && rest <= this.home.length) {
      this.current.copy(this.home, 0, at, this.length);
      this.current = this.home;
    } else if (at > 0) {
      this.current.copyWithin(0, at, this.length);
    }
    this.length = rest;
  }

  /** Doubles the room. */
  grow(): void {
    const larger = Buffer.allocUnsafe(this.current.length * 2);
    larger.set(this.current.subarray(0, this.length));
    this.current = larger;
  }
}
