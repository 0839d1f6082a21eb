import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { transformSync } from '@swc/core';

export const RUNTIME_SOURCES = 'runtime';
export const BENCH_SOURCES = 'test/bench';

/**
 * Compiles runtime and bench into a folder, so that a timed process loads plain JavaScript, as an installed
 * package does.
 */
export function compileInto(folder: string, root: string, parts = [RUNTIME_SOURCES, BENCH_SOURCES]): void {
  const sources = parts
    .flatMap((part) =>
      readdirSync(join(root, part), { recursive: true, encoding: 'utf8' }).map((name) => join(part, name)),
    )
    .filter((name) => name.endsWith('.ts') && !name.includes('/assembly/'));
  for (const name of sources) {
    const filename = join(root, name);
    const { code } = transformSync(readFileSync(filename, 'utf8'), {
      filename,
      swcrc: false,
      jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
      module: { type: 'commonjs' },
    });
    const target = join(folder, name.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, code);
  }
  const modules = join(folder, 'node_modules');
  if (!existsSync(modules)) symlinkSync(join(root, 'node_modules'), modules);
}

/** Where compiled code asks for a file of the runtime. */
const RUNTIME_IMPORT = /require\("((?:\.\.\/)+runtime\/[^"]+)"\)/g;

/**
 * Points the compiled bench of a folder to the files of the runtime beside it: another build may have a file of the
 * same name in another place.
 */
export function findMovedFiles(folder: string): void {
  const runtime = join(folder, RUNTIME_SOURCES);
  const files = compiledBelow(runtime);
  for (const name of compiledBelow(join(folder, BENCH_SOURCES))) {
    const program = join(folder, BENCH_SOURCES, name);
    const code = readFileSync(program, 'utf8').replace(RUNTIME_IMPORT, (given, specifier: string) => {
      const wanted = relative(runtime, join(dirname(program), `${specifier}.js`));
      const found = files.includes(wanted) ? wanted : nearest(wanted, files);
      return found === null ? given : `require(${JSON.stringify(join(runtime, found))})`;
    });
    writeFileSync(program, code);
  }
}

function compiledBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'));
}

/** Of the files of that name the one whose path shares most folders with the path that is wanted. */
function nearest(wanted: string, files: readonly string[]): string | null {
  const folders = new Set(dirname(wanted).split('/'));
  const shared = (file: string): number =>
    dirname(file)
      .split('/')
      .filter((name) => folders.has(name)).length;
  const [best = null] = files
    .filter((file) => basename(file) === basename(wanted))
    .sort((one, other) => shared(other) - shared(one));
  return best;
}
