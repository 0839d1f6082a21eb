import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventValues } from '../../../runtime/adapters/postgres/append/event-values';
import { FolderReports } from '../../../runtime/adapters/reports/folder-reports';
import type { ReportStore } from '../../../runtime/application/shards/report-store';
import { planInStore, shardInStore } from '../../../runtime/commands/verify-shards';
import { DEFAULTS } from '../../../runtime/contract';
import { CHAIN_ID } from '../../support/chain';
import { ConfigError } from '../../../runtime/errors';
import { CliScene } from '../../support/cli-scene';

/** Plans, partial reports and reports in places where nothing is written twice. */
let scene: CliScene;
let folder = '';
beforeAll(async () => {
  scene = await CliScene.start();
});
beforeEach(async () => {
  await scene.reset();
  folder = `${mkdtempSync(join(tmpdir(), 'reports-'))}/`;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
afterAll(() => scene?.stop());

const EVENT: EventValues = {
  occurred_at: '2026-01-15T14:00:00Z',
  actor: 'alice@example.com',
  action: 'login',
  resource: null,
  outcome: 'success',
  details: null,
};

/** Thirty events under three anchors of the last hours, and two that no anchor covers yet. */
async function anchored(): Promise<void> {
  const { embedded } = scene;
  const anchorer = embedded.anchorer();
  for (const hoursAgo of [3, 2, 1]) {
    embedded.clock.set(new Date(Date.now() - hoursAgo * 3_600_000).toISOString());
    await embedded.append(new Array<EventValues>(10).fill(EVENT), 'k1');
    await anchorer.anchor({ force: 'manual' });
  }
  await embedded.append([EVENT, EVENT], 'k1');
  scene.setClock();
}

const forged = () =>
  scene.embedded.sql("UPDATE audit_events SET actor = 'mallory@example.com' WHERE chain_index = 14");

/** A bucket of reports, locked as that of the anchors. */
async function reportsBucket(): Promise<{ readonly place: string; readonly bucket: string }> {
  const anchors = scene.embedded.bucket;
  await scene.embedded.newBucket();
  const { bucket } = scene.embedded;
  scene.embedded.bucket = anchors;
  return { bucket, place: `s3://${bucket}/full/run-1/` };
}

interface Place {
  readonly kind: string;
  readonly make: () => Promise<Opened>;
}
interface Opened {
  readonly place: string;
  readonly names: () => Promise<string[]>;
  readonly put: (name: string, text: string) => Promise<void>;
  readonly get: (name: string) => Promise<string>;
}

const PLACES: readonly Place[] = [
  {
    kind: 'a folder',
    make: () =>
      Promise.resolve({
        place: folder,
        names: () => Promise.resolve(readdirSync(folder).sort()),
        put: (name, text) => Promise.resolve(writeFileSync(join(folder, name), text)),
        get: (name) => Promise.resolve(readFileSync(join(folder, name), 'utf8')),
      }),
  },
  {
    kind: 'a bucket',
    make: async () => {
      const { place, bucket } = await reportsBucket();
      const { client, sdk } = scene.embedded;
      const Key = (name: string) => `full/run-1/${name}`;
      return {
        place,
        names: async () => {
          const { Contents = [] } = await client.send(new sdk.ListObjectsV2Command({ Bucket: bucket }));
          return Contents.map((each) => each.Key?.replace('full/run-1/', '') ?? '');
        },
        put: async (name, text) => {
          await client.send(new sdk.PutObjectCommand({ Bucket: bucket, Key: Key(name), Body: text }));
        },
        get: async (name) => {
          const { Body } = await client.send(new sdk.GetObjectCommand({ Bucket: bucket, Key: Key(name) }));
          return (await Body?.transformToString()) ?? '';
        },
      };
    },
  },
];

describe.each(PLACES)('in $kind', ({ make }) => {
  let opened: Opened;
  beforeEach(async () => {
    await anchored();
    opened = await make();
  });
  const verify = (args: string) => scene.run(`verify ${args}`);
  const plan = (count = 3) => verify(`--plan ${count} --out ${opened.place}`);
  const shard = (number: number) => verify(`--shard ${opened.place} --number ${number}`);
  const merge = () => verify(`--merge ${opened.place} --out ${opened.place} --json`);

  test('plan, shards and merge give the report of one verification', async () => {
    expect(await plan()).toMatchObject({ exitCode: 0 });
    expect(await opened.names()).toEqual(['plan.json', 'shards.json']);
    expect(JSON.parse(await opened.get('shards.json'))).toEqual([1, 2, 3]);
    for (const number of [1, 2, 3]) expect(await shard(number)).toMatchObject({ exitCode: 0, stderr: '' });
    const { exitCode, document } = await merge();
    expect(exitCode).toBe(0);
    expect(await opened.names()).toEqual([
      'part-00001.json',
      'part-00002.json',
      'part-00003.json',
      'plan.json',
      'report.json',
      'shards.json',
    ]);
    const { document: whole } = await verify('--json');
    const times = { startedAt: '', finishedAt: '', tail: null, exitCode: 0 };
    expect({ ...document, ...times }).toEqual({ ...whole, ...times });
    const kept = JSON.parse(await opened.get('report.json')) as object;
    expect({ ...kept, exitCode: 0 }).toEqual(document);
  });

  test('a shard that finds tampering keeps it, and says so by its exit code; so does the merge', async () => {
    await plan();
    await forged();
    const codes: number[] = [];
    for (const number of [1, 2, 3]) codes.push((await shard(number)).exitCode);
    expect(codes).toEqual([0, 1, 0]);
    // Asked for again, it is not read again, and is no better than it was.
    const again = await shard(2);
    expect(again.exitCode).toBe(1);
    expect(again.stdout).toContain('read before, at ');
    const { exitCode, document } = await merge();
    expect({ exitCode, verdict: document['verdict'] }).toEqual({ exitCode: 1, verdict: 'tampered' });
  });

  test('every step may be asked for twice', async () => {
    const [first, second] = [await plan(), await plan(2)];
    expect([first.exitCode, second.exitCode]).toEqual([0, 0]);
    expect(second.stdout).toContain('planned before, at ');
    expect(JSON.parse(await opened.get('shards.json'))).toEqual([1, 2, 3]);
    for (const number of [1, 2, 3, 1]) expect((await shard(number)).exitCode).toBe(0);
    expect((await merge()).exitCode).toBe(0);
    expect((await merge()).exitCode).toBe(0);
    const reports = (await opened.names()).filter((name) => name.startsWith('report'));
    expect(reports).toEqual([expect.stringMatching(/^report\.[0-9a-f]{16}\.json$/), 'report.json']);
  });

  test('a merge names the shards that are missing, and is no verdict', async () => {
    await plan();
    await shard(2);
    const { exitCode, stderr } = await verify(`--merge ${opened.place}`);
    expect(exitCode).toBe(3);
    expect(stderr).toContain('shards 1, 3 of the plan missing');
  });

  test.each([
    ['without a seal', () => '{"kind":"audit-anchor/part","format":1}', 'its seal does not fit'],
    ['no part at all', () => '{}', 'it is no partial report'],
    ['the part of another shard', () => opened.get('part-00001.json'), 'overlap: both are of shard 1'],
  ])('what has the name of a part keeps no shard from being read: %s', async (_name, text, why) => {
    await plan();
    await shard(1);
    await opened.put('part-00002.json', await text());
    expect((await shard(2)).exitCode).toBe(0);
    await shard(3);
    const kept = (await opened.names()).filter((name) => name.startsWith('part-00002'));
    expect(kept).toEqual([expect.stringMatching(/^part-00002\.[0-9a-f]{16}\.json$/), 'part-00002.json']);
    const { exitCode, stderr } = await verify(`--merge ${opened.place}`);
    expect(exitCode).toBe(3);
    expect(stderr).toContain(why);
  });

  test('and hides nothing that the shard finds', async () => {
    await plan();
    await forged();
    await opened.put('part-00001.json', '{}');
    for (const number of [1, 2, 3]) await shard(number);
    const { exitCode, stdout } = await verify(`--merge ${opened.place}`);
    expect(exitCode).toBe(1);
    expect(stdout).toContain('EVENT_HASH');
    expect(stdout).toContain('part-00001.json is foreign');
  });

  test('a plan that somebody has changed is refused by everyone', async () => {
    await plan();
    const changed = (await opened.get('plan.json')).replace('"number": 2', '"number": 3');
    await opened.put('plan.json', changed);
    if (opened.place.startsWith('s3:')) {
      // The version that was written first is the one that counts.
      expect((await shard(2)).exitCode).toBe(0);
      return;
    }
    for (const run of [await shard(2), await plan(), await verify(`--merge ${opened.place}`)]) {
      expect(run).toMatchObject({
        exitCode: 2,
        stderr: expect.stringContaining('its seal does not fit') as string,
      });
    }
  });

  test('a place without a plan', async () => {
    expect(await shard(1)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('--shard: found no plan in ') as string,
    });
  });
});

test('reports in a bucket are locked, encrypted as anchors are, and have their checksum', async () => {
  await anchored();
  const { bucket, place } = await reportsBucket();
  await scene.run(`verify --plan 2 --out ${place}`);
  const { client, sdk } = scene.embedded;
  const head = await client.send(
    new sdk.HeadObjectCommand({ Bucket: bucket, Key: 'full/run-1/plan.json', ChecksumMode: 'ENABLED' }),
  );
  const days = ((head.ObjectLockRetainUntilDate?.getTime() ?? 0) - Date.now()) / 86_400_000;
  expect(head).toMatchObject({ ObjectLockMode: 'COMPLIANCE', ChecksumSHA256: expect.any(String) as string });
  expect(Math.round(days)).toBe(400);
});

test('files of a folder are complete, nobody else’s business, and leave nothing beside them', async () => {
  await anchored();
  await scene.run(`verify --plan 2 --out ${folder}new/`);
  expect(readdirSync(`${folder}new`).sort()).toEqual(['plan.json', 'shards.json']);
  expect(statSync(`${folder}new/plan.json`).mode & 0o777).toBe(0o600);
});

const UNWRITABLE = '/proc/self/';
const onLinux = existsSync(UNWRITABLE) ? test : test.skip;

onLinux('a folder that nothing can be written to: the file is named that was to be there', async () => {
  const writing = new FolderReports(UNWRITABLE, scene.embedded.clock).create('plan.json', '{}');
  await expect(writing).rejects.toMatchObject({
    code: 'FILE_UNUSABLE',
    message: expect.stringMatching(/^"\/proc\/self\/plan\.json" cannot be written \(E[A-Z]+\)$/) as string,
    hint: expect.stringContaining('Name a folder that this user may write to') as string,
  });
});

const shardReader = () => ({
  auditLog: scene.embedded.auditLog(),
  reading: scene.embedded.reading(),
  clock: scene.embedded.clock,
  clockToleranceSeconds: DEFAULTS.clockToleranceSeconds,
  maxRate: null,
  onProgress: () => undefined,
});

test('a partial report that cannot be kept does not hide the tampering in it', async () => {
  await anchored();
  await scene.run(`verify --plan 1 --out ${folder}`);
  const store = new FolderReports(folder, scene.embedded.clock);
  const full: ReportStore = {
    place: store.place,
    clock: store.clock,
    read: (name) => store.read(name),
    list: () => store.list(),
    create: () => Promise.reject(new ConfigError('FILE_UNUSABLE', 'the disk is full')),
  };
  await expect(shardInStore(shardReader(), 1, full)).rejects.toThrow('the disk is full');
  await forged();
  const { exitCode, document } = await shardInStore(shardReader(), 1, full);
  expect(exitCode).toBe(1);
  expect(document).toMatchObject({ notKept: { code: 'FILE_UNUSABLE', message: 'the disk is full' } });
});

test('two that read one shard at the same time keep what each has found, and the merge tells the tampering', async () => {
  await anchored();
  await scene.run(`verify --plan 1 --out ${folder}`);
  const store = new FolderReports(folder, scene.embedded.clock);
  const overtaken: ReportStore = {
    place: store.place,
    clock: store.clock,
    read: (name) => store.read(name),
    list: () => store.list(),
    create: async (name, text) => {
      if (!existsSync(join(folder, 'part-00001.json'))) {
        await forged();
        expect(await scene.run(`verify --shard ${folder} --number 1`)).toMatchObject({ exitCode: 1 });
      }
      return store.create(name, text);
    },
  };
  const reader = shardReader();
  expect(await shardInStore(reader, 1, overtaken)).toMatchObject({ exitCode: 0 });
  const parts = readdirSync(folder).filter((name) => name.startsWith('part'));
  expect(parts.sort()).toEqual([
    expect.stringMatching(/^part-00001\.[0-9a-f]{16}\.json$/),
    'part-00001.json',
  ]);
  const merged = await scene.run(`verify --merge ${folder}`);
  expect(merged.exitCode).toBe(1);
  expect(merged.stdout).toContain('EVENT_HASH');
  expect(merged.stdout).toContain('overlap: both are of shard 1');
});

test.each([
  ['--plan 2 --out s3:reports', '--out: found "s3:reports", allowed s3://BUCKET/PREFIX/'],
  ['--plan 2 --out s3://Reports/x/', '--out: found "s3://Reports/x/"'],
  ['--shard s3://reports/a\u0007b/ --number 1', '--shard: found '],
  ['--shard parts/ --number 1 --out x.json', '--out is of no use here'],
  ['--merge s3://r', '--merge: found "s3://r"'],
  ['--max-age 2', '--max-age is of use only with --shard or --merge'],
  ['--plan 2 --max-age 2', '--plan and --max-age exclude each other'],
  ['--merge parts --max-age 721', '--max-age: found "721", allowed a whole number from 1 to 720'],
  ['--out x.json', '--out is of use only with --plan, --shard or --merge'],
])('verify %s is refused', async (args, message) => {
  const { exitCode, stderr } = await scene.run(`verify ${args}`);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(message);
  expect(existsSync('x.json')).toBe(false);
});

/** A plan and its part of so many hours ago, as the keys of the chain sealed them then. */
async function setOf(hoursAgo: number): Promise<void> {
  const { embedded } = scene;
  const { clock } = embedded;
  clock.set(new Date(Date.now() - hoursAgo * 3_600_000).toISOString());
  const store = new FolderReports(folder, scene.embedded.clock);
  const { clockToleranceSeconds, retentionDays, intervalMinutes } = DEFAULTS;
  const policy = { chainId: CHAIN_ID, retentionDays, clockToleranceSeconds, intervalMinutes };
  const both = { auditLog: embedded.auditLog(), reading: embedded.reading(), clock };
  await planInStore({ ...both, store: embedded.store(), policy }, 1, store);
  await shardInStore(
    { ...both, clockToleranceSeconds, maxRate: null, onProgress: () => undefined },
    1,
    store,
  );
  scene.setClock();
}

test('what was kept too long ago is not taken for what is there now, by any step', async () => {
  await anchored();
  await setOf(25);
  const kept = readdirSync(folder);
  await forged();
  for (const args of [`--plan 1 --out ${folder}`, `--shard ${folder} --number 1`]) {
    const { exitCode, stderr } = await scene.run(`verify ${args}`);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/plan\.json is there already, and it is of .*Z, more than 24 hours ago/);
    expect(stderr).toContain('begin again in a new place');
  }
  const merged = await scene.run(`verify --merge ${folder} --out ${folder}`);
  expect(merged.exitCode).toBe(3);
  expect(merged.stderr).toContain('the plan is stale: it is of ');
  expect(readdirSync(folder)).toEqual(kept);
  expect(await scene.run(`verify --shard ${folder} --number 1 --max-age 26`)).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('read before, at ') as string,
  });
  expect((await scene.run(`verify --merge ${folder} --max-age 26`)).exitCode).toBe(0);
});

