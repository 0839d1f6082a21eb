import { CliScene } from '../../support/cli-scene';

/** Enough that every reader has something to do. */
const EVENTS = 12_000;

let scene: CliScene;
beforeAll(async () => {
  scene = await CliScene.start();
  for (let range = 0; range < 2; range++) {
    await scene.run('append', { stdin: scene.events(EVENTS) });
    expect(await scene.run('anchor --force')).toMatchObject({ exitCode: 0 });
  }
}, 60_000);
afterAll(() => scene?.stop());

function withoutTimes(document: Record<string, unknown>): Record<string, unknown> {
  return { ...document, startedAt: '', finishedAt: '' };
}

test('several readers give the report of one', async () => {
  const one = await scene.run('verify --json');
  expect(one.document).toMatchObject({
    verdict: 'verified',
    coverage: { events: 2 * EVENTS, rangeRoots: 2 },
  });
  const two = await scene.run('verify --json --workers 2');
  expect(withoutTimes(two.document)).toEqual(withoutTimes(one.document));
  const set = await scene.run('verify --json', { more: { AUDIT_VERIFY_WORKERS: '4' } });
  expect(withoutTimes(set.document)).toEqual(withoutTimes(one.document));
});

test('an edited event in the part of a thread is found', async () => {
  const edit = (actor: string): Promise<void> =>
    scene.embedded.sql(`UPDATE audit_events SET actor = '${actor}' WHERE chain_index = ${EVENTS + 5}`);
  await edit('mallory@example.com');
  const { exitCode, document } = await scene.run('verify --json --workers 2');
  await edit('alice@example.com');
  expect(exitCode).toBe(1);
  expect(document).toMatchObject({
    findings: [{ code: 'EVENT_HASH', place: { from: EVENTS + 5 } }, { code: 'RANGE_ROOT' }],
  });
});

test('a rate is kept', async () => {
  const begun = performance.now();
  expect(await scene.run('verify --workers 2 --max-rate 20000')).toMatchObject({ exitCode: 0 });
  expect(performance.now() - begun).toBeGreaterThan(1_000);
});

test.each([
  ['--workers 0', /--workers: found "0", allowed a whole number from 1 to 64/],
  ['--workers two', /--workers: found "two"/],
  ['--max-rate -1', /--max-rate: found "-1", allowed a whole number from 1 to/],
])('verify %s', async (options, expected) => {
  const { exitCode, stderr } = await scene.run(`verify ${options}`);
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(expected);
});

describe('a database of its own for verification', () => {
  test('is read instead of the one that is written to', async () => {
    const { DATABASE_URL = '', ...env } = scene.env();
    const more = {
      AUDIT_VERIFY_DATABASE_URL: DATABASE_URL,
      DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
    };
    expect(await scene.run('verify', { more })).toMatchObject({ exitCode: 0 });
    expect(await scene.run('verify --workers 2', { more })).toMatchObject({ exitCode: 0 });
    expect(await scene.run('status', { more })).toMatchObject({ exitCode: 3 });
    expect(env).not.toHaveProperty('DATABASE_URL');
  });

  test('is named when it is wrong', async () => {
    const { exitCode, stderr } = await scene.run('verify', {
      more: { AUDIT_VERIFY_DATABASE_URL: 'mysql://reader@replica/audit' },
    });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('AUDIT_VERIFY_DATABASE_URL: found a value (not shown)');
  });
});
