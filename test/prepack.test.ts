import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Stands for the compiler, which writes into `dist` and leaves what is there. */
const BUILD = "fs.mkdirSync('dist', { recursive: true }); fs.writeFileSync('dist/new.js', '')";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'audit-anchor-prepack-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('what is packed was built for it: nothing that an earlier build left', () => {
  const { scripts } = JSON.parse(readFileSync(join(__dirname, '../package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const { prepack } = scripts;
  const build = `node -e ${JSON.stringify(BUILD)}`;
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ scripts: { prepack, build } }));
  mkdirSync(join(folder, 'dist/runtime'), { recursive: true });
  for (const stale of ['dist/.tsbuildinfo', 'dist/runtime/gone.js']) writeFileSync(join(folder, stale), '');
  execFileSync('npm', ['run', '--silent', 'prepack'], { cwd: folder, stdio: 'pipe' });
  expect(existsSync(join(folder, 'dist/new.js'))).toBe(true);
  expect(existsSync(join(folder, 'dist/runtime/gone.js'))).toBe(false);
  expect(existsSync(join(folder, 'dist/.tsbuildinfo'))).toBe(false);
}, 60_000);
