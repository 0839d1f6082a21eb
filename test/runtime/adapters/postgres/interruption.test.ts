import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { Client } from 'pg';
import { appendStream } from '../../../../runtime/adapters/postgres/append/stream';
import { PostgresAuditLog } from '../../../../runtime/adapters/postgres/read/audit-log';
import { initialise } from '../../../../runtime/adapters/postgres/init';
import { v1Layout } from '../../../../runtime/domain/chain/columns';
import { APPEND, createAuditDatabase, event } from '../../../support/audit-table';
import { CuttingProxy } from '../../../support/cutting-proxy';
import type { TestDatabase } from '../../../support/database';
import { activity, lockTable } from '../../../support/silent-server';

jest.setTimeout(60_000);

/** Far less than a statement here would take, and more than a busy machine needs. */
const AT_ONCE_MS = 5_000;

let database: TestDatabase;
let client: Client;
let silent: Server;
const logs: PostgresAuditLog[] = [];

function auditLog(table: string, connectionString = database.url): PostgresAuditLog {
  const connection = { connectionString, application_name: 'interrupted', connectionTimeoutMillis: 30_000 };
  const log = new PostgresAuditLog({
    connection,
    table: { table },
    layout: v1Layout(),
    chainId: 'production',
  });
  logs.push(log);
  return log;
}

beforeAll(async () => {
  database = await createAuditDatabase();
  client = await database.connect();
  await client.query(`CREATE VIEW slow AS SELECT chain_index, occurred_at, actor, action, resource, outcome, details,
    salt, key_id, prev_hash, pg_sleep(60)::text::bytea AS event_hash
    FROM (SELECT 1::int8 AS chain_index) one LEFT JOIN audit_events USING (chain_index)`);
  silent = createServer((socket) => void socket.on('error', () => undefined));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await Promise.all(logs.map((log) => log.close()));
  await new Promise((resolve) => silent.close(resolve));
  await database.drop();
});

/** Aborts once the server is at work; what was thrown for it, how long that took, and what the server still does. */
async function interrupt(
  run: (signal: AbortSignal) => Promise<unknown>,
  started: () => Promise<unknown>,
): Promise<{ error: unknown; millis: number; reason: unknown }> {
  const stop = new AbortController();
  const running = run(stop.signal).then(
    () => undefined,
    (error: unknown) => error,
  );
  await started();
  const from = performance.now();
  stop.abort();
  const error = await running;
  return { error, millis: performance.now() - from, reason: stop.signal.reason };
}

const working = () => activity(client, 'interrupted', 'waiting');
const gone = () => activity(client, 'interrupted', 'none');

test('a COPY that sends nothing', async () => {
  const { error, millis, reason } = await interrupt(
    (signal) =>
      auditLog('slow').snapshot(
        async (snapshot) => {
          for await (const chunk of snapshot.readTuples()) expect(chunk.length).toBe(0);
        },
        { signal },
      ),
    working,
  );
  expect(error).toBe(reason);
  expect(millis).toBeLessThan(AT_ONCE_MS);
  await gone();
});

test.each<[string, (log: PostgresAuditLog, signal: AbortSignal) => Promise<unknown>]>([
  ['the head', (log, signal) => log.head(signal)],
  ['a snapshot', (log, signal) => log.snapshot((snapshot) => snapshot.head(), { signal })],
  [
    'a snapshot of an exclusive session',
    (log, signal) =>
      log.exclusive((session) => session.snapshot((snapshot) => snapshot.head()), { waitMs: 0, signal }),
  ],
])('%s of a table that another session has locked', async (_what, ask) => {
  const unlock = await lockTable(database, 'audit_events');
  try {
    const log = auditLog('audit_events');
    const { error, millis, reason } = await interrupt((signal) => ask(log, signal), working);
    expect(error).toBe(reason);
    expect(millis).toBeLessThan(AT_ONCE_MS);
    await gone();
  } finally {
    await unlock();
  }
  // The next use connects anew, and the lock of the chain was not kept.
  const log = logs[logs.length - 1]!;
  await expect(log.exclusive((session) => session.assertHeld(), { waitMs: 0 })).resolves.toBeUndefined();
  await log.close();
});

test('the shape, of a server that does not even answer the login', async () => {
  const { port } = silent.address() as AddressInfo;
  const log = auditLog('audit_events', `postgres://someone@127.0.0.1:${port}/none?sslmode=disable`);
  const accepted = new Promise((resolve) => silent.once('connection', resolve));
  const { error, millis, reason } = await interrupt(
    (signal) => log.head(signal),
    () => accepted,
  );
  expect(error).toBe(reason);
  expect(millis).toBeLessThan(AT_ONCE_MS);
});

test('nothing is begun for a signal that has aborted already', async () => {
  const signal = AbortSignal.abort();
  const log = auditLog('audit_events');
  await expect(log.head()).resolves.toBeNull();
  await expect(log.head(signal)).rejects.toBe(signal.reason);
});

test('what fails for another reason meanwhile is told as what it is', async () => {
  const stop = new AbortController();
  const reading = auditLog('audit_events').snapshot(
    () => {
      stop.abort();
      return Promise.reject(new TypeError('a defect'));
    },
    { signal: stop.signal },
  );
  await expect(reading).rejects.toThrow('a defect');
});

test('what an exclusive session does outside of its snapshots goes on', async () => {
  const stop = new AbortController();
  const held = auditLog('audit_events').exclusive(
    async (session) => {
      stop.abort();
      await session.assertHeld();
      return 'written';
    },
    { waitMs: 0, signal: stop.signal },
  );
  await expect(held).resolves.toBe('written');
});

