import type { ClientBase, ClientConfig, Pool } from 'pg';
import { Connection } from '../connection';
import { databaseFailure } from '../failure';
import { endpointOf, hearLastWords } from '../goodbye';
import { endSilence } from '../silence';

/** A client for one batch. */
export interface ClientLease {
  readonly client: ClientBase;
  /**
   * Gives the client back; only the first call counts.
   * @param reusable false to cut the connection, also under a statement that runs
   */
  release(reusable: boolean): Promise<void>;
}

/** Where the clients of a writer come from. */
export interface LeaseSource {
  /** @throws UnavailableError `DB_UNREACHABLE`; ConfigError `DB_AUTHENTICATION`, `DB_NOT_FOUND` */
  lease(): Promise<ClientLease>;
  close(): Promise<void>;
}

/** One connection of our own, kept from batch to batch and opened again when it was lost. */
export class OwnConnection implements LeaseSource {
  private idle: Connection | null = null;

  constructor(private readonly config: ClientConfig) {}

  async lease(): Promise<ClientLease> {
    const kept = this.idle;
    this.idle = null;
    const connection = kept && !kept.broken ? kept : await Connection.open(this.config);
    let released = false;
    return {
      client: connection.client,
      release: async (reusable) => {
        if (released) return;
        released = true;
        if (reusable) this.idle = connection;
        else await connection.close();
      },
    };
  }

  async close(): Promise<void> {
    await this.idle?.close();
    this.idle = null;
  }
}

/** The caller's pool, as far as it is used; it stays the caller's to end. */
export type ClientPool = Pick<Pool, 'connect' | 'options'>;

/** A client of the pool for each batch, back in it between two. */
export class PooledClients implements LeaseSource {
  constructor(private readonly pool: ClientPool) {}

  async lease(): Promise<ClientLease> {
    const client = await this.pool.connect().catch(async (error: unknown) => {
      const { Client } = await import('pg');
      // Made only to learn where the pool's settings lead; it does not connect.
      throw databaseFailure(error, endpointOf(new Client(this.pool.options)));
    });
    // While it is out of the pool its loss would end the process.
    const ignore = (): void => undefined;
    client.on('error', ignore);
    const watches = [hearLastWords(client), endSilence(client)];
    let released = false;
    return {
      client,
      release: (reusable) => {
        if (!released) {
          released = true;
          for (const stop of watches) stop();
          client.release(!reusable);
          if (reusable) client.off('error', ignore);
        }
        return Promise.resolve();
      },
    };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
