import { Worker } from 'node:worker_threads';
import type { StartThread } from '../../../../runtime/adapters/workers/thread-readers';
import { ThreadReaders } from '../../../../runtime/adapters/workers/thread-readers';
import type { FromReader } from '../../../../runtime/adapters/workers/messages';
import type { ConnectionSettings } from '../../../../runtime/adapters/workers/connection-settings';
import type { VerificationReport } from '../../../../runtime/domain/findings/report';
import { startThread } from '../../../support/reader-threads';
import { Scene } from '../../../support/scene';
import { TABLE } from '../../../support/embedded';

jest.setTimeout(60_000);

let scene: Scene;
let readers: ThreadReaders[] = [];
beforeAll(async () => {
  scene = await Scene.start();
});
afterEach(async () => {
  await Promise.all(readers.map((each) => each.close()));
  readers = [];
  await scene.restore();
});
afterAll(() => scene?.stop());

function connection(): ConnectionSettings {
  const url = new URL(scene.embedded.database.url);
  return {
    host: url.hostname,
    port: Number(url.port),
    user: decodeURIComponent(url.username),
    database: url.pathname.slice(1),
    password: () => decodeURIComponent(url.password),
    application_name: 'reader-thread',
    ssl: false,
  };
}

function verifyWith(
  count: number,
  options: {
    start?: StartThread;
    settings?: ConnectionSettings;
    signal?: AbortSignal;
    maxRate?: number;
    silentMs?: number;
  } = {},
): Promise<VerificationReport> {
  const reading = scene.embedded.reading();
  const workers = new ThreadReaders({
    startThread: options.start ?? startThread,
    count,
    connection: options.settings ?? connection(),
    table: TABLE,
    reading,
    env: process.env,
    ...(options.silentMs === undefined ? {} : { silentMs: options.silentMs }),
  });
  readers.push(workers);
  const auditLog = scene.embedded.auditLog();
  const database = { auditLog, reading, workers, eventsPerReader: 1, maxRate: options.maxRate ?? null };
  return scene.embedded.verifier({ database }).verify({ kind: 'full' }, undefined, options.signal);
}

