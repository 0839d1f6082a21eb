import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { startEmbeddedPostgres } from '../../runtime/embedded/postgres/start';
import type { Cleanup } from '../support/programs/cleanup';

/** Bytes of shared buffers beside the bytes of an event: row, index entry, and room. */
const BUFFER_BYTES_BESIDE_EVENT = 245;
const LEAST_BUFFER_BYTES = 256 * 1024 ** 2;

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

/** Bytes of shared buffers that keep so many events in memory. */
export function buffersFor(events: number, eventBytes: number): number {
  return events * (eventBytes + BUFFER_BYTES_BESIDE_EVENT);
}

/** Hot cache and no background work; the settings need a restart. */
async function tune(url: string, bufferBytes: number): Promise<void> {
  const wanted = Math.max(LEAST_BUFFER_BYTES, bufferBytes);
  const megabytes = Math.floor(Math.min(wanted, totalmem() / 3) / 1024 ** 2);
  const settings = [
    `shared_buffers = '${megabytes}MB'`,
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
export async function startServer(
  directory: string,
  bufferBytes: number,
  cleanup: Cleanup,
): Promise<BenchServer> {
  const untuned = await startEmbeddedPostgres({ directory });
  cleanup.add(() => untuned.stop());
  await tune(untuned.url, bufferBytes);
  await untuned.stop();
  const server = await startEmbeddedPostgres({ directory });
  cleanup.add(() => server.stop());
  const [pid = ''] = readFileSync(join(directory, 'data', 'postmaster.pid'), 'latin1').split('\n', 1);
  return { url: server.url, pid: Number(pid) };
}
