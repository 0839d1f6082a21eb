import { PassThrough, Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { ENV } from '../../../runtime/contract';
import { CliScene } from '../../support/cli-scene';
import { CuttingProxy } from '../../support/cutting-proxy';
import { runCli, steady } from '../../support/run-cli';

let scene: CliScene;
beforeAll(async () => {
  scene = await CliScene.start();
});
beforeEach(() => scene.reset());
afterAll(() => scene?.stop());

/** Ten events and an anchor over them. */
async function anchored(): Promise<void> {
  await scene.run('append', { stdin: scene.events(10) });
  expect(await scene.run('anchor --force')).toMatchObject({ exitCode: 0 });
}

describe('append', () => {
  test('says what was appended', async () => {
    const { exitCode, stdout, stderr } = await scene.run('append', { stdin: scene.events(3) });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(steady(stdout)).toMatchInlineSnapshot(`
      "✔ 3 events appended: 1 to 3, key k1, head <hash>, table public.audit_events
      "
    `);
    const { document } = await scene.run('append --json', { stdin: scene.events(2) });
    expect(document).toEqual({
      exitCode: 0,
      schema: 'public',
      table: 'audit_events',
      appended: 2,
      firstIndex: 4,
      lastIndex: 5,
      lastHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      keyId: 'k1',
    });
  });

  test('one event, under another key', async () => {
    const { stdout } = await scene.run('append --key-id k2', { stdin: scene.events(1) });
    expect(steady(stdout)).toMatchInlineSnapshot(`
      "✔ 1 event appended: 1, key k2, head <hash>, table public.audit_events
      "
    `);
  });

  test('nothing', async () => {
    const { exitCode, stdout } = await scene.run('append');
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: 'no event on standard input, nothing appended\n',
    });
    expect((await scene.run('append --json')).document).toEqual({ exitCode: 0, appended: 0 });
  });

  test('details of one megabyte are taken', async () => {
    const stdin = scene.events(2, { text: 'x'.repeat(1024 * 1024) });
    expect(await scene.run('append --json', { stdin })).toMatchObject({
      exitCode: 0,
      document: { appended: 2 },
    });
    expect(await scene.run('anchor --force')).toMatchObject({ exitCode: 0 });
    expect((await scene.run('verify --json')).document).toMatchObject({
      verdict: 'verified',
      contents: 'verified',
    });
  });

  test('an interruption stores what was read, says so, and lets go of an input that never ends', async () => {
    const stop = new AbortController();
    const stdin = new PassThrough();
    stdin.write(`${scene.events(2)}\n`);
    setTimeout(() => stop.abort(), 300);
    const { exitCode, document } = await scene.run('append --json', { stdin, signal: stop.signal });
    expect(exitCode).toBe(3);
    expect(document).toMatchObject({ exitCode: 3, appended: 2, lastIndex: 2, interrupted: true });
    expect(stdin.destroyed).toBe(true);
    const { stdout } = await scene.run('append', { stdin: scene.events(2), signal: AbortSignal.abort() });
    expect(stdout).toBe('? interrupted: no event was appended\n');
  });
});

test('append tells what it has committed when the connection drops: nothing is sent twice', async () => {
  const { database } = scene.embedded;
  const proxy = await CuttingProxy.start(database.url);
  async function* input(): AsyncGenerator<Buffer> {
    yield Buffer.from(`${scene.events(1_001)}\n`);
    const first = 'SELECT 1 FROM audit_events HAVING count(*) = 1000';
    for (let polls = 0; polls < 500; polls += 1) {
      if ((await database.pool.query(first)).rowCount === 1) break;
      await delay(20);
    }
    proxy.cutAll();
    yield Buffer.from(`${scene.events(1_000)}\n`);
  }
  const more = { [ENV.databaseUrl]: proxy.url };
  const { exitCode, document } = await scene.run('append --json', { stdin: Readable.from(input()), more });
  await proxy.stop();
  expect(exitCode).toBe(3);
  expect(document).toMatchObject({
    exitCode: 3,
    appended: 1_000,
    lastIndex: 1_000,
    lastHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    error: { code: 'DB_UNREACHABLE', hint: expect.stringContaining('send from event 1001 on') },
  });
});

