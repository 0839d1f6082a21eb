import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CliScene } from '../../support/cli-scene';
import { runCli } from '../../support/run-cli';
import { without } from '../../support/without';

const ROOT = path.resolve(__dirname, '../../..');
const RANGES = 4;
const EVENTS_PER_RANGE = 400;
const EVENTS = RANGES * EVENTS_PER_RANGE;

let scene: CliScene;
let folder: string;
beforeAll(async () => {
  scene = await CliScene.start();
  for (let range = 0; range < RANGES; range++) {
    await scene.run('append', { stdin: scene.events(EVENTS_PER_RANGE) });
    expect(await scene.run('anchor --force')).toMatchObject({ exitCode: 0 });
  }
  await scene.run('append', { stdin: scene.events(5) });
}, 300_000);
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'verify-shards-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));
afterAll(() => scene?.stop());

const inFolder = (name: string): string => path.join(folder, name);

async function planned(shards: number): Promise<void> {
  const { exitCode } = await scene.run(`verify --plan ${shards} --out ${inFolder('plan.json')}`);
  expect(exitCode).toBe(0);
}

function shard(number: number): ReturnType<CliScene['run']> {
  const out = inFolder(`part-${number}.json`);
  return scene.run(`verify --shard ${inFolder('plan.json')} --number ${number} --out ${out}`);
}

/** Of a report, without what differs from run to run. */
function comparable({ startedAt, finishedAt, tail, ...report }: Record<string, unknown>): unknown {
  expect([typeof startedAt, typeof finishedAt]).toEqual(['string', 'string']);
  return { ...report, tail: { ...(tail as object), ageSeconds: 0 } };
}

const edit = (actor: string): Promise<void> =>
  scene.embedded.sql(`UPDATE audit_events SET actor = '${actor}' WHERE chain_index IN (7, 900)`);

describe('plan, shards and merge', () => {
  test('give the report of one run', async () => {
    await planned(3);
    for (const number of [3, 1, 2]) expect(await shard(number)).toMatchObject({ exitCode: 0 });
    const merged = await scene.run(`verify --merge ${folder} --json`);
    const whole = await scene.run('verify --json');
    expect(merged).toMatchObject({ exitCode: 0, document: { verdict: 'verified', scope: 'full' } });
    expect(comparable(merged.document)).toEqual(comparable(whole.document));
  });

  test('in folders that are not there yet', async () => {
    const plan = inFolder('new/parts/plan.json');
    expect(await scene.run(`verify --plan 1 --out ${plan}`)).toMatchObject({ exitCode: 0 });
    const shard = `verify --shard ${plan} --number 1 --out ${inFolder('new/parts/more/1.json')}`;
    expect(await scene.run(shard)).toMatchObject({ exitCode: 0 });
    expect(await readdir(inFolder('new/parts/more'))).toEqual(['1.json']);
  });

  test('and its findings', async () => {
    await edit('mallory');
    await planned(4);
    const codes: number[] = [];
    for (const number of [1, 2, 3, 4]) codes.push((await shard(number)).exitCode);
    const merged = await scene.run(`verify --merge ${folder} --json`);
    const whole = await scene.run('verify --json');
    await edit('alice@example.com');
    expect(codes).toEqual([1, 0, 1, 0]);
    expect(merged).toMatchObject({ exitCode: 1, document: { verdict: 'tampered' } });
    expect(comparable(merged.document)).toEqual(comparable(whole.document));
  });

  test('in a folder that only their user can read, and without a secret in it', async () => {
    await planned(2);
    await shard(1);
    for (const name of await readdir(folder)) {
      expect((await stat(inFolder(name))).mode & 0o777).toBe(0o600);
      const text = await readFile(inFolder(name), 'utf8');
      const { AUDIT_HMAC_KEYS = '', DATABASE_URL = '' } = scene.env();
      expect(text).not.toContain(DATABASE_URL);
      for (const [, secret = ''] of AUDIT_HMAC_KEYS.matchAll(/:"([^"]+)"/g))
        expect(text).not.toContain(secret);
    }
  });

  test('by way of standard output, also with --json', async () => {
    const plain = await scene.run('verify --plan 2 --quiet');
    await writeFile(inFolder('plan.json'), plain.stdout);
    const one = await scene.run(`verify --shard ${inFolder('plan.json')} --number 1 --json`);
    await writeFile(inFolder('1.json'), one.stdout);
    const two = await scene.run(`verify --shard ${inFolder('plan.json')} --number 2`);
    await writeFile(inFolder('2.json'), two.stdout);
    expect(await scene.run(`verify --merge ${folder}`)).toMatchObject({ exitCode: 0 });
  });

  test('merging needs no database, a shard no bucket', async () => {
    await planned(1);
    const withoutBucket = without(scene.env(), 'AUDIT_ANCHOR_BUCKET', 'AWS_REGION');
    const args = ['verify', '--shard', inFolder('plan.json'), '--number', '1', '--out', inFolder('1.json')];
    expect(await runCli(args, { env: withoutBucket })).toMatchObject({ exitCode: 0 });
    const withoutDatabase = without(scene.env(), 'DATABASE_URL');
    expect(await runCli(['verify', '--merge', folder], { env: withoutDatabase })).toMatchObject({
      exitCode: 0,
    });
  });

  test('a process that is killed leaves nothing, and its shard is read again', async () => {
    await planned(2);
    const out = inFolder('part-1.json');
    const args = [
      'verify',
      '--shard',
      inFolder('plan.json'),
      '--number',
      '1',
      '--max-rate',
      '10',
      '--out',
      out,
    ];
    const child = spawn(
      process.execPath,
      ['-r', './test/support/register-typescript.cjs', 'runtime/cli.ts', ...args],
      { cwd: ROOT, env: { ...process.env, ...scene.env() }, stdio: 'ignore' },
    );
    const ended = new Promise<NodeJS.Signals | null>((resolve) =>
      child.once('exit', (_code, name) => resolve(name)),
    );
    await connected();
    child.kill('SIGKILL');
    await expect(ended).resolves.toBe('SIGKILL');
    expect(await readdir(folder)).toEqual(['plan.json']);
    expect(await scene.run(`verify --merge ${folder}`)).toMatchObject({ exitCode: 3 });
    await shard(1);
    await shard(2);
    expect(await scene.run(`verify --merge ${folder}`)).toMatchObject({ exitCode: 0 });
  }, 60_000);
});

