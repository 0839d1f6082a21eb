import type { Socket } from 'node:net';
import type { Client, ClientBase, ClientConfig, QueryResultRow } from 'pg';
import { UnavailableError } from '../../errors';
import { databaseFailure, type Endpoint } from './failure';
import { OneBufferSocket } from './one-buffer-socket';

/** How long a connection may take, milliseconds, unless the settings say otherwise. */
const CONNECT_TIMEOUT_MS = 10_000;
/** Idle time after which the kernel probes a silent peer, milliseconds. */
const KEEP_ALIVE_MS = 10_000;
const CLOSE_TIMEOUT_MS = 2_000;
/** How long a connection that is cut waits for the server to cancel what it ran for it. */
const CANCEL_TIMEOUT_MS = 1_000;
const DEFAULT_APPLICATION = 'audit-anchor';

/** A statement: named ones are prepared once per connection. */
export interface Statement {
  readonly name?: string;
  readonly text: string;
  readonly values?: readonly unknown[];
}

/** Where `client` goes, for error texts. */
export function endpointOf(client: ClientBase): Endpoint {
  // A pool's client is typed without them, yet has them: it is a Client.
  const { host, port, database, user } = client as Client;
  return { host, port, database: database ?? '', user: user ?? '' };
}

/**
 * Runs one statement on a client of any origin.
 * @throws UnavailableError or ConfigError of `databaseFailure`
 */
export async function query<Row extends QueryResultRow>(
  client: ClientBase,
  statement: Statement,
): Promise<Row[]> {
  try {
    const { name, text, values } = statement;
    const result = await client.query<Row>({
      text,
      ...(name === undefined ? {} : { name }),
      ...(values === undefined ? {} : { values: [...values] }),
    });
    return result.rows;
  } catch (error) {
    throw databaseFailure(error, endpointOf(client));
  }
}

/** In pg's types the socket is missing. */
function socketOf(client: Client): Socket {
  return (client as unknown as { readonly connection: { readonly stream: Socket } }).connection.stream;
}

/** A connection of our own. `broken` once it was lost: it cannot be used again. */
export class Connection {
  private readonly loss = new AbortController();
  private cutting: Promise<void> | null = null;

  private constructor(
    readonly client: Client,
    private readonly config: ClientConfig,
  ) {
    // Without a listener the loss of an idle connection would end the process.
    client.on('error', () => this.loss.abort());
    client.on('end', () => this.loss.abort());
  }

  /**
   * Connects.
   * @param config as `pg` takes it; application name, connect timeout and keep-alive have defaults here
   * @param signal ends the attempt when it aborts; its reason is thrown
   * @throws UnavailableError `DB_UNREACHABLE`; ConfigError `DB_AUTHENTICATION`, `DB_NOT_FOUND`
   */
  static async open(config: ClientConfig, signal?: AbortSignal): Promise<Connection> {
    // Loads the driver, about 50 ms: hence not at import time.
    const { Client } = await import('pg');
    const client = new Client({
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      application_name: DEFAULT_APPLICATION,
      stream: () => new OneBufferSocket(),
      ...config,
    });
    const connection = new Connection(client, config);
    const giveUp = (): void => void socketOf(client).destroy();
    signal?.throwIfAborted();
    signal?.addEventListener('abort', giveUp, { once: true });
    try {
      await client.connect();
    } catch (error) {
      // pg leaves the socket of a failed login open, and the server waits a minute for it.
      socketOf(client).destroy();
      signal?.throwIfAborted();
      throw databaseFailure(error, endpointOf(client));
    } finally {
      signal?.removeEventListener('abort', giveUp);
    }
    return connection;
  }

  get broken(): boolean {
    return this.loss.signal.aborted;
  }

  /** Aborts when the connection is lost or closed. */
  get lost(): AbortSignal {
    return this.loss.signal;
  }

  get endpoint(): Endpoint {
    return endpointOf(this.client);
  }

  async query<Row extends QueryResultRow>(statement: Statement | string): Promise<Row[]> {
    return query<Row>(this.client, typeof statement === 'string' ? { text: statement } : statement);
  }

  /**
   * Makes the server cancel what this connection runs, by a second connection of the same user.
   * @param signal ends the attempt when it aborts
   */
  async cancel(signal?: AbortSignal): Promise<void> {
    // In pg's types the process id is missing; the server sends it with every login.
    const { processID } = this.client as Client & { readonly processID: number };
    const other = await Connection.open(this.config, signal);
    const giveUp = (): void => void socketOf(other.client).destroy();
    signal?.addEventListener('abort', giveUp, { once: true });
    try {
      await other.query({ text: 'SELECT pg_catalog.pg_cancel_backend($1)', values: [processID] });
    } finally {
      signal?.removeEventListener('abort', giveUp);
      await other.close();
    }
  }

  /**
   * Runs `use`, which works with this connection. When `signal` aborts meanwhile the connection is lost, also under a
   * statement that the server does not answer to.
   * @throws the reason of the signal in place of what that leads to
   */
  async until<T>(signal: AbortSignal | undefined, use: () => Promise<T>): Promise<T> {
    if (!signal) return use();
    signal.throwIfAborted();
    const cut = (): void => void (this.cutting = this.cut());
    signal.addEventListener('abort', cut, { once: true });
    try {
      return await use();
    } catch (error) {
      if (error instanceof UnavailableError) signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', cut);
      await this.cutting;
    }
  }

  /** The server is told first: while it waits, for a lock for instance, it does not see that nobody listens. */
  private async cut(): Promise<void> {
    await this.cancel(AbortSignal.timeout(CANCEL_TIMEOUT_MS)).catch(() => undefined);
    socketOf(this.client).destroy();
  }

  /** Says goodbye; a server that does not answer to it is left after a moment. */
  async close(): Promise<void> {
    const timer = setTimeout(() => socketOf(this.client).destroy(), CLOSE_TIMEOUT_MS);
    await this.client.end().catch(() => undefined);
    clearTimeout(timer);
  }
}

/** A connection for reading, and the schemas that its user's unqualified names mean. */
export interface ReadingSession {
  readonly connection: Connection;
  readonly searchPath: readonly string[];
}

/** Schemas that unqualified names of this session mean, in order. */
export async function searchPathOf(client: ClientBase): Promise<readonly string[]> {
  const rows = await query<{ path: string[] }>(client, {
    text: 'SELECT pg_catalog.current_schemas(false)::pg_catalog.text[] AS path',
  });
  return rows[0]?.path ?? [];
}

/**
 * Connects for reading: objects of other schemas cannot pose as functions, and no policy can hide rows.
 * @param signal ends the attempt when it aborts; its reason is thrown
 */
export async function openReadingSession(
  config: ClientConfig,
  signal?: AbortSignal,
): Promise<ReadingSession> {
  const connection = await Connection.open(config, signal);
  try {
    return await connection.until(signal, async () => {
      const searchPath = await searchPathOf(connection.client);
      await connection.query('SET search_path = pg_catalog');
      // Row-level security would leave out rows in silence; off makes it an error.
      await connection.query('SET row_security = off');
      return { connection, searchPath };
    });
  } catch (error) {
    await connection.close();
    throw error;
  }
}
