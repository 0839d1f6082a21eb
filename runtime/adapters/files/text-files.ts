import { randomUUID } from 'node:crypto';
import type { Stats } from 'node:fs';
import {
  access,
  constants,
  lstat,
  open,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
} from 'node:fs/promises';
import path from 'node:path';
import { quoted } from '../../config-faults';
import { AuditAnchorError, ConfigError, UnavailableError } from '../../errors';

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

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a FIFO';
  return stats.isSocket() ? 'a socket' : 'a device';
}

/** A FIFO keeps its reader waiting for ever, and a rename would put a file in the place of a device. */
function requireRegular(file: string, stats: Stats, hint: string): void {
  if (stats.isFile()) return;
  const message = `${quoted(file)} is ${kindOf(stats)}: allowed is a regular file`;
  throw new ConfigError('FILE_UNUSABLE', message, { hint });
}

/**
 * The file that a name stands for, through symbolic links, whether it is there yet or not.
 * @throws ConfigError `FILE_UNUSABLE` when it is there and no regular file
 */
async function resolved(file: string): Promise<string> {
  try {
    requireRegular(file, await stat(file), 'Name a regular file; what is to be printed needs no --out.');
    return await realpath(file);
  } catch (error) {
    if (!isMissing(error)) throw error;
    const link = await linkIn(file);
    if (link === null) return file;
    // Not normalised: the folder may itself be behind a link.
    return resolved(path.isAbsolute(link) ? link : `${path.dirname(file)}/${link}`);
  }
}

/** Where a symbolic link points to; null when the name is none, or there is nothing. */
async function linkIn(file: string): Promise<string | null> {
  try {
    return (await lstat(file)).isSymbolicLink() ? await readlink(file) : null;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/**
 * Refuses a name under which nothing can be written, before there is something to write.
 * @throws ConfigError `FILE_UNUSABLE`; UnavailableError `FILE_NOT_WRITTEN` on a read-only file system
 */
export async function requireWritable(file: string): Promise<void> {
  try {
    await access(path.dirname(await resolved(file)), constants.W_OK);
  } catch (error) {
    throw unwritable(file, error);
  }
}

/** What is wrong with the medium and not with the name: nobody who named another file would have known. */
const MEDIUM: Readonly<Record<string, string>> = {
  ENOSPC: 'Free space on the file system, or name a file on another one.',
  EDQUOT: 'Free space of the quota of this user, or name a file on another file system.',
  EROFS: 'Mount the file system for writing, or name a file on another one.',
  EIO: 'Check the disk, or name a file on another one.',
  EMFILE: 'Raise the number of open files that is allowed.',
  ENFILE: 'Raise the number of open files that is allowed.',
};

/** An error of the medium; null for one of the name, the folder or its rights. */
export function mediumFailure(file: string, error: unknown): UnavailableError | null {
  const { code = '' } = error as NodeJS.ErrnoException;
  const hint = MEDIUM[code];
  if (hint === undefined) return null;
  const message = `${quoted(file)} cannot be written (${code})`;
  return new UnavailableError('FILE_NOT_WRITTEN', message, { cause: error, hint });
}

function unwritable(file: string, error: unknown): AuditAnchorError {
  if (error instanceof AuditAnchorError) return error as AuditAnchorError;
  const medium = mediumFailure(file, error);
  if (medium) return medium;
  return unusable(file, 'written', error, 'Name a file in a folder that this user may write to.');
}

/**
 * Text of a file; null when there is none.
 * @throws ConfigError `FILE_UNUSABLE`
 */
export async function readText(file: string): Promise<string | null> {
  try {
    const stats = await stat(file);
    requireRegular(file, stats, 'Name a regular file.');
    const { size } = stats;
    if (size > MAX_BYTES) {
      const message = `${quoted(file)} has ${size} bytes: allowed are at most ${MAX_BYTES}`;
      throw new ConfigError('FILE_UNUSABLE', message);
    }
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isMissing(error)) return null;
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
 * Replaces a file as a whole: whoever reads it, also after a crash, finds the old text or the new one. A symbolic
 * link stays, and the file that it points to is replaced.
 * @throws ConfigError `FILE_UNUSABLE`; UnavailableError `FILE_NOT_WRITTEN` when the disk is full or fails
 */
export async function writeText(file: string, text: string): Promise<void> {
  let temporary: string | null = null;
  try {
    const target = await resolved(file);
    temporary = `${target}.${randomUUID()}.tmp`;
    const handle = await open(temporary, 'wx', OWNER_ONLY);
    try {
      await handle.writeFile(text, 'utf8');
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, target);
    await syncFolder(path.dirname(target));
  } catch (error) {
    // On a file system that has become read-only there is nothing to remove it from.
    if (temporary !== null) await rm(temporary, { force: true }).catch(() => undefined);
    throw unwritable(file, error);
  }
}
