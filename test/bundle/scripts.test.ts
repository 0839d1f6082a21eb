import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '../..');
const { scripts } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
  scripts: Readonly<Record<string, string>>;
};

jest.setTimeout(60_000);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'audit-anchor-scripts-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a script of package.json, which has to be a file for Node.js, in an empty folder. */
function run(name: string, ...args: readonly string[]): object {
  const [node, file = ''] = (scripts[name] ?? '').split(' ');
  expect(node).toBe('node');
  const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(ROOT, file), ...args], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

describe.each(['bundle', 'image', 'build:wasm'])('npm run %s', (name) => {
  test.each(['--help', '-h'])('%s says what it does, and does not do it', (option) => {
    const help = expect.stringContaining(`Usage: npm run ${name} -- `) as string;
    expect(run(name, option)).toEqual({ status: 0, stdout: help, stderr: '' });
  });

  test.each([['--nope'], ['nope'], ['--help=yes']])('%s is refused in one message', (...args) => {
    const { stderr, ...rest } = run(name, ...args) as { stderr: string };
    expect(rest).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^error: [^\n]+\n {2}See npm run \S+ -- --help\n$/);
  });
});

test('the bundle goes where it is told to, also to a folder that is not there', () => {
  expect(run('bundle', '--out', 'new/place')).toMatchObject({ status: 0, stderr: '' });
  expect(existsSync(path.join(folder, 'new/place/audit-anchor.cjs'))).toBe(true);
});
