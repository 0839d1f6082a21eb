import { initialise } from '../../../runtime/adapters/postgres/init';
import type { AnchorOutcome, WrittenAnchor } from '../../../runtime/application/anchoring';
import { anchorOutcome } from '../../../runtime/commands/anchor';
import { parseAnchor } from '../../../runtime/domain/anchor/anchor';
import type { VerificationReport } from '../../../runtime/domain/findings/report';
import { LAYOUT, plainContents } from '../../support/chain';
import { createTestDatabase } from '../../support/database';
import { Embedded, TABLE } from '../../support/embedded';
import { RecordingProxy } from '../../support/recording-proxy';

let servers: Embedded;
let proxy: RecordingProxy;
beforeAll(async () => {
  servers = await Embedded.start();
  proxy = await RecordingProxy.start(servers.s3.endpoint);
});
afterAll(async () => {
  await proxy?.stop();
  await servers?.stop();
});
beforeEach(async () => {
  proxy.reset();
  await servers.reset();
});

/** One PUT on its way, held until it is let go; only the first one is. */
function holdPut(): { readonly arrived: Promise<void>; readonly letGo: () => void } {
  let arrive = (): void => undefined;
  let letGo = (): void => undefined;
  const arrived = new Promise<void>((resolve) => (arrive = resolve));
  const released = new Promise<void>((resolve) => (letGo = resolve));
  proxy.hold = ({ method }) => {
    if (method !== 'PUT') return undefined;
    proxy.hold = () => undefined;
    arrive();
    return released;
  };
  return { arrived, letGo };
}

function slow(url?: string) {
  return servers.anchorer({
    store: servers.store({ endpoint: proxy.endpoint }),
    auditLog: servers.auditLog(url),
  });
}

