import type { Client, ClientBase, QueryResultRow } from 'pg';
import { UnavailableError } from '../../errors';
import type { ConnectionConfig } from './channel-binding';
import { channelBindingOf, requireBoundLogin } from './channel-binding';
import type { Endpoint } from './failure';
import { clientFailure, endpointOf, hearLastWords } from './goodbye';
import { OneBufferSocket } from './one-buffer-socket';
import { requireSupported } from './server-version';
import { endSilence } from './silence';
import { endUnreadable } from './unreadable';
import { cancelKeyOf, socketOf, wireOf } from './wire';

/** How long a connection may take, milliseconds, unless the settings say otherwise. */
const CONNECT_TIMEOUT_MS = 10_000;
/** Idle time after which the kernel probes a silent peer, milliseconds. */
const KEEP_ALIVE_MS = 10_000;
const CLOSE_TIMEOUT_MS = 2_000;
/** How long a connection that is cut waits for the server to cancel what it ran for it. */
const CANCEL_TIMEOUT_MS = 500;
const DEFAULT_APPLICATION = 'audit-anchor';

/** A statement: named ones are prepared once per connection. */
export interface Statement {
  readonly name?: string;
  readonly text: string;
  readonly values?: readonly unknown[];
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
    const result = await client.query<Row>({ text, name, values: values && [...values] });
    return result.rows;
  } catch (error) {
    throw clientFailure(error, client);
  }
}

/** A connection of our own. `broken` once it was lost: it cannot be used again. */
export class Connection {
  private readonly loss = new AbortController();
  private cutting: Promise<void> | null = null;
  private version: string | undefined;
  /** True while rows wait for this program, and not this program for rows. */
  holdsRows: () => boolean = () => false;

  private constructor(
    readonly client: Client,
    private readonly config: ConnectionConfig,
  ) {
    // Without a listener the loss of an idle connection would end the process.
    client.on('error', () => this.loss.abort());
    client.on('end', () => this.loss.abort());
    hearLastWords(client);
    wireOf(client).on('parameterStatus', (status: { parameterName: string; parameterValue: string }) => {
      if (status.parameterName === 'server_version') this.version = status.parameterValue;
    });
  }

  /**
   * Connects.
   * @param config as `pg` takes it; application name, connect timeout and keep-alive have defaults here
   * @param signal ends the attempt when it aborts; its reason is thrown
   * @throws UnavailableError `DB_UNREACHABLE`; ConfigError `DB_AUTHENTICATION`,
   *   `DB_CHANNEL_BINDING`, `DB_NOT_FOUND`, `DB_VERSION`
   */
  static async open(config: ConnectionConfig, signal?: AbortSignal): Promise<Connection> {
    // Loads the driver, about 50 ms: hence not at import time.
    const { Client } = await import('pg');
    const binding = channelBindingOf(config);
    const client = new Client({
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      application_name: DEFAULT_APPLICATION,
      stream: () => new OneBufferSocket(),
      ...config,
      ...(binding === null ? {} : { enableChannelBinding: binding !== 'disable' }),
    });
    if (binding === 'require') requireBoundLogin(client);
    endUnreadable(client, client.ssl !== false);
    const connection = new Connection(client, config);
    const giveUp = (): void => void socketOf(client).destroy();
    signal?.throwIfAborted();
    signal?.addEventListener('abort', giveUp, { once: true });
    try {
      await client.connect();
      requireSupported(connection.version, connection.endpoint);
      endSilence(client, () => connection.holdsRows());
    } catch (error) {
      // pg leaves the socket of a failed login open, and the server waits a minute for it.
      socketOf(client).destroy();
      signal?.throwIfAborted();
      throw clientFailure(error, client);
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
   * Another connection with the same settings.
   * @param signal ends the attempt when it aborts; its reason is thrown
   */
  openAnother(signal: AbortSignal): Promise<Connection> {
    return Connection.open(this.config, signal);
  }

  /**
   * Asks the server to cancel what this connection runs, by the request of the protocol: it needs no login, and a
   * pooler knows which of its connections is meant.
   * @param signal ends the attempt when it aborts
   */
  async cancel(signal?: AbortSignal): Promise<void> {
    const { Client } = await import('pg');
    // It carries the request and never logs in.
    const { host, port } = this.endpoint;
    const wire = wireOf(new Client({ host, port, ssl: false }));
    const { processId, secret } = cancelKeyOf(this.client);
    const timer = AbortSignal.timeout(CANCEL_TIMEOUT_MS);
    const giveUp = (): void => void wire.stream.destroy();
    for (const each of [timer, signal]) each?.addEventListener('abort', giveUp, { once: true });
    try {
      await new Promise<void>((resolve) => {
        // The server answers by closing, when it has passed the request on.
        wire.on('error', () => resolve());
        wire.on('end', () => resolve());
        wire.once('connect', () => wire.cancel(processId, secret));
        if (host.startsWith('/')) wire.connect(`${host}/.s.PGSQL.${port}`);
        else wire.connect(port, host);
      });
    } finally {
      for (const each of [timer, signal]) each?.removeEventListener('abort', giveUp);
      wire.stream.destroy();
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
    await this.cancel();
    socketOf(this.client).destroy();
  }

  /** Says goodbye; a server that does not answer to it is left after a moment. */
  async close(): Promise<void> {
    const timer = setTimeout(() => socketOf(this.client).destroy(), CLOSE_TIMEOUT_MS);
    await this.client.end().catch(() => undefined);
    clearTimeout(timer);
  }
}

/** Schemas that unqualified names of this session mean, in order. */
export async function searchPathOf(client: ClientBase): Promise<readonly string[]> {
  const rows = await query<{ path: string[] }>(client, {
    text: 'SELECT pg_catalog.current_schemas(false)::pg_catalog.text[] AS path',
  });
  return rows[0]?.path ?? [];
}
