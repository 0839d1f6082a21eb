import { CliScene } from '../../support/cli-scene';
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

/** Connections of the program that are still open; its server needs a moment to see one go. */
async function openConnections(): Promise<number> {
  const text = `SELECT count(*)::int AS count FROM pg_stat_activity
                WHERE application_name = 'audit-anchor' AND datname = current_database()`;
  for (let attempt = 1; ; attempt++) {
    const { rows } = await scene.embedded.database.pool.query<{ count: number }>(text);
    const count = rows[0]?.count ?? 0;
    if (count === 0 || attempt === 50) return count;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('verify', () => {
  test('an untouched chain', async () => {
    await anchored();
    await scene.run('append', { stdin: scene.events(2) });
    const { exitCode, stdout, stderr } = await scene.run('verify');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(steady(stdout).replace(/the oldest .* old/, 'the oldest <age> old')).toMatchInlineSnapshot(`
      "✔ VERIFIED
        chain       production in s3://<bucket>
        scope       every anchor and every event
        anchors     1 found, 1 read
        newest      #1 of <time>, up to event 10: production/<date>/anchor-<time>.json
        events      12 read (1 to 12), 12 recomputed
        time        from the beginning to the end, which no anchor covers yet (by the time of the anchors, UTC)
        compared    1 anchored hash, 1 Merkle root
        contents    verified
        unanchored  2 events from index 11, the oldest <age> old
        read from   table public.audit_events, oid <oid>
        database    system <id>, timeline 1
      "
    `);
  });

  test('the same as a document, and not at all with --quiet', async () => {
    await anchored();
    const { exitCode, document } = await scene.run('verify --json');
    expect(exitCode).toBe(0);
    expect(document).toMatchObject({
      exitCode: 0,
      verdict: 'verified',
      scope: 'full',
      chainId: 'production',
      findings: [],
    });
    expect(await scene.run('verify --quiet')).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
  });

  test.each([
    '--full',
    '--latest',
    '--anchors-only',
    '--from 3 --to 4',
    '--from 2020-01-01',
    '--to 2999-12-31T00:00:00Z',
  ])('verify %s', async (scope) => {
    await anchored();
    expect((await scene.run(`verify ${scope} --json`)).document).toMatchObject({
      exitCode: 0,
      verdict: 'verified',
    });
  });

  test('an auditor needs neither database nor secrets', async () => {
    await anchored();
    const { exitCode, stdout, stderr } = await runCli(['verify', '--anchors-only'], {
      env: scene.auditorEnv(),
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(steady(stdout)).toMatchInlineSnapshot(`
      "✔ VERIFIED
        chain    production in s3://<bucket>
        scope    every anchor; events not evaluated (no database was asked)
        anchors  1 found, 1 read
        newest   #1 of <time>, up to event 10: production/<date>/anchor-<time>.json
      "
    `);
  });

  test('an edited event', async () => {
    await anchored();
    await scene.embedded.sql("UPDATE audit_events SET actor = 'mallory@example.com' WHERE chain_index = 4");
    const { exitCode, stdout } = await scene.run('verify --quiet');
    expect(exitCode).toBe(1);
    expect(stdout).not.toContain('mallory');
    expect(steady(stdout)).toMatchInlineSnapshot(`
      "✘ TAMPERED
        chain       production in s3://<bucket>
        scope       every anchor and every event
        anchors     1 found, 1 read
        newest      #1 of <time>, up to event 10: production/<date>/anchor-<time>.json
        events      10 read (1 to 10), 10 recomputed
        time        from the beginning up to <time> (by the time of the anchors, UTC)
        compared    1 anchored hash, 1 Merkle root
        contents    tampered
        unanchored  none: every event is anchored
        read from   table public.audit_events, oid <oid>
        database    system <id>, timeline 1

      TAMPERING EVENT_HASH at event 4
        the columns of the event do not give its event_hash
      follows from EVENT_HASH: RANGE_ROOT at events 1 to 10
      "
    `);
  });

  describe('under a wrong setting every event fails', () => {
    const SECRET = Buffer.alloc(32, 'another secret').toString('base64');
    const TO_DO =
      'to do     every event fails: check AUDIT_ANCHOR_CHAIN_ID, AUDIT_HMAC_KEYS and AUDIT_EVENTS_COLUMNS';

    test.each([
      ['chain id', { AUDIT_ANCHOR_CHAIN_ID: 'other' }],
      ['secret', { AUDIT_HMAC_KEYS: JSON.stringify({ k1: SECRET }) }],
    ])('%s: it is tampering, and the settings to look at are named', async (_name, more) => {
      await anchored();
      await scene.run('append', { stdin: scene.events(2) });
      const { exitCode, stdout } = await scene.run('verify', { more });
      expect(exitCode).toBe(1);
      expect(stdout).toContain(`TAMPERING EVENT_HASH at events 1 to 12\n`);
      expect(stdout).toContain(TO_DO);
      const refused = await scene.run('anchor --force', { more });
      expect(refused.exitCode).toBe(1);
      expect(refused.stdout).toContain(TO_DO);
    });

    test('columns: refused, since the newest anchor says others', async () => {
      await anchored();
      const columns =
        'chain_index:int8,occurred_at:timestamptz,actor:text,action:text,outcome:text,key_id:text,prev_hash:bytea';
      const more = { AUDIT_EVENTS_COLUMNS: columns };
      for (const command of ['verify', 'anchor --force', 'status']) {
        const { exitCode, stderr } = await scene.run(command, { more });
        expect(exitCode).toBe(2);
        expect(stderr).toContain('AUDIT_EVENTS_COLUMNS');
      }
    });

    test.each([
      ['one event does not fail', "key_id = 'k2'", 'WHERE chain_index <> 7'],
      [
        'an anchored hash does not hold',
        "event_hash = decode(repeat('ab', 32), 'hex')",
        'WHERE chain_index = 10',
      ],
    ])('but not when %s', async (_name, change, where) => {
      await anchored();
      await scene.embedded.sql(`UPDATE audit_events SET ${change} ${where}`);
      const { exitCode, stdout } = await scene.run('verify');
      expect(exitCode).toBe(1);
      expect(stdout).toContain('TAMPERING EVENT_HASH');
      expect(stdout).not.toContain('to do');
    });
  });

  test('no evidence at all', async () => {
    const { exitCode, stdout } = await scene.run('verify');
    expect(exitCode).toBe(3);
    expect(steady(stdout)).toMatchInlineSnapshot(`
      "? NOT EVALUATED
        chain       production in s3://<bucket>
        scope       every anchor and every event
        anchors     0 found, 0 read
        events      0 read, 0 recomputed
        compared    0 anchored hashes, 0 Merkle roots
        contents    not evaluated
        unanchored  no event
        read from   table public.audit_events, oid <oid>
        database    system <id>, timeline 1

      NOT EVALUATED NO_ANCHORS in bucket <bucket>
        there is no anchor of chain production in the bucket: nothing proves anything
      "
    `);
  });

  test('a key in the bucket that would act on a terminal is shown as text', async () => {
    await anchored();
    const name = '\u001b[2J\u202egnp.json';
    await scene.embedded.put(`production/${name}`, 'x');
    const { exitCode, stdout } = await scene.run('verify');
    expect(exitCode).toBe(1);
    expect(stdout).toContain('production/\\u{1b}[2J\\u{202e}gnp.json');
    expect(stdout).not.toContain('\u001b');
    const json = await scene.run('verify --json');
    expect(json.document).toMatchObject({ findings: [{ place: { key: `production/${name}` } }] });
  });

  test('colours for a terminal, unless NO_COLOR is set; progress goes to stderr', async () => {
    await anchored();
    const coloured = await scene.run('verify', { isTTY: true, more: { TERM: 'xterm-256color' } });
    expect(coloured.stdout).toContain('\u001b[32m✔ VERIFIED');
    const plain = await scene.run('verify', { isTTY: true, more: { TERM: 'xterm-256color', NO_COLOR: '1' } });
    expect(plain.stdout).not.toContain('\u001b[3');
    const json = await scene.run('verify --json', { isTTY: true, more: { TERM: 'xterm-256color' } });
    expect(json.stderr).toBe('');
  });

  test.each(['verify', 'verify --latest', 'anchor --force'])('%s is interrupted', async (command) => {
    await anchored();
    const { exitCode, document } = await scene.run(`${command} --json`, { signal: AbortSignal.abort() });
    expect(exitCode).toBe(3);
    expect(document).toMatchObject({ exitCode: 3, error: { code: 'INTERRUPTED' } });
    await expect(openConnections()).resolves.toBe(0);
  });
});
