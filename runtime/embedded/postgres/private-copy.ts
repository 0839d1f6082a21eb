import { constants } from 'node:fs';
import { chmod, copyFile, mkdir, readFile, readdir, readlink, rm, symlink } from 'node:fs/promises';
import path from 'node:path';

/** Needed to build against PostgreSQL, not to run it. */
const NOT_NEEDED = /\.a$|^pkgconfig$|^include$/;

const FOLDER_MODE = 0o755;
const PROGRAM_MODE = 0o755;
const FILE_MODE = 0o644;

interface LibraryLink {
  readonly source: string;
  readonly target: string;
}

async function copyFolder(from: string, to: string): Promise<void> {
  await mkdir(to, { mode: FOLDER_MODE });
  // mkdir subtracts the umask; the server may run as another user and has to read all of this.
  await chmod(to, FOLDER_MODE);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (NOT_NEEDED.test(entry.name)) continue;
    const source = path.join(from, entry.name);
    const target = path.join(to, entry.name);
    if (entry.isDirectory()) {
      await copyFolder(source, target);
    } else if (entry.isSymbolicLink()) {
      await symlink(await readlink(source), target);
    } else {
      await copyFile(source, target, constants.COPYFILE_FICLONE);
      await chmod(target, path.basename(from) === 'bin' ? PROGRAM_MODE : FILE_MODE);
    }
  }
}

function isLibraryLink(value: unknown): value is LibraryLink {
  const link = value as LibraryLink | null;
  return typeof link?.source === 'string' && typeof link.target === 'string';
}

/** npm packages cannot hold links: the package lists them, and its install script (often switched off) makes them. */
async function makeLinks(native: string, copy: string): Promise<void> {
  const list = await readFile(path.join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links: unknown = JSON.parse(list);
  if (!Array.isArray(links)) return;
  for (const { source, target } of links.filter(isLibraryLink)) {
    // Paths are relative to the package, `native` being their first part.
    const link = path.join(copy, path.relative('native', target));
    const destination = path.relative(path.dirname(target), source);
    await symlink(destination, link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

/**
 * Copies the programs of the npm package to `copy` (replaced when it is there), readable for everyone and with the library
 * links that an install without scripts lacks. The package itself is never modified.
 */
export async function copyPrograms(native: string, copy: string): Promise<void> {
  await rm(copy, { recursive: true, force: true });
  await copyFolder(native, copy);
  await makeLinks(native, copy);
}
