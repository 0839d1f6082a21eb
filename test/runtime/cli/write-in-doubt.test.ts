import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ENV } from '../../../runtime/contract';
import { CliScene } from '../../support/cli-scene';
import { RecordingProxy } from '../../support/recording-proxy';

jest.setTimeout(60_000);

const ROOT = join(__dirname, '../../..');
/** Far less than one attempt of a PUT takes, 30 s, and far more than the two seconds that a process has. */
const AT_ONCE_MS = 15_000;
/** A second signal within one second counts as the first one, passed on twice. */
const NEXT_SIGNAL_MS = 1_100;

let scene: CliScene;
let s3: RecordingProxy;
let children: ChildProcess[] = [];
let release: () => void;

beforeAll(async () => {
  scene = await CliScene.start();
  s3 = await RecordingProxy.start(scene.embedded.s3.endpoint);
});
afterEach(() => {
  release();
  for (const child of children) child.kill('SIGKILL');
  children = [];
});
afterAll(async () => {
  await s3?.stop();
  await scene?.stop();
});

/** Holds every PUT of an anchor until the test is over; resolves with the key of the first. */
function holdPut(): Promise<string> {
  s3.reset();
  const released = new Promise<void>((resolve) => (release = resolve));
  return new Promise((resolve) => {
    s3.hold = ({ method, path }) => {
      if (method !== 'PUT') return undefined;
      resolve(path.slice(path.indexOf('/', 1) + 1));
      return released;
    };
  });
}

/** Starts the program itself, and signals it once S3 has the PUT. */
async function endedBy(
  command: string,
  signal: (child: ChildProcess) => Promise<void>,
): Promise<{ code: number | null; stderr: string; key: string; millis: number }> {
  await scene.run('append', { stdin: scene.events(10) });
  const put = holdPut();
  const register = join(ROOT, 'test/support/register-typescript.cjs');
  const child = spawn(
    process.execPath,
    ['-r', register, join(ROOT, 'runtime/cli.ts'), ...command.split(' ')],
    {
      env: {
        PATH: process.env.PATH ?? '',
        ...scene.env({ [ENV.s3Endpoint]: s3.endpoint, [ENV.httpPort]: '0', [ENV.eventThreshold]: '1' }),
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  children.push(child);
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const closed = once(child, 'close') as Promise<[number | null]>;
  const ended = closed.then(() => Promise.reject(new Error(`ended before its PUT: ${stderr}`)));
  const key = await Promise.race([put, ended]);
  ended.catch(() => undefined);
  await signal(child);
  const from = performance.now();
  const [code] = await closed;
  return { code, stderr, key, millis: performance.now() - from };
}

test.each<[string, string, (child: ChildProcess) => Promise<void>]>([
  [
    'anchor, at the first signal',
    'anchor --force',
    (child) => {
      child.kill('SIGTERM');
      return Promise.resolve();
    },
  ],
  [
    'run, at the second one',
    'run',
    async (child) => {
      child.kill('SIGTERM');
      await delay(NEXT_SIGNAL_MS);
      expect(child.exitCode).toBeNull();
      child.kill('SIGTERM');
    },
  ],
])('%s: ends while its PUT has no answer, with exit 3, and names the key', async (_name, command, signal) => {
  const { code, stderr, key, millis } = await endedBy(command, signal);
  expect(millis).toBeLessThan(AT_ONCE_MS);
  expect(code).toBe(3);
  expect(key).toMatch(/\/anchor-\d{8}T\d{6}Z\.json$/);
  expect(stderr).toContain(key);
  expect(stderr).toContain('PUT_UNRESOLVED');
});
