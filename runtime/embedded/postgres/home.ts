import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { ConfigError } from '../../errors';
import { giveTo, type RunAs } from './run-as';
import { orphanOf, stopProcess } from './orphan';

/**
 * The folder of one server: `data` (the cluster), `programs` (private copy), `server.log`, and `owner.json`,
 * which says whose it is. A server whose owner was killed is found and stopped through it.
 */
export interface Home {
  readonly root: string;
  readonly data: string;
  readonly programs: string;
  readonly log: string;
  /** True when the folder goes away with the server. */
  readonly temporary: boolean;
}

interface Owner {
  readonly format: typeof OWNER_FORMAT;
  readonly host: string;
  readonly pid: number;
}

const OWNER_FORMAT = 'audit-anchor-embedded-postgres/1';
const OWNER_FILE = 'owner.json';
const TEMPORARY_PREFIX = 'audit-anchor-postgres-';

function homeAt(root: string, temporary: boolean): Home {
  return {
    root,
    data: path.join(root, 'data'),
    programs: path.join(root, 'programs'),
    log: path.join(root, 'server.log'),
    temporary,
  };
}

async function readOwner(root: string): Promise<Owner | null> {
  try {
    // Another user's folder in a shared temporary directory is not ours to judge by.
    if ((await stat(path.join(root, OWNER_FILE))).uid !== process.getuid?.()) return null;
    const owner = JSON.parse(await readFile(path.join(root, OWNER_FILE), 'utf8')) as Partial<Owner>;
    const known = owner.format === OWNER_FORMAT && Number.isSafeInteger(owner.pid);
    return known && typeof owner.host === 'string' ? (owner as Owner) : null;
  } catch {
    return null;
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Stops the server that a killed owner left on `home`.
 * @returns `reaped`; process id of an owner that is still there; `unknown` when the folder names no owner of ours
 */
async function reap(home: Home): Promise<'reaped' | 'unknown' | number> {
  const owner = await readOwner(home.root);
  // A folder shared between containers: process ids of another host mean nothing here.
  if (!owner || owner.host !== hostname()) return 'unknown';
  const orphan = await orphanOf(home.data, owner.pid);
  if (orphan === 'owned' || (orphan === null && alive(owner.pid))) return owner.pid;
  if (orphan !== null) await stopProcess(orphan);
  return 'reaped';
}

/** Stops and removes what killed processes left in the temporary directory. */
async function reapTemporaryHomes(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(TEMPORARY_PREFIX)) continue;
    const home = homeAt(path.join(tmpdir(), name), true);
    if ((await reap(home)) === 'reaped') await rm(home.root, { recursive: true, force: true });
  }
}

/**
 * Opens the folder for a server: `directory` (made when absent, kept afterwards), or a new temporary one. First
 * stops servers that killed processes of this user left behind.
 * @throws ConfigError `CONFIG_INVALID` when a running server uses `directory`
 */
export async function openHome(directory: string | undefined, user: RunAs | null): Promise<Home> {
  let home: Home;
  if (directory === undefined) {
    await reapTemporaryHomes();
    home = homeAt(await mkdtemp(path.join(tmpdir(), TEMPORARY_PREFIX)), true);
  } else {
    home = homeAt(path.resolve(directory), false);
    await mkdir(home.root, { recursive: true, mode: 0o700 });
    const owner = await reap(home);
    if (typeof owner === 'number') {
      throw new ConfigError(
        'CONFIG_INVALID',
        `an embedded PostgreSQL already uses directory "${home.root}" (started by process ${owner})`,
        { hint: 'Stop it first, or name another directory.' },
      );
    }
  }
  const owner: Owner = { format: OWNER_FORMAT, host: hostname(), pid: process.pid };
  await writeFile(path.join(home.root, OWNER_FILE), JSON.stringify(owner), { mode: 0o600 });
  await giveTo(user, home.root, 0o700);
  return home;
}

/** Removes a temporary folder; of a kept one only what this run added. */
export async function closeHome(home: Home): Promise<void> {
  const leftovers = home.temporary ? [home.root] : [home.programs, path.join(home.root, OWNER_FILE)];
  for (const leftover of leftovers) await rm(leftover, { recursive: true, force: true });
}
