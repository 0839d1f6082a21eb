import { S3Error } from '../s3-error';

const LF = 0x0a;

/** Pulls lines and counted bytes out of a stream of buffers without holding more than one piece. */
export class ByteReader {
  private readonly source: AsyncIterator<Buffer>;
  private pending: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.source = source[Symbol.asyncIterator]();
  }

  /** One line without its CRLF. @throws S3Error IncompleteBody at the end, InvalidRequest above `limit` bytes */
  async line(limit: number): Promise<string> {
    const line = await this.lineOrEnd(limit);
    if (line === null) throw incomplete();
    return line;
  }

  /** One line without its CRLF, or null at the end of the stream. */
  async lineOrEnd(limit: number): Promise<string | null> {
    let end = this.pending.indexOf(LF);
    while (end < 0) {
      if (this.pending.length > limit) break;
      const more = await this.pull();
      if (more === null) {
        if (this.pending.length === 0) return null;
        throw incomplete();
      }
      this.pending = this.pending.length === 0 ? more : Buffer.concat([this.pending, more]);
      end = this.pending.indexOf(LF);
    }
    if (end < 0 || end > limit) {
      throw new S3Error('InvalidRequest', 'A chunk header or trailer of the body is too long');
    }
    const line = this.pending.subarray(0, end).toString('latin1').replace(/\r$/, '');
    this.pending = this.pending.subarray(end + 1);
    return line;
  }

  /** Exactly `count` bytes, in pieces. */
  async *take(count: number): AsyncGenerator<Buffer> {
    let left = count;
    while (left > 0) {
      const piece = this.pending.length > 0 ? this.pending : await this.pull();
      if (piece === null) throw incomplete();
      const part = piece.subarray(0, left);
      this.pending = piece.subarray(part.length);
      left -= part.length;
      if (part.length > 0) yield part;
    }
  }

  private async pull(): Promise<Buffer | null> {
    const next = await this.source.next();
    return next.done === true ? null : next.value;
  }
}

function incomplete(): S3Error {
  return new S3Error(
    'IncompleteBody',
    'You did not provide the number of bytes specified by the Content-Length HTTP header.',
  );
}
