import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { UsageError } from './arguments';
import { BENCH_SOURCES, compileInto, findMovedFiles, RUNTIME_SOURCES } from './compile';

/** A build of the program, with the programs of the bench beside it. */
export interface Build {
  readonly name: 'present' | 'other';
  /** Holds `runtime` and `test/bench/programs`. */
  readonly folder: string;
}

/** @throws UsageError unless the folder is a checkout or has a `dist` */
export function requireBuild(folder: string): void {
  if (existsSync(join(folder, 'runtime/cli.ts')) || existsSync(join(folder, 'dist/runtime/cli.js'))) return;
  throw new UsageError(`--against: found "${folder}", allowed a checkout, or a folder with dist/`);
}

/** Compiles the tree of `root`, the sources of a checkout in the same way as those of the bench. */
export function presentBuild(folder: string, root: string): Build {
  compileInto(folder, root);
  return { name: 'present', folder };
}

/** Puts the present programs of the bench beside another build; its dependencies are its own. */
export function otherBuild(folder: string, root: string, other: string): Build {
  const from = resolve(other);
  mkdirSync(folder, { recursive: true });
  if (existsSync(join(from, 'runtime/cli.ts'))) {
    compileInto(folder, from, [RUNTIME_SOURCES]);
  } else {
    symlinkSync(join(from, 'dist/runtime'), join(folder, 'runtime'));
    symlinkSync(
      join(existsSync(join(from, 'node_modules')) ? from : root, 'node_modules'),
      join(folder, 'node_modules'),
    );
  }
  compileInto(folder, root, [BENCH_SOURCES]);
  findMovedFiles(folder);
  return { name: 'other', folder };
}