/** Ends the sessions of every anchorer, and with them the lock. */
async function loseTheLock(): Promise<void> {
  const { rowCount } = await servers.database.pool.query(
    `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  );
  expect(rowCount).toBe(1);
}

async function numbers(): Promise<number[]> {
  const versions = await servers.versions();
  const bodies = await Promise.all(versions.map(({ key, versionId }) => servers.bodyOf(key, versionId)));
  return bodies.map((body) => parseAnchor(body).anchor_seq);
}

/** Until the bucket holds so many versions; the test's own time limit ends it. */
async function stored(count: number): Promise<void> {
  while ((await servers.versions()).length < count) await new Promise((resolve) => setImmediate(resolve));
}

function written(outcome: AnchorOutcome): WrittenAnchor {
  if (outcome.kind !== 'written') throw new Error(`not written: ${outcome.kind}`);
  return outcome;
}

async function codes(report: Promise<VerificationReport>): Promise<unknown[]> {
  const { verdict, findings } = await report;
  return [verdict, ...findings.map(({ code }) => code)];
}

const full = () => codes(servers.verifier().verify({ kind: 'full' }));
const audit = () => codes(servers.verifier({ database: null }).verify({ kind: 'anchors-only' }));

test('the lock is lost while the PUT is under way: it is waited for, and the chain goes on from it', async () => {
  await servers.append(5);
  const put = holdPut();
  const anchorer = slow();
  const attempt = anchorer.anchor();
  await put.arrived;
  await loseTheLock();
  put.letGo();
  expect(written(await attempt)).toMatchObject({ anchor: { anchor_seq: 1 }, alreadyStored: false });
  await servers.append(5);
  servers.clock.advanceMinutes(60);
  expect(await anchorer.anchor()).toMatchObject({ kind: 'written', anchor: { anchor_seq: 2 } });
  expect(await numbers()).toEqual([1, 2]);
  expect(await full()).toEqual(['verified']);
});

test('a PUT that was given up is settled before anything else is written: the same bytes, one anchor', async () => {
  await servers.append(5);
  const put = holdPut();
  const anchorer = slow();
  const stop = new AbortController();
  const attempt = anchorer.anchor({ signal: stop.signal });
  await put.arrived;
  stop.abort();
  await expect(attempt).rejects.toMatchObject({ code: 'PUT_UNRESOLVED' });
  await servers.append(3);
  servers.clock.advance(5_000);
  expect(written(await anchorer.anchor({ force: 'manual' }))).toMatchObject({ anchor: { anchor_seq: 2 } });
  const before = await servers.versions();
  servers.s3.requests.clear();
  put.letGo();
  while (servers.s3.requests.count('PutObject') === 0) await new Promise((resolve) => setImmediate(resolve));
  expect(await servers.versions()).toEqual(before);
  expect(await numbers()).toEqual([1, 2]);
  expect(await full()).toEqual(['verified']);
});

describe('another anchorer wrote meanwhile', () => {
  /** A late anchor of one process and one of another, both with number 1; the late one is under way. */
  async function overtaken() {
    await servers.append(5);
    const put = holdPut();
    const late = slow();
    const attempt = late.anchor();
    await put.arrived;
    await loseTheLock();
    await servers.append(3);
    servers.clock.advance(5_000);
    const other = servers.anchorer();
    const first = written(await other.anchor());
    servers.clock.advance(1_000);
    return { put, late, attempt, other, first };
  }

  test('both hold: a twin, which the late writer reports; both go on from the one that counts', async () => {
    const { put, late, attempt, other, first } = await overtaken();
    put.letGo();
    const outcome = written(await attempt);
    expect(outcome.findings).toMatchObject([
      {
        code: 'ANCHOR_TWIN',
        severity: 'warning',
        place: { key: outcome.key },
        expected: expect.stringContaining(first.key),
      },
    ]);
    expect(anchorOutcome(outcome, 'b').exitCode).toBe(0);
    expect(await numbers()).toEqual([1, 1]);
    expect(await full()).toEqual(['verified', 'ANCHOR_TWIN']);
    expect(await audit()).toEqual(['not evaluated', 'ANCHOR_TWIN_UNPROVEN']);

    await servers.append(3);
    servers.clock.advanceMinutes(60);
    const next = written(await late.anchor());
    expect(next.anchor).toMatchObject({ anchor_seq: 2, first_seq: first.anchor.last_seq + 1 });
    servers.clock.advanceMinutes(60);
    expect(written(await other.anchor())).toMatchObject({ anchor: { anchor_seq: 3 } });
    expect(await full()).toEqual(['verified', 'ANCHOR_TWIN']);
    expect(await audit()).toEqual(['verified', 'ANCHOR_TWIN']);
  });

  test('the late writer was killed: a new process follows the one that counts', async () => {
    const { put, attempt, first } = await overtaken();
    put.letGo();
    await attempt;
    await servers.append(3);
    const next = written(await servers.anchorer().anchor({ force: 'manual' }));
    expect(next.anchor).toMatchObject({ anchor_seq: 2, first_seq: first.anchor.last_seq + 1 });
    expect(next.findings).toMatchObject([{ code: 'ANCHOR_TWIN' }]);
    expect(await full()).toEqual(['verified', 'ANCHOR_TWIN']);
  });

  test('the other has gone on by then: what it followed counts, although the late key comes first', async () => {
    const { put, attempt, other, first } = await overtaken();
    servers.clock.advance(1_000);
    await servers.append(2);
    const second = written(await other.anchor({ force: 'manual' }));
    put.letGo();
    expect(written(await attempt).findings).toMatchObject([{ code: 'ANCHOR_TWIN' }]);
    expect(second.anchor.first_seq).toBe(first.anchor.last_seq + 1);
    expect(await full()).toEqual(['verified', 'ANCHOR_TWIN']);
    expect(await audit()).toEqual(['verified', 'ANCHOR_TWIN']);
  });
});

test('an abandoned PUT lands behind the anchor of the next process: a twin, not a fork', async () => {
  await servers.append(5);
  const put = holdPut();
  const stop = new AbortController();
  const attempt = slow().anchor({ signal: stop.signal });
  await put.arrived;
  stop.abort();
  await expect(attempt).rejects.toMatchObject({ code: 'PUT_UNRESOLVED' });
  servers.clock.advance(2_000);
  const anchorer = servers.anchorer();
  expect(written(await anchorer.anchor()).findings).toBeUndefined();
  put.letGo();
  await stored(2);
  expect(await full()).toEqual(['verified', 'ANCHOR_TWIN']);
  await servers.append(2);
  servers.clock.advance(2_000);
  expect(written(await anchorer.anchor({ force: 'manual' })).findings).toMatchObject([
    { code: 'ANCHOR_TWIN' },
  ]);
  expect(await numbers()).toEqual([1, 1, 2]);
  expect(await full()).toEqual(['verified', 'ANCHOR_TWIN']);
});

test('two databases that went apart: the writer that sees it reports a fork at once, and follows what holds', async () => {
  const copy = await createTestDatabase();
  try {
    await initialise({ connectionString: copy.url }, LAYOUT, TABLE);
    const events = (actor: string): object[] =>
      ['both', 'both', actor].map((who, at) => ({
        occurred_at: '2030-01-15T13:00:00Z',
        ...plainContents(at + 1),
        actor: who,
      }));
    await servers.append(events('here') as never);
    await servers.append(events('there') as never, 'k1', copy.url);
    const put = holdPut();
    const late = slow();
    const attempt = late.anchor();
    await put.arrived;
    servers.clock.advance(1_000);
    await servers.anchorer({ auditLog: servers.auditLog(copy.url) }).anchor();
    put.letGo();
    const outcome = written(await attempt);
    expect(outcome.findings).toMatchObject([{ code: 'ANCHOR_FORK', severity: 'tampering' }]);
    expect(anchorOutcome(outcome, 'b').exitCode).toBe(1);
    expect(await full()).toEqual(expect.arrayContaining(['tampered', 'ANCHOR_FORK']));
    expect(await audit()).toEqual(expect.arrayContaining(['tampered', 'ANCHOR_FORK']));
    servers.clock.advanceMinutes(60);
    expect(written(await late.anchor()).anchor).toMatchObject({ anchor_seq: 2, first_seq: 4 });
  } finally {
    await servers.reset();
    await copy.drop();
  }
});
