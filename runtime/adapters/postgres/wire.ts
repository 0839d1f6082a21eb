import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { ClientBase } from 'pg';

/** What is used here of the connection inside of a `pg` client, which pg does not type. */
interface Wire extends EventEmitter {
  readonly stream: Socket;
  connect(portOrPath: number | string, host?: string): void;
  cancel(processId: number, secret: number): void;
}

interface UntypedClient {
  readonly connection: Wire;
  /** False from the moment a query is sent until the server has answered all of it. */
  readonly readyForQuery: boolean;
}

export function wireOf(client: ClientBase): Wire {
  return (client as unknown as UntypedClient).connection;
}

export function socketOf(client: ClientBase): Socket {
  return wireOf(client).stream;
}

/** The server owes this client an answer. */
export function awaitsAnswer(client: ClientBase): boolean {
  return !(client as unknown as UntypedClient).readyForQuery;
}

/**
 * The key with which a server lets a running statement be cancelled. Behind a pooler it is the pooler's, and its number
 * is that of no server process.
 */
export function cancelKeyOf(client: ClientBase): { readonly processId: number; readonly secret: number } {
  const { processID, secretKey } = client as ClientBase & {
    readonly processID: number;
    readonly secretKey: number;
  };
  return { processId: processID, secret: secretKey };
}