async function openConnections(): Promise<number> {
  const text = `SELECT count(*)::int AS count FROM pg_stat_activity WHERE application_name = 'reader-thread'`;
  for (let attempt = 1; ; attempt++) {
    const { rows } = await scene.embedded.database.pool.query<{ count: number }>(text);
    const count = rows[0]?.count ?? 0;
    if (count === 0 || attempt === 100) return count;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('threads read an untouched chain, and leave no connection', async () => {
  const report = await verifyWith(3);
  expect(report).toMatchObject({
    verdict: 'verified',
    contents: 'verified',
    coverage: {
      events: 32,
      eventsRecomputed: 32,
      rangeRoots: 3,
      anchoredHashes: 3,
      range: { from: 1, to: 32 },
    },
    findings: [],
  });
  await expect(openConnections()).resolves.toBe(0);
});

test.each([
  ['an edited event', "UPDATE audit_events SET actor = 'x' WHERE chain_index = 15"],
  ['every second event edited', "UPDATE audit_events SET actor = 'x' WHERE chain_index % 2 = 0"],
  ['the last event of a range gone', 'DELETE FROM audit_events WHERE chain_index = 20'],
  ['a whole range gone', 'DELETE FROM audit_events WHERE chain_index BETWEEN 11 AND 20'],
  ['the end cut off', 'DELETE FROM audit_events WHERE chain_index > 12'],
  ['everything gone', 'DELETE FROM audit_events'],
  [
    'two events swapped',
    `UPDATE audit_events SET chain_index = 1000 + chain_index WHERE chain_index IN (10, 21);
     UPDATE audit_events SET chain_index = 1031 - chain_index WHERE chain_index > 1000`,
  ],
  [
    'a link edited',
    "UPDATE audit_events SET prev_hash = decode(repeat('ab', 32), 'hex') WHERE chain_index = 21",
  ],
])('the report is that of one reader: %s', async (_name, statement) => {
  await scene.sql(statement);
  const expected = await scene.verify();
  expect(expected.verdict).toBe('tampered');
  expect(await verifyWith(2)).toEqual(expected);
  expect(await verifyWith(4)).toEqual(expected);
});

test('rows without an index are found by several readers too', async () => {
  await scene.alter(
    `ALTER TABLE audit_events DROP CONSTRAINT audit_events_pkey; ALTER TABLE audit_events ALTER chain_index DROP NOT NULL;
     UPDATE audit_events SET chain_index = NULL WHERE chain_index IN (4, 32)`,
  );
  const expected = await scene.verify();
  expect(expected.findings.map(({ code }) => code)).toContain('EVENT_INDEX');
  expect(await verifyWith(3)).toEqual(expected);
});

test('the readers see the snapshot of the first, not what was written since', async () => {
  const start: StartThread = (options) => {
    const thread = startThread(options);
    const post = thread.postMessage.bind(thread);
    let forged: Promise<unknown> | null = null;
    // The first message, with the first part, leaves once the table was changed.
    thread.postMessage = (message: unknown) => {
      forged ??= scene.sql("UPDATE audit_events SET actor = 'mallory' WHERE chain_index > 20");
      void forged.then(() => post(message));
    };
    return thread;
  };
  await expect(verifyWith(2, { start })).resolves.toMatchObject({ verdict: 'verified', findings: [] });
  await expect(verifyWith(2)).resolves.toMatchObject({ verdict: 'tampered' });
});

test('a server that ends idle transactions does not end the one that holds the snapshot', async () => {
  const { name, pool } = scene.embedded.database;
  await pool.query(`ALTER DATABASE ${name} SET idle_in_transaction_session_timeout = '1s'`);
  const start: StartThread = (options) => {
    const thread = startThread(options);
    const post = thread.postMessage.bind(thread);
    // Long after the first reader is done with its own part.
    thread.postMessage = (message: unknown) => void setTimeout(() => post(message), 1_500);
    return thread;
  };
  const report = await verifyWith(2, { start });
  await pool.query(`ALTER DATABASE ${name} RESET idle_in_transaction_session_timeout`);
  expect(report).toMatchObject({ verdict: 'verified', findings: [] });
});

test.each<[string, (thread: Worker) => void]>([
  ['ends', (thread) => void thread.terminate()],
  ['fails', (thread) => void thread.emit('error', new Error('out of memory'))],
])('nothing is verified when a thread %s', async (_name, happens) => {
  const start: StartThread = (options) => {
    const thread = startThread(options);
    thread.once('online', () => happens(thread));
    return thread;
  };
  const report = await verifyWith(2, { start });
  expect(report).toMatchObject({
    verdict: 'not evaluated',
    contents: 'not evaluated',
    findings: [
      { code: 'DATABASE_UNREADABLE', message: expect.stringContaining('a reader of events was lost') },
    ],
  });
});

test('nothing is verified when a thread hangs in itself, and it is ended', async () => {
  let ended = Promise.resolve();
  const start: StartThread = () => {
    const thread = new Worker('for (;;);', { eval: true });
    ended = new Promise((resolve) => void thread.once('exit', () => resolve()));
    return thread;
  };
  const report = await verifyWith(2, { start, silentMs: 200 });
  expect(report).toMatchObject({
    verdict: 'not evaluated',
    findings: [
      { code: 'DATABASE_UNREADABLE', message: expect.stringContaining('no sign of life for 0.2 s') },
    ],
  });
  await ended;
});

test('a thread that only waits says that it is alive', async () => {
  const stop = new AbortController();
  const start: StartThread = (options) => {
    const thread = startThread(options);
    thread.on('message', ({ kind }: FromReader) => kind === 'alive' && stop.abort());
    return thread;
  };
  // So slow that it cannot be done before.
  await expect(verifyWith(2, { start, signal: stop.signal, maxRate: 0.1 })).rejects.toThrow(/abort/i);
});

test('nothing is verified when a reader cannot connect, and the password is in no message', async () => {
  const settings = { ...connection(), port: 1, password: () => 'hunter2-hunter2' };
  const report = await verifyWith(2, { settings });
  expect(report).toMatchObject({ verdict: 'not evaluated', findings: [{ code: 'DATABASE_UNREADABLE' }] });
  expect(JSON.stringify(report)).toContain('cannot reach PostgreSQL');
  expect(JSON.stringify(report)).not.toContain('hunter2');
});

test('nothing is verified when a reader is led to a server that does not know the snapshot', async () => {
  const start: StartThread = ({ workerData, ...options }) =>
    startThread({ ...options, workerData: { ...(workerData as object), exported: '0000FFFF-0000FFFF-1' } });
  const report = await verifyWith(2, { start });
  expect(report).toMatchObject({ verdict: 'not evaluated', findings: [{ code: 'DATABASE_UNREADABLE' }] });
  expect(report.findings[0]?.message).toMatch(/--workers 1/);
});

test('an interruption stops every reader', async () => {
  const stop = new AbortController();
  const start: StartThread = (options) => {
    const thread = startThread(options);
    thread.once('online', () => stop.abort());
    return thread;
  };
  // So slow that it cannot be done before.
  await expect(verifyWith(3, { start, signal: stop.signal, maxRate: 1 })).rejects.toThrow(/abort/i);
  await expect(openConnections()).resolves.toBe(0);
});

test('what a thread has found by the time of an interruption is reported', async () => {
  await scene.sql("UPDATE audit_events SET actor = 'mallory' WHERE chain_index = 32");
  const stop = new AbortController();
  const start: StartThread = (options) => {
    const thread = startThread(options);
    thread.on('message', ({ kind }: FromReader) => kind === 'progress' && stop.abort());
    return thread;
  };
  const report = await verifyWith(2, { start, signal: stop.signal, maxRate: 1 });
  expect(report.verdict).toBe('tampered');
  expect(report.findings).toMatchObject([
    { code: 'EVENT_HASH', place: { from: 32, to: 32 } },
    { code: 'INTERRUPTED' },
  ]);
  await expect(openConnections()).resolves.toBe(0);
});

test('threads are given no secret but the chain keys and the password, and the keys are wiped', async () => {
  const given: { env: unknown; keys: SharedArrayBuffer }[] = [];
  const start: StartThread = (options) => {
    const { keys } = options.workerData as { keys: SharedArrayBuffer };
    given.push({ env: options.env, keys });
    return startThread(options);
  };
  process.env.AUDIT_HMAC_KEYS = 'not for threads';
  await verifyWith(2, { start });
  delete process.env.AUDIT_HMAC_KEYS;
  expect(given).toHaveLength(1);
  const [{ env, keys } = { env: null, keys: new SharedArrayBuffer(0) }] = given;
  expect(JSON.stringify(env)).not.toContain('not for threads');
  expect(new Uint8Array(keys).some((byte) => byte !== 0)).toBe(true);
  await Promise.all(readers.map((each) => each.close()));
  expect(new Uint8Array(keys).some((byte) => byte !== 0)).toBe(false);
});
