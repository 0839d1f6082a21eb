import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { createDigestEngine } from '../../runtime/adapters/digests/select-engine';
import { PostgresAuditLog } from '../../runtime/adapters/postgres/audit-log';
import { initialise } from '../../runtime/adapters/postgres/init';
import { scanChain } from '../../runtime/application/scan-chain';
import { DEFAULTS } from '../../runtime/contract';
import { deriveChainKeys } from '../../runtime/domain/chain/chain-keys';
import type { Checkpoint } from '../../runtime/domain/chain/checkpoint';
import { ZERO_HASH } from '../../runtime/domain/digests';
import { FindingLog } from '../../runtime/domain/findings/finding-log';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../runtime/embedded/postgres/start';
import type { Cleanup } from '../support/programs/cleanup';
import { CHAIN_ID, ChainEvents, KEY_ID, LAYOUT, SECRET } from './chain-events';
import { makeTamperedCopies } from './tampering';

export const TABLE = DEFAULTS.eventsTable;
/** Bytes of shared buffers for each event: heap, primary key, and room. */
const BUFFER_BYTES_PER_EVENT = 560;
const LEAST_BUFFER_BYTES = 256 * 1024 ** 2;

/** A server with a generated chain, its anchors' claims and its tampered copies. */
export interface BenchDatabase {
  readonly url: string;
  readonly serverPid: number;
  readonly serverVersion: string;
  readonly averageMessageBytes: number;
  /** Extensions that could be created. */
  readonly extensions: ReadonlySet<string>;
  /** File with one checkpoint for every anchored range. */
  readonly checkpoints: string;
}

interface Notes {
  readonly events: number;
  readonly messageBytes: number;
}

async function withClient<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
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

/** Hot cache and no background work; the settings need a restart. */
async function tune(server: EmbeddedPostgres, events: number): Promise<void> {
  const wanted = Math.max(LEAST_BUFFER_BYTES, events * BUFFER_BYTES_PER_EVENT);
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
  await withClient(server.url, async (client) => {
    for (const setting of settings) await client.query(`ALTER SYSTEM SET ${setting}`);
  });
}

async function generate(url: string, events: number): Promise<Notes> {
  await withClient(url, (client) => client.query(`DROP TABLE IF EXISTS ${TABLE} CASCADE`));
  await initialise({ connectionString: url }, LAYOUT, { table: TABLE, schema: 'public' });
  return withClient(url, async (client) => {
    const columns = [...LAYOUT.columns.map(({ name }) => name), LAYOUT.hashColumn].join(', ');
    const chain = new ChainEvents(events);
    const copy = client.query(copyFrom(`COPY ${TABLE} (${columns}) FROM STDIN (FORMAT binary)`));
    await pipeline(Readable.from(chain.copyInput()), copy);
    await client.query(`VACUUM (ANALYZE, FREEZE) ${TABLE}`);
    return { events, messageBytes: chain.messageBytes };
  });
}

/** What honest anchors say: one for every so many events, as the anchorer writes them. */
async function anchor(url: string, events: number): Promise<Checkpoint[]> {
  const step = DEFAULTS.eventThreshold;
  const open = Array.from({ length: Math.ceil(events / step) }, (_, number) => ({
    firstSeq: number * step + 1,
    lastSeq: Math.min(events, (number + 1) * step),
    lastHash: null,
    merkleRoot: null,
    anchor: null,
  }));
  const auditLog = new PostgresAuditLog({
    connection: { connectionString: url },
    table: { table: TABLE, schema: 'public' },
    layout: LAYOUT,
    chainId: CHAIN_ID,
  });
  const ring = { ids: [KEY_ID], secretFor: () => SECRET };
  const keys = deriveChainKeys(ring, CHAIN_ID, LAYOUT);
  try {
    return await auditLog.snapshot(async (snapshot) => {
      const { ranges } = await scanChain(
        snapshot,
        { chainId: CHAIN_ID, layout: LAYOUT, keys, createEngine: createDigestEngine },
        { firstIndex: 1, firstLink: ZERO_HASH, checkpoints: open, findings: new FindingLog() },
      );
      const checkpoints: Checkpoint[] = [];
      for (const { checkpoint, root } of ranges) {
        const seq = checkpoints.length + 1;
        checkpoints.push({
          ...checkpoint,
          lastHash: await snapshot.hashAt(checkpoint.lastSeq),
          merkleRoot: root,
          anchor: { key: `${CHAIN_ID}/anchor-${seq}`, versionId: 'v1', seq },
        });
      }
      return checkpoints;
    });
  } finally {
    await auditLog.close();
  }
}

async function createExtensions(url: string): Promise<Set<string>> {
  return withClient(url, async (client) => {
    const { rowCount } = await client.query("SELECT FROM pg_available_extensions WHERE name = 'pgcrypto'");
    if (rowCount === 0) return new Set<string>();
    await client.query('CREATE EXTENSION IF NOT EXISTS pgcrypto');
    return new Set(['pgcrypto']);
  });
}

/** Starts the server in a folder, until the end, with the chain of an earlier run when that had as many events. */
export async function openDatabase(
  folder: string,
  events: number,
  cleanup: Cleanup,
  say: (text: string) => void,
): Promise<BenchDatabase> {
  mkdirSync(folder, { recursive: true });
  const notesFile = join(folder, 'bench.json');
  const checkpoints = join(folder, 'checkpoints.json');
  const directory = join(folder, 'postgres');
  const untuned = await startEmbeddedPostgres({ directory });
  cleanup.add(() => untuned.stop());
  await tune(untuned, events);
  await untuned.stop();
  const server = await startEmbeddedPostgres({ directory });
  cleanup.add(() => server.stop());
  const { url } = server;
  const kept = existsSync(notesFile) ? (JSON.parse(readFileSync(notesFile, 'utf8')) as Notes) : null;
  let notes = kept;
  if (kept?.events !== events) {
    say(`generating ${events} events`);
    notes = await generate(url, events);
    writeFileSync(checkpoints, JSON.stringify(await anchor(url, events)));
    writeFileSync(notesFile, JSON.stringify(notes));
  }
  await withClient(url, async (client) => {
    await makeTamperedCopies(client, TABLE);
    await client.query('CHECKPOINT');
  });
  const version = await withClient(url, (client) =>
    client.query<{ server_version: string }>('SHOW server_version'),
  );
  const [pid = ''] = readFileSync(join(directory, 'data', 'postmaster.pid'), 'latin1').split('\n', 1);
  return {
    url,
    serverPid: Number(pid),
    serverVersion: version.rows[0]?.server_version ?? 'unknown',
    averageMessageBytes: (notes?.messageBytes ?? 0) / events,
    extensions: await createExtensions(url),
    checkpoints,
  };
}
