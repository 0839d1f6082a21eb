import type { ClientBase, DatabaseError } from 'pg';
import { databaseFailure, type Endpoint } from './failure';
import { wireOf } from './wire';

/**
 * The last error of each server that has said nothing since: with it a server gives the reason before it ends a
 * session. pg itself reports only that the connection is gone.
 */
const lastWords = new WeakMap<ClientBase, DatabaseError>();

/** Listens to what the server says last. @returns stops listening */
export function hearLastWords(client: ClientBase): () => void {
  const wire = wireOf(client);
  const remember = (error: DatabaseError): void => void lastWords.set(client, error);
  const forget = (): void => void lastWords.delete(client);
  wire.on('errorMessage', remember);
  wire.on('readyForQuery', forget);
  return () => {
    wire.off('errorMessage', remember);
    wire.off('readyForQuery', forget);
  };
}

/** Where `client` leads to, for error texts. */
export function endpointOf(client: ClientBase): Endpoint {
  // A pool's client is typed without them, yet has them: it is a Client.
  const { host, port, database, user } = client as Partial<Record<'host' | 'database' | 'user', string>> & {
    readonly port?: number;
  };
  return { host: host ?? '', port: port ?? 0, database: database ?? '', user: user ?? '' };
}

/** `databaseFailure` for what was thrown by `client`; the server's own reason for a lost connection comes first. */
export function clientFailure(error: unknown, client: ClientBase): Error {
  return databaseFailure(error, endpointOf(client), lastWords.get(client));
}
