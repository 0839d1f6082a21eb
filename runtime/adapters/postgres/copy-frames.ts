import { FormatError } from '../../errors';

/** Message codes of PostgreSQL's protocol. */
const COPY_DATA = 0x64; // d
const COPY_DONE = 0x63; // c
/** CopyOutResponse, and what a server may send at any time: NoticeResponse, NotificationResponse, ParameterStatus. */
const PASSED_OVER: ReadonlySet<number> = new Set([0x48, 0x4e, 0x41, 0x53]);

const HEADER_BYTES = 5;
/** A length counts itself. */
const LENGTH_BYTES = 4;
/** PostgreSQL's own limit for the memory of one message (MaxAllocSize). */
const LONGEST_BYTES = 0x3fffffff;

/**
 * Takes the contents of CopyData messages out of the bytes of a connection. PostgreSQL sends each row as a message
 * of its own, so this runs once for every event: contents are moved together inside of the chunk they came in.
 */
export class CopyFrames {
  /** Bytes of the message that are still to come. */
  private left = 0;
  private code = 0;
  private readonly header = Buffer.alloc(HEADER_BYTES);
  private headerBytes = 0;
  private behind: Buffer | null = null;

  /** What follows the COPY, for whoever reads the connection next; null while the COPY goes on. */
  get rest(): Buffer | null {
    return this.behind;
  }

  /**
   * The contents in the next bytes of the connection, as a part of `chunk`, which is overwritten.
   * @throws FormatError `COPY_MALFORMED` when a message has a length that none can have
   */
  take(chunk: Buffer): Buffer {
    let read = 0;
    let written = 0;
    while (read < chunk.length && this.behind === null) {
      if (this.left === 0) {
        read = this.readHeader(chunk, read);
        continue;
      }
      const end = read + Math.min(this.left, chunk.length - read);
      if (this.code === COPY_DATA) {
        chunk.copyWithin(written, read, end);
        written += end - read;
      }
      this.left -= end - read;
      read = end;
    }
    return chunk.subarray(0, written);
  }

  /** Reads what is there of a header; the position behind it. */
  private readHeader(chunk: Buffer, at: number): number {
    if (this.headerBytes === 0 && chunk.length - at >= HEADER_BYTES) {
      this.begin(chunk, at, chunk, at + HEADER_BYTES);
      return at + HEADER_BYTES;
    }
    const end = at + Math.min(HEADER_BYTES - this.headerBytes, chunk.length - at);
    this.headerBytes += chunk.copy(this.header, this.headerBytes, at, end);
    if (this.headerBytes === HEADER_BYTES) {
      this.headerBytes = 0;
      this.begin(this.header, 0, chunk, end);
    }
    return end;
  }

  /** Begins the message whose header is at `at`; in `chunk` its body begins at `body`. */
  private begin(header: Buffer, at: number, chunk: Buffer, body: number): void {
    this.code = header[at]!;
    if (this.code === COPY_DONE) {
      this.behind = chunk.subarray(body);
      return;
    }
    if (this.code !== COPY_DATA && !PASSED_OVER.has(this.code)) {
      // Not part of the COPY, such as an error: it is read again, from its header on.
      this.behind = Buffer.concat([header.subarray(at, at + HEADER_BYTES), chunk.subarray(body)]);
      return;
    }
    const length = header.readInt32BE(at + 1);
    if (length < LENGTH_BYTES || length > LONGEST_BYTES) {
      throw new FormatError(
        'COPY_MALFORMED',
        `the COPY stream has a message of ${length} bytes; expected ${LENGTH_BYTES} to ${LONGEST_BYTES}`,
        {
          hint: 'Look for a proxy between this program and the database that alters what passes through it.',
        },
      );
    }
    this.left = length - LENGTH_BYTES;
  }
}
