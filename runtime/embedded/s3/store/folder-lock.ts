import { randomUUID } from 'node:crypto';
import { link, open, readFile, realpath, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '../../../errors';

/** Locks held by this process; tells a second server here from a lock left by a process with the same id. */
const held = new Set<string>();

/** Keeps two servers from opening one folder: a file with the owner's process id, reaped when it is gone. */
export class FolderLock {
  private constructor(
    private readonly path: string,
    private readonly token: string,
  ) {}

  /** @throws ConfigError CONFIG_INVALID when a running process has the folder open */
  static async acquire(folder: string): Promise<FolderLock> {
    const path = join(await realpath(folder), 'server.lock');
    const token = randomUUID();
    for (let attempt = 0; attempt < 5; attempt++) {
      if (await createExclusively(path, `${process.pid} ${token}\n`)) {
        held.add(token);
        return new FolderLock(path, token);
      }
      const found = await readIfPresent(path);
      if (found === null) continue;
      if (isHeld(found)) throw inUse(folder, path, found);
      await reap(path, found);
    }
    throw inUse(folder, path, (await readIfPresent(path)) ?? '');
  }

  async release(): Promise<void> {
    held.delete(this.token);
    const found = await readIfPresent(this.path);
    if (found?.includes(this.token)) await rm(this.path, { force: true });
  }
}

/** The content is written before the name appears, so nobody can read half a lock. */
async function createExclusively(path: string, content: string): Promise<boolean> {
  const draft = `${path}.${randomUUID()}`;
  const file = await open(draft, 'wx');
  try {
    await file.writeFile(content);
  } finally {
    await file.close();
  }
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

function isHeld(content: string): boolean {
  const [pidText, token] = content.trim().split(' ');
  const pid = Number(pidText);
  if (!Number.isSafeInteger(pid) || pid < 1) return false;
  if (pid === process.pid) return token !== undefined && held.has(token);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, as somebody else.
    return hasCode(error, 'EPERM');
  }
}

/** Moves the lock aside before removing it: another process may have reaped it and taken its own meanwhile. */
async function reap(path: string, stale: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw error;
  }
  if ((await readIfPresent(aside)) !== stale) {
    await link(aside, path).catch((error: unknown) => {
      if (!hasCode(error, 'EEXIST')) throw error;
    });
  }
  await rm(aside, { force: true });
}

async function readIfPresent(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}

function inUse(folder: string, path: string, content: string): ConfigError {
  const pid = content.split(' ')[0] || 'unknown';
  return new ConfigError(
    'CONFIG_INVALID',
    `The folder "${folder}" of the embedded S3 server is already open in process ${pid}`,
    {
      hint: `Stop that process or choose another folder; if process ${pid} is not a server, remove "${path}"`,
    },
  );
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
