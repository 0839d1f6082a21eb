import { to as copyTo } from 'pg-copy-streams';
import { UnavailableError } from '../../errors';
import type { Connection } from './connection';
import { databaseFailure, describeEndpoint } from './failure';

/** Bytes that may wait between socket and consumer. */
const HIGH_WATER_MARK = 256 * 1024;

/** The int16 -1 that ends a binary COPY. */
const TRAILER_BYTE = 0xff;

type CopyStream = ReturnType<typeof copyTo>;

/** What pg calls on an active query; pg-copy-streams does not type these. */
interface ActiveQuery {
  handleCommandComplete(message: { readonly text?: string }): void;
  handleError(error: Error): void;
}

/** Resolves when the server says that the COPY is complete: the end of the stream alone does not prove it. */
function commandComplete(stream: CopyStream): Promise<void> {
  const active = stream as unknown as ActiveQuery;
  const handleCommandComplete = active.handleCommandComplete.bind(stream);
  const handleError = active.handleError.bind(stream);
  return new Promise((resolve, reject) => {
    active.handleCommandComplete = (message) => {
      handleCommandComplete(message);
      resolve();
    };
    active.handleError = (error) => {
      reject(error);
      handleError(error);
    };
  });
}

class Trailer {
  private last = -1;
  private beforeLast = -1;

  see(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.beforeLast = chunk.length > 1 ? (chunk[chunk.length - 2] ?? -1) : this.last;
    this.last = chunk[chunk.length - 1] ?? -1;
  }

  get complete(): boolean {
    return this.beforeLast === TRAILER_BYTE && this.last === TRAILER_BYTE;
  }
}

/** Stops a COPY that its consumer has left, so that the connection can be used again. */
async function abandon(connection: Connection, stream: CopyStream, completed: Promise<void>): Promise<void> {
  stream.on('error', () => undefined);
  stream.resume();
  await connection.cancel();
  // It ends in an error, or, when it had been sent completely before the request arrived, in success.
  await completed.catch(() => undefined);
  await connection.query('ROLLBACK TO SAVEPOINT copy_out');
}

/**
 * Runs `COPY ... TO STDOUT (FORMAT binary)` inside a transaction and yields the stream as it comes off the wire.
 * A consumer may stop early: the COPY is cancelled, and transaction and snapshot go on.
 * @throws UnavailableError `COPY_INCOMPLETE` when the stream ends without the server's word for it or its trailer
 */
export async function* copyOut(connection: Connection, statement: string): AsyncGenerator<Uint8Array, void> {
  await connection.query('SAVEPOINT copy_out');
  const stream = copyTo(statement, { highWaterMark: HIGH_WATER_MARK });
  const completed = commandComplete(stream);
  completed.catch(() => undefined);
  connection.client.query(stream);
  const trailer = new Trailer();
  let ended = false;
  try {
    for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      trailer.see(chunk);
      yield chunk;
    }
    await completed;
    ended = true;
  } catch (error) {
    ended = true;
    throw databaseFailure(error, connection.endpoint);
  } finally {
    if (!ended) await abandon(connection, stream, completed);
  }
  if (!trailer.complete) {
    throw new UnavailableError(
      'COPY_INCOMPLETE',
      `${describeEndpoint(connection.endpoint)} ended the stream of events before its trailer`,
      { hint: 'Retry; if it persists, look for a proxy between this program and the database.' },
    );
  }
  await connection.query('RELEASE SAVEPOINT copy_out');
}