describe('what writes', () => {
  const working = () => activity(client, 'writing', 'waiting');
  const gone = () => activity(client, 'writing', 'none');
  const connection = (connectionString = database.url) => ({
    connectionString,
    application_name: 'writing',
    connectionTimeoutMillis: 30_000,
  });
  const append = (count: number, signal: AbortSignal, connectionString?: string) =>
    appendStream(
      (async function* () {
        for (let position = 1; position <= count; position += 1) {
          await Promise.resolve();
          yield event(`e${position}`);
        }
      })(),
      { ...APPEND, connection: connection(connectionString), signal },
    );
  const stored = async (): Promise<number> => {
    const { rows } = await client.query<{ events: number }>(
      'SELECT count(*)::int4 AS events FROM audit_events',
    );
    return rows[0]!.events;
  };

  test('a batch that waits for the table is rolled back, and what was committed is told', async () => {
    const before = await stored();
    const stop = new AbortController();
    let unlock = (): Promise<void> => Promise.resolve();
    const running = appendStream(
      (async function* () {
        for (let position = 1; position <= 1_500; position += 1) {
          if (position === 1_001) unlock = await lockTable(database, 'audit_events');
          yield event(`e${position}`);
        }
      })(),
      { ...APPEND, connection: connection(), signal: stop.signal },
    ).catch((error: unknown) => error);
    await working();
    const from = performance.now();
    stop.abort();
    const error = await running;
    expect(performance.now() - from).toBeLessThan(AT_ONCE_MS);
    await gone();
    await unlock();
    expect(error).toMatchObject({
      code: 'INTERRUPTED',
      stored: { appended: 1_000, lastIndex: before + 1_000 },
      unresolved: null,
    });
    expect(await stored()).toBe(before + 1_000);
  });

  test('a deferred trigger runs before the COMMIT, so that its batch is rolled back and nothing stays open', async () => {
    const before = await stored();
    await client.query(`CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_sleep(60); RETURN NULL; END $$;
      CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON audit_events DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION wait()`);
    try {
      const { error, millis } = await interrupt((signal) => append(3, signal), working);
      expect(millis).toBeLessThan(AT_ONCE_MS);
      expect(error).toMatchObject({ code: 'INTERRUPTED', stored: null, unresolved: null });
      await gone();
    } finally {
      await client.query('DROP FUNCTION wait() CASCADE');
    }
    expect(await stored()).toBe(before);
  });

  test.each([
    ['before', 0],
    ['after', 3],
  ] as const)(
    'a COMMIT without an answer, lost %s the server took it, leaves open what became of the batch',
    async (when, committed) => {
      const before = await stored();
      const proxy = await CuttingProxy.start(database.url);
      try {
        const lost = proxy.muteCommit(when);
        const { error, millis } = await interrupt(
          (signal) => append(3, signal, proxy.url),
          () => lost,
        );
        expect(millis).toBeLessThan(AT_ONCE_MS);
        expect(error).toMatchObject({
          code: 'INTERRUPTED',
          stored: null,
          unresolved: { firstIndex: before + 1, lastIndex: before + 3 },
        });
        await gone();
        // What was told is enough to find out.
        const { lastIndex, lastHash } = (error as { unresolved: { lastIndex: number; lastHash: string } })
          .unresolved;
        const { rows } = await client.query(
          `SELECT 1 FROM audit_events WHERE chain_index = $1 AND event_hash = decode($2, 'hex')`,
          [lastIndex, lastHash],
        );
        expect(rows).toHaveLength(committed === 0 ? 0 : 1);
      } finally {
        await proxy.stop();
      }
      expect(await stored()).toBe(before + committed);
    },
  );

  test('init leaves nothing of what it had made already', async () => {
    await client.query(`CREATE FUNCTION wait() RETURNS event_trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_sleep(60); END $$;
      CREATE EVENT TRIGGER wait ON ddl_command_end WHEN TAG IN ('CREATE TRIGGER') EXECUTE FUNCTION wait()`);
    try {
      const { error, millis, reason } = await interrupt(
        (signal) => initialise(connection(), v1Layout(), { table: 'others' }, signal),
        working,
      );
      expect(error).toBe(reason);
      expect(millis).toBeLessThan(AT_ONCE_MS);
      await gone();
    } finally {
      await client.query('DROP FUNCTION wait() CASCADE');
    }
    const { rows } = await client.query(`SELECT to_regclass('others') AS made`);
    expect(rows).toEqual([{ made: null }]);
  });

  test('a server that does not even answer the login', async () => {
    const { port } = silent.address() as AddressInfo;
    const url = `postgres://someone@127.0.0.1:${port}/none?sslmode=disable`;
    const accepted = () => new Promise((resolve) => silent.once('connection', resolve));
    const appended = await interrupt((signal) => append(1, signal, url), accepted);
    expect(appended.error).toMatchObject({ code: 'INTERRUPTED', stored: null, unresolved: null });
    expect(appended.millis).toBeLessThan(AT_ONCE_MS);
    const initialised = await interrupt(
      (signal) => initialise(connection(url), v1Layout(), { table: 'audit_events' }, signal),
      accepted,
    );
    expect(initialised.error).toBe(initialised.reason);
    expect(initialised.millis).toBeLessThan(AT_ONCE_MS);
  });
});
