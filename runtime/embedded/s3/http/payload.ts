import type { IncomingMessage } from 'node:http';
import { S3Error } from '../s3-error';
import { decodeAwsChunked } from './aws-chunked';

/** The largest object one PUT may carry: 5 GiB. */
export const MAX_PUT_BYTES = 5 * 1024 ** 3;

/** The body of a request with its transfer framing removed. It can be read once. */
export class Payload implements AsyncIterable<Buffer> {
  /** Trailing headers, lower-case names; complete once the body has been read. */
  readonly trailers: ReadonlyMap<string, string>;
  /** True when the body is in the aws-chunked encoding. */
  readonly awsChunked: boolean;
  private readonly received = new Map<string, string>();

  constructor(private readonly message: IncomingMessage) {
    this.trailers = this.received;
    const encoding = message.headers['content-encoding'] ?? '';
    const hash = message.headers['x-amz-content-sha256'];
    this.awsChunked =
      /(^|,)\s*aws-chunked\s*(,|$)/i.test(encoding) ||
      (typeof hash === 'string' && hash.startsWith('STREAMING-'));
  }

  /**
   * Bytes of the body after decoding, as declared.
   * @throws S3Error MissingContentLength, InvalidArgument or EntityTooLarge
   */
  declaredLength(): number {
    const name = this.awsChunked ? 'x-amz-decoded-content-length' : 'content-length';
    const text = this.message.headers[name];
    if (text === undefined) {
      throw new S3Error('MissingContentLength', 'You must provide the Content-Length HTTP header.');
    }
    if (typeof text !== 'string' || !/^\d{1,15}$/.test(text)) {
      throw new S3Error('InvalidArgument', `The ${name} header must be a number of bytes`);
    }
    const length = Number(text);
    if (length > MAX_PUT_BYTES) {
      throw new S3Error('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', {
        details: { ProposedSize: text, MaxSizeAllowed: String(MAX_PUT_BYTES) },
      });
    }
    return length;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    // A reader that stops early must leave the connection alive: the answer still has to go through it.
    const raw = this.message.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>;
    try {
      yield* this.awsChunked ? this.decode(raw) : raw;
    } finally {
      await raw.return?.();
    }
  }

  private async *decode(raw: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const expected = this.declaredLength();
    let seen = 0;
    for await (const chunk of decodeAwsChunked(raw, this.received)) {
      seen += chunk.length;
      if (seen > expected) break;
      yield chunk;
    }
    if (seen !== expected) {
      throw new S3Error(
        'IncompleteBody',
        'The request body does not have the number of bytes specified by x-amz-decoded-content-length',
      );
    }
  }
}
