import { initialise } from '../../../runtime/adapters/postgres/init';
import { serializeAnchor } from '../../../runtime/domain/anchor/anchor-body';
import { LAYOUT } from '../../support/chain';
import { TABLE } from '../../support/embedded';
import { CliScene } from '../../support/cli-scene';
import { expectRefusal } from '../../support/refusal';

let scene: CliScene;
beforeAll(async () => {
  scene = await CliScene.start();
});
afterAll(() => scene?.stop());

describe('the table', () => {
  beforeAll(async () => {
    await scene.reset();
    await scene.run('append', { stdin: scene.events(6) });
    await scene.run('anchor --force');
    const { pool } = scene.embedded.database;
    await pool.query(
      'CREATE TABLE kept AS TABLE audit_events; DROP TABLE audit_events; CREATE TABLE audit_events AS TABLE kept',
    );
  });
  afterEach(() =>
    scene.embedded.database.pool.query('TRUNCATE audit_events; INSERT INTO audit_events SELECT * FROM kept'),
  );
  afterAll(async () => {
    await scene.embedded.database.pool.query('DROP TABLE audit_events');
    await initialise({ connectionString: scene.embedded.database.url }, LAYOUT, TABLE);
  });

  test.each([
    ['a gap', 'DELETE FROM audit_events WHERE chain_index = 3', 'EVENT_MISSING', /event 3\b/],
    [
      'a duplicate',
      'INSERT INTO audit_events SELECT * FROM kept WHERE chain_index = 3',
      'EVENT_DUPLICATE',
      /event 3\b/,
    ],
    [
      'a negative index',
      'UPDATE audit_events SET chain_index = -3 WHERE chain_index = 3',
      'EVENT_MISSING',
      /event -3\b/,
    ],
    [
      'an infinite time',
      "UPDATE audit_events SET occurred_at = '-infinity' WHERE chain_index = 3",
      'EVENT_MALFORMED',
      /infinite/,
    ],
  ])('has %s', async (_name, statement, code, says) => {
    await scene.embedded.database.pool.query(statement);
    await expectRefusal(scene, { command: 'verify', exitCode: 1, code, says });
  });

  test('is empty', async () => {
    await scene.embedded.database.pool.query('TRUNCATE audit_events');
    for (const command of ['verify', 'verify --latest', 'anchor --force']) {
      await expectRefusal(scene, { command, exitCode: 1, code: 'CHAIN_TRUNCATED', says: /events 1 to 6/ });
    }
  });
});

describe('the newest anchor', () => {
  beforeEach(async () => {
    await scene.reset();
    await scene.run('append', { stdin: scene.events(2) });
  });

  const key = (): string => {
    const iso = new Date(scene.embedded.clock.now()).toISOString();
    const [year, month, day] = iso.slice(0, 10).split('-');
    const name = `${year}${month}${day}T${iso.slice(11, 19).replaceAll(':', '')}Z`;
    return `production/${year}/${month}/${day}/${iso.slice(11, 13)}/anchor-${name}.json`;
  };

  test.each([
    ['not JSON', 'nonsense', /not JSON/],
    ['truncated', '{"chain_id":"produ', /not JSON/],
    ['huge', 'x'.repeat(20_000), /20,?000 bytes/],
    ['an empty object', '{}', /missing key/],
  ])('is %s', async (_name, body, says) => {
    await scene.embedded.put(key(), body, { ChecksumAlgorithm: 'SHA256' });
    for (const command of [
      'verify',
      'verify --latest',
      'verify --anchors-only',
      'anchor --force',
      'status',
    ]) {
      await expectRefusal(scene, { command, exitCode: 1, code: 'ANCHOR_MALFORMED', says });
    }
    expect(await scene.embedded.versions()).toHaveLength(1);
  });

  test('is reordered or has an unknown key', async () => {
    await scene.run('anchor --force');
    const [honest] = await scene.embedded.versions();
    const anchor = JSON.parse((await scene.embedded.bodyOf(honest?.key ?? '')).toString()) as Parameters<
      typeof serializeAnchor
    >[0];
    const reordered = JSON.stringify(Object.fromEntries(Object.entries(anchor).reverse()));
    const unknown = serializeAnchor(anchor).toString().replace(/}$/, ',"note":1}');
    for (const [body, says] of [
      [reordered, /canonical/],
      [unknown, /unknown key "note"/],
    ] as const) {
      await scene.embedded.newBucket();
      await scene.embedded.put(honest?.key ?? '', body, { ChecksumAlgorithm: 'SHA256' });
      await expectRefusal(scene, {
        command: 'verify --anchors-only',
        exitCode: 1,
        code: 'ANCHOR_MALFORMED',
        says,
      });
    }
  });
});
