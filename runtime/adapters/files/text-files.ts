import { randomUUID } from 'node:crypto';
import { open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { quoted } from '../../config-faults';
import { ConfigError } from '../../errors';

/** Larger files are not read: no document of ours comes near it. */
const MAX_BYTES = 512 * 1024 * 1024;
/** What is in a state or a report is nobody else's business. */
const OWNER_ONLY = 0o600;

function unusable(file: string, doing: string, error: unknown, hint: string): ConfigError {
  const { code = 'no reason given' } = error as NodeJS.ErrnoException;
  return new ConfigError('FILE_UNUSABLE', `${quoted(file)} cannot be ${doing} (${code})`, {
    cause: error,
    hint,
  });
}

/**
 * Text of a file; null when there is none.
 * @throws ConfigError `FILE_UNUSABLE`
 */
export async function readText(file: string): Promise<string | null> {
  try {
    const { size } = await stat(file);
    if (size > MAX_BYTES) {
      const message = `${quoted(file)} has ${size} bytes: allowed are at most ${MAX_BYTES}`;
      throw new ConfigError('FILE_UNUSABLE', message);
    }
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    if (error instanceof ConfigError) throw error;
    throw unusable(file, 'read', error, 'Name a file that this user may read.');
  }
}

/**
 * Names of the files in a folder that end in `.json`, in order.
 * @throws ConfigError `FILE_UNUSABLE`
 */
export async function jsonFilesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
  } catch (error) {
    throw unusable(folder, 'read', error, 'Name a folder that holds a plan and its partial reports.');
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Replaces a file as a whole: whoever reads it, also after a crash, finds the old text or the new one.
 * @throws ConfigError `FILE_UNUSABLE`
 */
export async function writeText(file: string, text: string): Promise<void> {
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    const handle = await open(temporary, 'wx', OWNER_ONLY);
    try {
      await handle.writeFile(text, 'utf8');
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
    await syncFolder(path.dirname(file));
  } catch (error) {
    await rm(temporary, { force: true });
    throw unusable(file, 'written', error, 'Name a file in a folder that this user may write to.');
  }
}