describe('init', () => {
  test('is safe to run again', async () => {
    const { exitCode, stdout } = await scene.run('init');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('everything was already there');
  });

  test('--print prints SQL and needs no database, also with --quiet', async () => {
    const env = scene.auditorEnv();
    const { exitCode, stdout } = await runCli(['init', '--print', '--quiet'], { env });
    expect(exitCode).toBe(0);
    expect(stdout).toContain('CREATE TABLE');
    const { document } = await runCli(['init', '--print', '--json'], { env });
    expect(`${String(document.sql).trimEnd()}\n`).toBe(stdout);
  });

  test.each(['init', 'init --print'])('%s refuses the table of a foreign chain', async (command) => {
    const { exitCode, stdout, stderr } = await scene.run(command, { more: { AUDIT_CHAIN_FORMAT: 'links' } });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain('found AUDIT_CHAIN_FORMAT=links [USAGE]');
  });
});

describe('anchor and status', () => {
  test('an anchor is written and described', async () => {
    await scene.run('append', { stdin: scene.events(10) });
    const { exitCode, stdout } = await scene.run('anchor --force');
    expect(exitCode).toBe(0);
    expect(steady(stdout)).toMatchInlineSnapshot(`
      "✔ anchor #1 written
        trigger       interval
        object        s3://<bucket>/production/<date>/anchor-<time>.json
        version       <version>
        locked until  <time>
        events        1 to 10
        last_seq      10
        last_hash     <hash>
      "
    `);
    const { document } = await scene.run('anchor --json');
    expect(document).toMatchObject({ exitCode: 0, outcome: 'not due', unanchoredEvents: 0 });
  });

  test('status shows both sides', async () => {
    await anchored();
    const { exitCode, stdout } = await scene.run('status');
    expect(exitCode).toBe(0);
    expect(
      steady(stdout)
        .replace(/#1, .*, up to/, '#1, <age>, up to')
        .replace(/\d+ d \d+ h left/, '<left> left'),
    ).toMatchInlineSnapshot(`
      "chain          production
      newest anchor  #1, <age>, up to event 10
      object         s3://<bucket>/production/<date>/anchor-<time>.json (version <version>)
      retention      locked until <day>, <left> left
      head           event 10, key k1, <hash>
      unanchored     0 events
      database       system <id>, timeline 1, LSN <lsn>
      "
    `);
    expect((await scene.run('status --json')).document).toMatchObject({
      exitCode: 0,
      newestAnchor: { anchorSeq: 1, lastSeq: 10 },
      head: { index: 10 },
      unanchoredEvents: 0,
      findings: [],
    });
  });

  test('an anchor is refused when the table no longer holds what was anchored', async () => {
    await anchored();
    await scene.embedded.sql('DELETE FROM audit_events WHERE chain_index > 7');
    const { exitCode, stdout } = await scene.run('anchor --force');
    expect(exitCode).toBe(1);
    expect(steady(stdout)).toMatchInlineSnapshot(`
      "✘ no anchor was written: it would certify what does not hold
      TAMPERING CHAIN_TRUNCATED at events 8 to 10
        anchored events are not in the table: the end was cut off, or events were removed and the rest chained anew
        expected  events up to 10
        found     the last event is 7
        anchor    #1 production/<date>/anchor-<time>.json (version <version>)
      "
    `);
    expect((await scene.run('anchor --force --json')).document).toMatchObject({
      exitCode: 1,
      outcome: 'refused',
    });
  });
});

describe('hold', () => {
  test('is set, shown and lifted', async () => {
    await anchored();
    const key = (await scene.embedded.versions())[0]?.key ?? '';
    const on = await runCli(['hold', 'on', key], { env: scene.auditorEnv() });
    expect(on.exitCode).toBe(0);
    expect(steady(on.stdout)).toMatchInlineSnapshot(`
      "✔ legal hold is on for production/<date>/anchor-<time>.json (version <version>)
      "
    `);
    expect((await scene.run('status')).stdout).toContain('legal hold on');
    const off = await runCli(['hold', 'off', key, '--json'], { env: scene.auditorEnv() });
    expect(off.document).toMatchObject({ exitCode: 0, key, legalHold: false });
  });

  test.each(['notes.txt', 'staging/2030/01/15/14/anchor-20300115T140000Z.json'])(
    '%s is no anchor',
    async (key) => {
      const { exitCode, document } = await scene.run(`hold on ${key} --json`);
      expect(exitCode).toBe(2);
      expect(document).toMatchObject({ error: { code: 'USAGE' } });
    },
  );

  test('an anchor that is not there', async () => {
    const { exitCode, stderr } = await scene.run(
      'hold on production/2030/01/15/14/anchor-20300115T140000Z.json',
    );
    expect(exitCode).toBe(2);
    expect(stderr).toContain('OBJECT_NOT_FOUND');
  });
});
