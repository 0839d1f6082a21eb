/**
 * Bytes of output that wait for a reader. A daemon whose evidence is in S3 goes on when nobody reads what it says; its
 * memory must not grow with it.
 */
export const MAX_UNREAD_BYTES = 4 * 1024 * 1024;

/** Where lines are written; `writableLength` are the bytes that wait. Below the limit it has to ask for a drain. */
export interface LineStream {
  readonly writableLength: number;
  write(text: string): unknown;
  once(event: 'drain', listener: () => void): unknown;
}

/** Passes output on as long as somebody reads it; what comes when too much waits is left out and counted. */
export class BoundedLines {
  private dropped = 0;

  /** @param note the line that tells, once the reader is back, how many writes were left out */
  constructor(
    private readonly stream: LineStream,
    private readonly note: (dropped: number) => string,
    private readonly limit: number = MAX_UNREAD_BYTES,
  ) {}

  write(text: string): unknown {
    if (this.dropped === 0 && this.stream.writableLength < this.limit) return this.stream.write(text);
    if (this.dropped === 0) this.stream.once('drain', () => this.resume());
    this.dropped += 1;
    return false;
  }

  private resume(): void {
    const { dropped } = this;
    this.dropped = 0;
    this.stream.write(this.note(dropped));
  }
}
