import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readDockerfile, texts } from './dockerfile';

const ROOT = path.resolve(__dirname, '../..');

/** A pattern of .dockerignore as it matches a path or anything below it. */
function matcher(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*\*\/|\*/g, (stars) => (stars === '*' ? '[^/]*' : '(?:.*/)?'));
  return new RegExp(`^${source}(?:/|$)`);
}

const RULES = readFileSync(path.join(ROOT, '.dockerignore'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => ({ lets: line.startsWith('!'), matches: matcher(line.replace(/^!/, '')) }));

/** The last rule that matches decides. */
function isSent(file: string): boolean {
  return RULES.filter(({ matches }) => matches.test(file)).pop()?.lets ?? true;
}

/** Files of the repository that Docker would send, from folders that can hold any. */
function sent(folder = ''): string[] {
  return readdirSync(path.join(ROOT, folder)).flatMap((name) => {
    const file = path.join(folder, name);
    if (['.git', 'node_modules', 'dist', 'bundle'].includes(file)) return isSent(file) ? [file] : [];
    return statSync(path.join(ROOT, file)).isDirectory() ? sent(file) : isSent(file) ? [file] : [];
  });
}

test('the build gets the sources of the program and little else', () => {
  const files = sent();
  expect(files.filter((file) => !file.startsWith('runtime/')).sort()).toEqual([
    '.config/bundle.mjs',
    '.npmrc',
    'LICENSE',
    'package-lock.json',
    'package.json',
    'tsconfig.json',
  ]);
  expect(files.filter((file) => /embedded|assembly|Dockerfile/.test(file))).toEqual([]);
  expect(files).toContain('runtime/cli.ts');
});

test.each(['.env', 'node_modules/x', 'test/x.ts', '.git/config', 'cdktf.out/x', 'secrets.json', '.config/x'])(
  'it never gets %s',
  (file) => expect(isSent(file)).toBe(false),
);

test('what the Dockerfile copies is sent', () => {
  const [build, image] = readDockerfile();
  const copied = [build, image].flatMap((stage) =>
    texts(stage!, 'COPY')
      .filter((text) => !text.includes('--from='))
      .flatMap((text) =>
        text
          .split(' ')
          .filter((word) => !word.startsWith('--'))
          .slice(0, -1),
      ),
  );
  expect(copied.length).toBeGreaterThan(5);
  const files = sent();
  const missing = copied.filter(
    (name) => !files.some((file) => file === name || file.startsWith(`${name}/`)),
  );
  expect(missing).toEqual([]);
});

test('what is sent is enough: the bundle made of it is the same file', () => {
  const parent = mkdtempSync(path.join(tmpdir(), 'audit-anchor-context-'));
  try {
    const context = path.join(parent, 'context');
    for (const file of sent()) cpSync(path.join(ROOT, file), path.join(context, file), { recursive: true });
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(context, 'node_modules'));
    const bundles = [ROOT, context].map((cwd, at) => {
      const out = path.join(parent, `out-${at}`);
      execFileSync(process.execPath, ['.config/bundle.mjs', '--out', out], { cwd });
      return readdirSync(out).map((name) => [name, readFileSync(path.join(out, name), 'utf8')]);
    });
    expect(bundles[1]).toEqual(bundles[0]);
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
}, 30_000);
