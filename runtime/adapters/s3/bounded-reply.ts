import { pipeline, Readable, Transform } from 'node:stream';

/**
 * Longest reply that is read, bytes: four times a listing of 1,000 keys of 1,024 characters, each percent-encoded.
 * Anchors have a smaller limit of their own.
 */
export const REPLY_BYTES = 16 * 1024 * 1024;
/** How long the body of one reply may take in all, milliseconds, however steadily it comes. */
export const REPLY_MS = 60_000;

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

/** The same body, which fails once it is longer or takes longer than any reply of S3. */
export function boundedBody(body: Readable, bytes = REPLY_BYTES, millis = REPLY_MS): Readable {
  let size = 0;
  const bounded = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size > bytes) done(named('ReplyTooLong', `the reply has more than ${bytes} bytes`));
      else done(null, chunk);
    },
  });
  const timer = setTimeout(
    () => bounded.destroy(named('TimeoutError', `the reply has not ended after ${millis} ms`)),
    millis,
  );
  timer.unref();
  // An error is given to whoever reads; it also ends the connection.
  pipeline(body, bounded, () => clearTimeout(timer));
  return bounded;
}

interface Handler {
  handle: (...args: never[]) => Promise<{ readonly response: { body?: unknown } }>;
}

/** Bounds every reply that a client gets: listings, heads, bodies, and those of errors. */
export function boundReplies(handler: Handler): void {
  const handle = handler.handle.bind(handler);
  handler.handle = async (...args) => {
    const result = await handle(...args);
    const { body } = result.response;
    if (body instanceof Readable) result.response.body = boundedBody(body);
    return result;
  };
}
