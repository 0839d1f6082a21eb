import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Client } from 'pg';
import { CliScene } from '../../support/cli-scene';
import { activity, lockTable } from '../../support/silent-server';

jest.setTimeout(60_000);

const ROOT = join(__dirname, '../../..');
const APPLICATION = 'audit-anchor';
/** Far less than the lock is held, and more than a busy machine needs. */
const AT_ONCE_MS = 6_000;

let scene: CliScene;
let client: Client;
let unlock: () => Promise<void>;

beforeAll(async () => {
  scene = await CliScene.start();
  await scene.run('append', { stdin: scene.events(10) });
  expect(await scene.run('anchor --force')).toMatchObject({ exitCode: 0 });
  client = await scene.embedded.database.connect();
  unlock = await lockTable(scene.embedded.database, 'audit_events');
});
afterAll(async () => {
  await unlock?.();
  await scene?.stop();
});

const waiting = (except = 0): Promise<number> => activity(client, APPLICATION, 'waiting', except);
const gone = (): Promise<number> => activity(client, APPLICATION, 'none');

const COMMANDS = [
  'verify',
  'verify --latest',
  'verify --workers 2',
  'verify --plan 1',
  'status',
  'anchor --force',
  'init',
];

test.each(COMMANDS)('%s ends when it is told to, although the table is locked', async (command) => {
  const stop = new AbortController();
  const running = scene.run(`${command} --json`, { signal: stop.signal });
  await waiting();
  const from = performance.now();
  stop.abort();
  const { exitCode, document } = await running;
  expect(performance.now() - from).toBeLessThan(AT_ONCE_MS);
  expect(exitCode).toBe(3);
  expect(document).toMatchObject({ error: { code: 'INTERRUPTED' } });
  await gone();
});

test('append ends too, and says that nothing was stored', async () => {
  const stop = new AbortController();
  const running = scene.run('append --json', { stdin: scene.events(10), signal: stop.signal });
  await waiting();
  const from = performance.now();
  stop.abort();
  const { exitCode, document } = await running;
  expect(performance.now() - from).toBeLessThan(AT_ONCE_MS);
  expect(exitCode).toBe(3);
  expect(document).toEqual({ exitCode: 3, appended: 0, interrupted: true });
  await gone();
});

test.each(['SIGTERM', 'SIGINT'] as const)('a process ends at the first %s', async (signal) => {
  const register = join(ROOT, 'test/support/register-typescript.cjs');
  const child = spawn(process.execPath, ['-r', register, join(ROOT, 'runtime/cli.ts'), 'verify', '--json'], {
    env: { PATH: process.env.PATH ?? '', ...scene.env() },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await waiting();
  const from = performance.now();
  child.kill(signal);
  const [code] = (await once(child, 'close')) as [number | null];
  expect(performance.now() - from).toBeLessThan(AT_ONCE_MS);
  expect(code).toBe(3);
  expect(JSON.parse(output)).toMatchObject({ error: { code: 'INTERRUPTED' } });
  await gone();
});

test('the daemon gives up what it waits for, and tries its last anchor', async () => {
  const stop = new AbortController();
  const running = scene.run('run --json', { signal: stop.signal });
  const first = await waiting();
  stop.abort();
  await waiting(first);
  await unlock();
  const { exitCode, document } = await running;
  expect(exitCode).toBe(0);
  expect(document).toMatchObject({ anchorsWritten: 0, shutdownProblem: null });
});