/** Waits until a program of ours is connected to the database. */
async function connected(): Promise<void> {
  const text = `SELECT 1 FROM pg_stat_activity
                WHERE application_name = 'audit-anchor' AND datname = current_database() AND state <> 'idle'`;
  for (let attempt = 0; attempt < 1_000; attempt++) {
    const { rows } = await scene.embedded.database.pool.query(text);
    if (rows.length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('the program did not connect');
}

describe('a plan', () => {
  test('says when it has fewer shards than were asked for', async () => {
    const { exitCode, stdout } = await scene.run(`verify --plan 64 --out ${inFolder('plan.json')}`);
    expect(exitCode).toBe(0);
    expect(stdout).toMatchInlineSnapshot(`
      "5 shards (64 were asked for: a chain is divided at anchors only)
        1: events 1 to 400, 400 in all
        2: events 401 to 800, 400 in all
        3: events 801 to 1200, 400 in all
        4: events 1201 to 1600, 400 in all
        5: events 1601 to the end, 5 in all
      "
    `);
  });
});

describe('what cannot be merged', () => {
  test('is named, all of it at once', async () => {
    await planned(3);
    await shard(1);
    const text = await readFile(inFolder('part-1.json'), 'utf8');
    await writeFile(inFolder('again.json'), text);
    await writeFile(inFolder('edited.json'), text.replace('"number": 1', '"number": 3'));
    await writeFile(inFolder('other.json'), '{}');
    const { exitCode, stderr } = await scene.run(`verify --merge ${folder}`);
    expect(exitCode).toBe(3);
    expect(stderr).toMatchInlineSnapshot(`
      "could not be evaluated: the parts cannot be merged:
        edited.json is foreign: its seal does not fit: it was changed, or made with other HMAC keys, another chain id or other columns
        other.json is foreign: it is no partial report
        part-1.json and again.json overlap: both are of shard 1
        shards 2, 3 of the plan missing [PARTS_REFUSED]
        Verify the shards named again; after a stale plan begin with a new one.
      "
    `);
  });

  test.each([
    ['an empty folder', () => Promise.resolve(), /no file in it is a plan/],
    [
      'an edited plan',
      async () => {
        await planned(1);
        const text = await readFile(inFolder('plan.json'), 'utf8');
        await writeFile(inFolder('plan.json'), text.replace('"firstIndex": 1', '"firstIndex": 2'));
      },
      /its seal does not fit: it was changed/,
    ],
  ])('%s', async (_name, happens, expected) => {
    await happens();
    const { exitCode, stderr } = await scene.run(`verify --merge ${folder}`);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(expected);
  });

  test.each<[string, (plan: string) => Promise<unknown>, string]>([
    [
      'a plan without a seal',
      () => writeFile(inFolder('z.json'), '{"kind":"audit-anchor/plan"}'),
      'z.json is foreign',
    ],
    [
      'a copy of the plan',
      (plan) => writeFile(inFolder('z.json'), plan),
      'z.json is foreign: it is another plan',
    ],
    ['a folder', () => mkdir(inFolder('z.json')), 'z.json cannot be read'],
    [
      'a part that is nested without end',
      () =>
        writeFile(
          inFolder('z.json'),
          `{"kind":"audit-anchor/part","format":1,"x":${'['.repeat(200_000)}${']'.repeat(200_000)}}`,
        ),
      'z.json is foreign: it is nested more than 32 levels deep',
    ],
  ])('what anybody can put there hides nothing that was found: %s', async (_name, put, why) => {
    await planned(2);
    await shard(1);
    await shard(2);
    await put(await readFile(inFolder('plan.json'), 'utf8'));
    const refused = await scene.run(`verify --merge ${folder}`);
    expect(refused).toMatchObject({ exitCode: 3, stderr: expect.stringContaining(why) as string });
    await edit('mallory');
    await shard(1);
    const { exitCode, stdout } = await scene.run(`verify --merge ${folder}`);
    await edit('alice@example.com');
    expect(exitCode).toBe(1);
    expect(stdout).toContain(why);
  });

  test('a folder that does not exist', async () => {
    const { exitCode, stderr } = await scene.run(`verify --merge ${inFolder('nowhere')}`);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('cannot be read (ENOENT)');
  });
});

describe('--state and --since-last', () => {
  test('remember between processes', async () => {
    const state = inFolder('verified.json');
    const first = await scene.run(`verify --since-last --state ${state} --json`);
    expect(first).toMatchObject({
      exitCode: 0,
      document: { scope: 'since-last', coverage: { events: EVENTS + 5 } },
    });
    expect((await stat(state)).mode & 0o777).toBe(0o600);
    const { exitCode, stdout } = await scene.run(`verify --since-last --state ${state}`);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /scope +every anchor, and the events that were not verified before; nothing is said of/,
    );
    expect(stdout).toMatch(
      /not read +1 to 1,600 \(4 anchors\): verified before; the oldest of it was read by a run that began 20/,
    );
    expect(stdout).toMatch(/events +5 read \(1,601 to 1,605\), 5 recomputed/);
    expect(await readdir(folder)).toEqual(['verified.json']);
  });

  test('a file of something else is left alone', async () => {
    const file = inFolder('notes.json');
    await writeFile(file, '{"a": 1}');
    const { exitCode, stderr } = await scene.run(`verify --state ${file}`);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('is no state of verify: allowed is a file that --state wrote, or none yet');
    expect(await readFile(file, 'utf8')).toBe('{"a": 1}');
  });
});

test.each([
  ['--plan 0', /--plan: found "0", allowed a whole number from 1 to 10000/],
  ['--plan 2 --shard x', /--plan and --shard exclude each other/],
  ['--plan 2 --latest', /--plan and --latest exclude each other/],
  ['--shard x', /--shard: found no --number/],
  ['--shard x --number 1 --workers 2', /--shard and --workers exclude each other/],
  [
    '--shard /nowhere/plan.json --number 1',
    /--shard: found no file "\/nowhere\/plan.json", allowed is a plan/,
  ],
  ['--merge . --state x', /--merge and --state exclude each other/],
  ['--number 1', /--number is of use only with --shard/],
  ['--out x', /--out is of use only with --plan, --shard or --merge/],
  ['--since-last', /--since-last: found no --state/],
  ['--since-last --full --state x', /--full and --since-last exclude each other/],
  ['--latest --state x', /--state is of use only with --full or --since-last/],
])('verify %s', async (options, expected) => {
  const { exitCode, stderr } = await scene.run(`verify ${options}`);
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(expected);
});

test.each(['--plan 2', '--merge .', '--state x'])('a foreign chain has no keys for %s', async (options) => {
  const more = { AUDIT_CHAIN_FORMAT: 'links' };
  const { exitCode, stderr } = await scene.run(`verify ${options}`, { more });
  expect(exitCode).toBe(2);
  expect(stderr).toContain('AUDIT_CHAIN_FORMAT=links');
});
