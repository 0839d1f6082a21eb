import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CliScene } from '../../support/cli-scene';

jest.setTimeout(60_000);

const ROOT = path.join(__dirname, '../../..');
const PROGRAM = [
  process.execPath,
  '-r',
  path.join(ROOT, 'test/support/register-typescript.cjs'),
  path.join(ROOT, 'runtime/cli.ts'),
];

let scene: CliScene;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'process-output-'));
  scene = await CliScene.start();
  await scene.run('append', { stdin: scene.events(10) });
  expect(await scene.run('anchor --force')).toMatchObject({ exitCode: 0 });
  const plan = path.join(folder, 'shared.json');
  expect(await scene.run(`verify --plan 1 --out ${plan}`)).toMatchObject({ exitCode: 0 });
});
afterAll(async () => {
  await scene?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Runs the program under a shell that sends its standard output somewhere; nobody reads a pipe. */
async function runTo(
  output: string,
  command: string,
): Promise<{ readonly code: number | null; readonly stderr: string }> {
  const shell = spawn('sh', ['-c', `exec "$@" ${output}`, 'sh', ...PROGRAM, ...command.split(' ')], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', ...scene.env() },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  shell.stdout.destroy();
  let stderr = '';
  shell.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = (await once(shell, 'close')) as [number | null];
  return { code, stderr };
}

const LOST =
  /^error: standard output cannot be written \((ENOSPC|EPIPE|it is closed)\): what was to stand there/;

test.each([
  ['a report on a full disk', '> /dev/full', 'verify'],
  ['its document on a full disk', '> /dev/full', 'verify --json'],
  ['help on a full disk', '> /dev/full', '--help'],
  ['a plan on a full disk', '> /dev/full', 'verify --plan 1'],
  ['a plan that nobody reads', '', 'verify --plan 1 --json'],
  ['a plan for a closed output', '>&-', 'verify --plan 1'],
  ['a partial report that nobody reads', '', 'verify --shard shared.json --number 1 --json'],
])('%s: exit 3, and one message', async (_name, output, command) => {
  const { code, stderr } = await runTo(output, command);
  expect(stderr).toMatch(LOST);
  expect(stderr.trimEnd().split('\n')).toHaveLength(2);
  expect(code).toBe(3);
});

test.each([
  ['a report that nobody reads to its end', '', 'verify'],
  ['a report for a closed output', '>&-', 'verify --json'],
  ['a plan that is not wanted', '> /dev/null', 'verify --plan 1'],
  ['a plan that is kept in a file', '>&-', 'verify --plan 1 --out plan.json'],
])('%s: as without', async (_name, output, command) => {
  expect(await runTo(output, command)).toEqual({ code: 0, stderr: '' });
});

test('the daemon ends when its metrics cannot be written', async () => {
  const { code, stderr } = await runTo('> /dev/full', 'run --quiet');
  expect(stderr).toMatch(LOST);
  expect(code).toBe(3);
});

test('a wrong command line stays one: exit 2', async () => {
  const { code, stderr } = await runTo('> /dev/full', 'verify --json --workers 0');
  expect(stderr).toMatch(LOST);
  expect(code).toBe(2);
});

test('tampering stays tampering: exit 1, and the message says so', async () => {
  await scene.embedded.sql("UPDATE audit_events SET actor = 'mallory' WHERE chain_index = 5");
  for (const command of ['verify --json', 'verify --shard shared.json --number 1']) {
    const { code, stderr } = await runTo('> /dev/full', command);
    expect(stderr).toMatch(/^error: tampering was found, but standard output cannot be written \(ENOSPC\)/);
    expect(code).toBe(1);
  }
});
