import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ENV } from '../../../runtime/contract';

const ROOT = join(__dirname, '../../..');
const PRELOADED = ['register-typescript.cjs', 'loaded-packages.cjs'].flatMap((name) => [
  '-r',
  join(ROOT, 'test/support', name),
]);

jest.setTimeout(60_000);

interface Finished {
  readonly code: number | null;
  readonly loaded: readonly string[];
}

/** Runs Node as an installed program would be run, and tells which packages it loaded. */
async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Finished> {
  const child = spawn(process.execPath, [...PRELOADED, ...args], {
    cwd: ROOT,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const list = /^LOADED (.*)$/m.exec(errors)?.[1];
  if (list === undefined) throw new Error(`the process did not say what it loaded: ${errors}`);
  return { code, loaded: JSON.parse(list) as string[] };
}

const cli = (args: string, env?: Readonly<Record<string, string>>): Promise<Finished> =>
  run(['runtime/cli.ts', ...args.split(' ').filter((arg) => arg !== '')], env);

/** What is slow to load, and needed only by those who reach for a bucket or a database. */
function slow({ loaded }: Finished): readonly string[] {
  return loaded.filter((name) => /^(?:@aws-sdk\/|@smithy\/|pg$|pg-|fast-xml-parser$)/.test(name));
}

/** Everything that `status` needs, at addresses where nobody listens. */
const NOWHERE = {
  [ENV.bucket]: 'audit-anchors',
  [ENV.chainId]: 'production',
  [ENV.databaseUrl]: 'postgres://gateway:secret@127.0.0.1:1/audit',
  [ENV.s3Endpoint]: 'http://127.0.0.1:1',
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'nobody',
  AWS_SECRET_ACCESS_KEY: 'nobody',
};

it.each([
  ['--help', 0],
  ['--version', 0],
  ['', 2],
  ['verify --help', 0],
  ['demo --help', 0],
  ['verfy', 2],
  ['verify --from yesterday', 2],
  ['status --unknown', 2],
  ['status', 2],
  ['verify', 2],
  ['append', 2],
  ['run', 2],
])('audit-anchor %s loads neither the S3 SDK nor the database driver', async (args, code) => {
  const finished = await cli(args);
  expect({ code: finished.code, slow: slow(finished) }).toEqual({ code, slow: [] });
});

it('status with a setting that is wrong loads neither', async () => {
  const finished = await cli('status', { ...NOWHERE, [ENV.chainId]: 'not/ok?' });
  expect({ code: finished.code, slow: slow(finished) }).toEqual({ code: 2, slow: [] });
});

it('init --print words its statements without the driver', async () => {
  const finished = await cli('init --print');
  expect({ code: finished.code, slow: slow(finished) }).toEqual({ code: 0, slow: [] });
});

it('a command that can go to work loads what it needs', async () => {
  const hmac = {
    [ENV.hmacKeys]: JSON.stringify({ k1: Buffer.alloc(32, 1).toString('base64') }),
    [ENV.hmacActiveKeyId]: 'k1',
  };
  const [status, append] = await Promise.all([
    cli('status', NOWHERE),
    cli('append', { ...NOWHERE, ...hmac }),
  ]);
  expect([status.code, append.code]).toEqual([3, 3]);
  expect(slow(status)).toContain('@aws-sdk/client-s3');
  expect(slow(append)).toContain('pg');
  expect(slow(append)).not.toContain('@aws-sdk/client-s3');
});

it('the library loads neither until it is used', async () => {
  const finished = await run(['-e', `require('./runtime/index')`]);
  expect(finished.code).toBe(0);
  expect(slow(finished)).toEqual([]);
});
