import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { startEmbeddedPostgres } from '../../runtime/embedded/postgres/start';
import type { Cleanup } from '../support/programs/cleanup';

/**
 * Little, so that rows come from the cache of the operating system: every connection has to map each page of shared
 * buffers that it touches, which on a virtual machine can take longer than all that is measured here.
 */
const SHARED_BUFFERS = '16MB';

/** A server that runs until the end of the bench. */
export interface BenchServer {
  readonly url: string;
  readonly pid: number;
}

export async function withClient<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  // Ctrl-C ends the server; whatever waits for it fails by itself.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

/** No background work; the settings need a restart. */
async function tune(url: string): Promise<void> {
  const settings = [
    `shared_buffers = '${SHARED_BUFFERS}'`,
    "max_wal_size = '16GB'",
    "checkpoint_timeout = '1d'",
    'autovacuum = off',
    'wal_level = minimal',
    'max_wal_senders = 0',
    'jit = off',
  ];
  await withClient(url, async (client) => {
    for (const setting of settings) await client.query(`ALTER SYSTEM SET ${setting}`);
  });
}

/** Starts a server in a folder, until the end, with the databases of an earlier run. */
export async function startServer(directory: string, cleanup: Cleanup): Promise<BenchServer> {
  const untuned = await startEmbeddedPostgres({ directory });
  cleanup.add(() => untuned.stop());
  await tune(untuned.url);
  await untuned.stop();
  const server = await startEmbeddedPostgres({ directory });
  cleanup.add(() => server.stop());
  const [pid = ''] = readFileSync(join(directory, 'data', 'postmaster.pid'), 'latin1').split('\n', 1);
  return { url: server.url, pid: Number(pid) };
}
