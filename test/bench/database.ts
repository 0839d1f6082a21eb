import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULTS } from '../../runtime/contract';
import type { Cleanup } from '../support/programs/cleanup';
import { checkpointsOver, generateChain } from './generated-chain';
import { startServer, withClient } from './server';
import { makeTamperedCopies } from './tampering';

export const TABLE = DEFAULTS.eventsTable;

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

async function createExtensions(url: string): Promise<Set<string>> {
  return withClient(url, async (client) => {
    const { rowCount } = await client.query("SELECT FROM pg_available_extensions WHERE name = 'pgcrypto'");
    if (rowCount === 0) return new Set<string>();
    await client.query('CREATE EXTENSION IF NOT EXISTS pgcrypto');
    return new Set(['pgcrypto']);
  });
}

export async function serverVersionOf(url: string): Promise<string> {
  const { rows } = await withClient(url, (client) =>
    client.query<{ server_version: string }>('SHOW server_version'),
  );
  return rows[0]?.server_version ?? 'unknown';
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
  const { url, pid } = await startServer(join(folder, 'postgres'), cleanup);
  const kept = existsSync(notesFile) ? (JSON.parse(readFileSync(notesFile, 'utf8')) as Notes) : null;
  let notes = kept;
  if (kept?.events !== events) {
    say(`generating ${events} events`);
    notes = { events, messageBytes: await generateChain(url, TABLE, events) };
    writeFileSync(checkpoints, JSON.stringify(await checkpointsOver(url, TABLE, events)));
    writeFileSync(notesFile, JSON.stringify(notes));
  }
  await withClient(url, async (client) => {
    await makeTamperedCopies(client, TABLE);
    await client.query('CHECKPOINT');
  });
  return {
    url,
    serverPid: pid,
    serverVersion: await serverVersionOf(url),
    averageMessageBytes: (notes?.messageBytes ?? 0) / events,
    extensions: await createExtensions(url),
    checkpoints,
  };
}
