import type { TupleStream } from '../../../application/ports';
import { UnavailableError } from '../../../errors';
import type { Connection } from '../connection';
import { CopyQuery } from '../copy-query';
import { describeEndpoint } from '../failure';
import { clientFailure } from '../goodbye';

/** The int16 -1 that ends a binary COPY. */
const TRAILER_BYTE = 0xff;

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

function incomplete({ endpoint }: Connection, what: string): UnavailableError {
  return new UnavailableError('COPY_INCOMPLETE', `${describeEndpoint(endpoint)} ${what}`, {
    hint: 'Retry; if it persists, look for a proxy between this program and the database.',
  });
}

/** Stops a COPY that its consumer has left, so that the connection can be used again. */
async function abandon(connection: Connection, copy: CopyQuery): Promise<void> {
  const ended = copy.discard();
  await connection.cancel();
  // It ends in an error, or, when it had been sent completely before the request arrived, in success.
  await ended;
  await connection.query('ROLLBACK TO SAVEPOINT copy_out');
}

/**
 * Runs `COPY ... TO STDOUT (FORMAT binary)` inside a transaction and yields the stream as it comes off the wire.
 * A consumer may stop early: the COPY is cancelled, and transaction and snapshot go on.
 * @returns how many rows the server says it sent
 * @throws UnavailableError `COPY_INCOMPLETE` when the stream ends without its trailer, or the server without a count
 */
export async function* copyOut(connection: Connection, statement: string): TupleStream {
  await connection.query('SAVEPOINT copy_out');
  const copy = connection.client.query(new CopyQuery(statement));
  connection.holdsRows = () => copy.holdsRows;
  const trailer = new Trailer();
  let ended = false;
  try {
    for (;;) {
      const chunk = await copy.next();
      if (chunk === null) break;
      trailer.see(chunk);
      yield chunk;
    }
    ended = true;
  } catch (error) {
    ended = true;
    throw clientFailure(error, connection.client);
  } finally {
    connection.holdsRows = () => false;
    if (!ended) await abandon(connection, copy);
  }
  if (!trailer.complete) throw incomplete(connection, 'ended the stream of events before its trailer');
  if (copy.rows === null) throw incomplete(connection, 'did not say how many events it sent');
  await connection.query('RELEASE SAVEPOINT copy_out');
  return copy.rows;
}
