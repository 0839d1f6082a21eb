import { randomBytes } from 'node:crypto';
import { Client, type ClientBase, type ClientConfig, Pool } from 'pg';

/** A database of its own for one test file, with its superuser. */
export interface TestDatabase {
  readonly name: string;
  readonly url: string;
  /** Connections as the superuser; closed by `drop`. */
  readonly pool: Pool;
  /** A connected client, as the superuser or with other settings; closed by `drop` if the test did not. */
  connect(config?: ClientConfig): Promise<Client>;
  /** Lends a connection of the pool; one with which something failed is not used again. */
  use<T>(work: (client: ClientBase) => Promise<T>): Promise<T>;
  /** Closes every connection and drops the database. */
  drop(): Promise<void>;
}

function serverUrl(): string {
  const url = process.env.TEST_POSTGRES_URL;
  if (!url) throw new Error('TEST_POSTGRES_URL is not set: run the tests through Jest and its global set-up');
  return url;
}

async function administer(statement: string): Promise<void> {
  const client = new Client({ connectionString: serverUrl() });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** Creates an empty database on the shared server. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await administer(`CREATE DATABASE ${name}`);
  const location = new URL(serverUrl());
  location.pathname = `/${name}`;
  const url = location.href;
  const pool = new Pool({ connectionString: url, max: 10 });
  // A test may kill the backend of an idle connection.
  pool.on('error', () => undefined);
  const clients = new Set<Client>();
  return {
    name,
    url,
    pool,
    async connect(config = {}) {
      const client = new Client({ connectionString: url, ...config });
      clients.add(client);
      client.once('end', () => clients.delete(client));
      client.on('error', () => undefined);
      await client.connect();
      return client;
    },
    async use(work) {
      const client = await pool.connect();
      try {
        const result = await work(client);
        client.release();
        return result;
      } catch (error) {
        client.release(true);
        throw error;
      }
    },
    async drop() {
      await Promise.all([pool.end(), ...[...clients].map((client) => client.end())]);
      await administer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}