test.each([
  ['--plan 2 --out', ''],
  ['--plan 2 --out', 'x/'],
  ['--merge', 'x/'],
])('%s s3://BUCKET/CHAIN/%s is refused: it would lie among the anchors', async (option, below) => {
  await anchored();
  const place = `s3://${scene.embedded.bucket}/${CHAIN_ID}/${below}`;
  const { exitCode, stderr } = await scene.run(`verify ${option} ${place}`);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(`found ${place}, allowed a place outside of`);
  expect(await scene.run('verify')).toMatchObject({ exitCode: 0 });
});

test('the report of a merge neither, and it is said before anything is read', async () => {
  await anchored();
  await scene.run(`verify --plan 1 --out ${folder}`);
  const out = `s3://${scene.embedded.bucket}/${CHAIN_ID}/report/`;
  const { exitCode, stderr } = await scene.run(`verify --merge ${folder} --out ${out}`);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('allowed a place outside of');
});

describe('a report that cannot be kept', () => {
  const unwritable = () => `${folder}file/report.txt`;
  beforeEach(async () => {
    await anchored();
    writeFileSync(`${folder}file`, 'not a folder');
  });
  async function readShard(): Promise<void> {
    await scene.run(`verify --plan 1 --out ${folder}parts/`);
    await scene.run(`verify --shard ${folder}parts/ --number 1`);
  }
  const merge = (more = '', env = {}) =>
    scene.run(`verify --merge ${folder}parts --out ${unwritable()}${more}`, { more: env });

  test('does not hide that tampering was found', async () => {
    await forged();
    await readShard();
    const { exitCode, stdout } = await merge();
    expect(exitCode).toBe(1);
    expect(stdout).toContain('TAMPERED');
    expect(stdout).toMatch(
      /warning: the report could not be kept: .*cannot be written: its folder cannot be made \(EEXIST\) \[FILE_UNUSABLE\]/,
    );
    const { document } = await merge(' --json');
    expect(document).toMatchObject({
      exitCode: 1,
      verdict: 'tampered',
      notKept: { code: 'FILE_UNUSABLE', message: expect.stringContaining('cannot be written') as string },
    });
    const logged = await merge('', { AUDIT_OUTPUT: 'log' });
    expect(logged.exitCode).toBe(1);
    expect(logged.stdout).toContain('TAMPERED');
    expect(logged.stdout).toContain('the report could not be kept: ');
  });

  test('is a failure where none was found', async () => {
    await readShard();
    const { exitCode, stdout, stderr } = await merge();
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain('its folder cannot be made (EEXIST)');
  });
});

test('a report of a merge may go into a file', async () => {
  await anchored();
  await scene.run(`verify --plan 1 --out ${folder}parts/`);
  await scene.run(`verify --shard ${folder}parts/ --number 1`);
  expect((await scene.run(`verify --merge ${folder}parts --out ${folder}new/report.txt`)).exitCode).toBe(0);
  expect(JSON.parse(readFileSync(`${folder}new/report.txt`, 'utf8'))).toMatchObject({
    verdict: 'verified',
    scope: 'full',
  });
});
