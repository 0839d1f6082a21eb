import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
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
