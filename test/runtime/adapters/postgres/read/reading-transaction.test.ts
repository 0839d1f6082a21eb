import type { Client } from 'pg';
import { PostgresAuditLog } from '../../../../../runtime/adapters/postgres/read/audit-log';
import { appendEvents } from '../../../../../runtime/adapters/postgres/append/append';
import { Connection } from '../../../../../runtime/adapters/postgres/connection';
import { withSnapshot } from '../../../../../runtime/adapters/postgres/read/snapshot';
import type { TableName } from '../../../../../runtime/adapters/postgres/table';
import { v1Layout } from '../../../../../runtime/domain/chain/columns';
import { APPEND, createAuditDatabase, event } from '../../../../support/audit-table';
import type { TestDatabase } from '../../../../support/database';

jest.setTimeout(60_000);

let database: TestDatabase;
let client: Client;
let connection: Connection;

beforeAll(async () => {
  database = await createAuditDatabase();
  client = await database.connect();
  await client.query('BEGIN');
  await appendEvents(client, [event('a'), event('b'), event('c')], APPEND);
  await client.query('COMMIT');
  await client.query('CREATE TABLE rewritten AS TABLE audit_events');
  await client.query('CREATE VIEW seen AS TABLE audit_events');
  await client.query('CREATE MATERIALIZED VIEW kept AS TABLE audit_events');
  await client.query('CREATE TABLE parted (LIKE audit_events) PARTITION BY RANGE (chain_index)');
  connection = await Connection.open({ connectionString: database.url });
});
afterAll(async () => {
  await connection.close();
  await database.drop();
});

const named = (table: string, schema: string | null = null): { name: TableName; layout: typeof LAYOUT } => ({
  name: { table, schema },
  layout: LAYOUT,
});
const LAYOUT = v1Layout();

/** Resolves when a session waits for a lock on the table. */
async function waiting(): Promise<void> {
  for (;;) {
    const { rowCount } = await client.query(
      `SELECT FROM pg_locks WHERE NOT granted AND relation = 'rewritten'::regclass AND mode = 'AccessShareLock'`,
    );
    if (rowCount) return;
  }
}

/** What a session would leave behind for whoever gets its pooled connection next. */
async function leftBehind(): Promise<unknown> {
  const [settings] = await connection.query(
    `SELECT current_setting('search_path') AS path, current_setting('row_security') AS row_security,
            current_setting('lock_timeout') AS lock_timeout,
            current_setting('idle_in_transaction_session_timeout') AS idle_timeout,
            (SELECT count(*)::int FROM pg_prepared_statements) AS statements`,
  );
  return settings;
}

it.each([
  ['found through the search path', null],
  ['in a named schema', 'public'],
])('a table %s that is rewritten meanwhile is not seen as empty', async (_, schema) => {
  const log = new PostgresAuditLog({
    connection: { connectionString: database.url },
    table: { table: 'rewritten', schema },
    layout: LAYOUT,
    chainId: 'production',
  });
  await client.query('BEGIN');
  // Another length is a rewrite where one column has another type for a moment.
  await client.query('ALTER TABLE rewritten ALTER actor TYPE bytea USING actor::bytea');
  await client.query(`ALTER TABLE rewritten ALTER actor TYPE text USING convert_from(actor, 'UTF8')`);
  const reading = log.snapshot(async (snapshot) => [
    await snapshot.firstIndex(),
    (await snapshot.head())?.index,
  ]);
  const head = log.head();
  await waiting();
  await client.query('COMMIT');
  await expect(reading).resolves.toEqual([1, 3]);
  await expect(head).resolves.toMatchObject({ index: 3 });
  await log.close();
});

it('the lock is held before the snapshot, also by one that takes a shared snapshot', async () => {
  const other = await Connection.open({ connectionString: database.url });
  const locks = async (): Promise<unknown> => {
    const { rows } = await client.query(
      `SELECT count(DISTINCT pid)::int AS readers FROM pg_locks WHERE granted AND mode = 'AccessShareLock'
         AND relation = 'audit_events'::regclass AND pid <> pg_backend_pid()`,
    );
    return rows;
  };
  await withSnapshot(connection, named('audit_events'), async (first) => {
    expect(await locks()).toEqual([{ readers: 1 }]);
    const shared = await first.export();
    const read = named('audit_events');
    const both = (): Promise<unknown> => withSnapshot(other, read, locks, shared);
    await expect(both()).resolves.toEqual([{ readers: 2 }]);
  });
  await expect(locks()).resolves.toEqual([{ readers: 0 }]);
  await other.close();
});

it.each([
  ['audit_events', 'table'],
  ['parted', 'partitioned table'],
  ['seen', 'view'],
  ['kept', 'materialized view'],
])('%s is named as what it is, a %s', async (table, kind) => {
  const { rows } = await client.query<{ oid: number }>('SELECT $1::regclass::oid AS oid', [table]);
  const relation = withSnapshot(connection, named(table), ({ relation }) => Promise.resolve(relation));
  const expected = { schema: 'public', name: table, kind, oid: rows[0]!.oid, nonTableChild: null };
  await expect(relation).resolves.toEqual(expected);
});

describe('a pooled connection', () => {
  it('is left as it was', async () => {
    const before = await leftBehind();
    await withSnapshot(connection, named('audit_events'), async (snapshot) => {
      await snapshot.export();
      await snapshot.identity();
      await snapshot.head();
      await snapshot.hashAt(1);
      await snapshot.timeAt(1);
      await snapshot.estimateCount();
      expect(await leftBehind()).toMatchObject({ path: 'pg_catalog, pg_temp', row_security: 'off' });
    });
    await expect(leftBehind()).resolves.toEqual(before);
  });

  it('is left as it was after errors', async () => {
    const before = await leftBehind();
    const missing = withSnapshot(connection, named('nothing'), () => Promise.resolve());
    await expect(missing).rejects.toMatchObject({ code: 'TABLE_NOT_FOUND' });
    const schemaless = withSnapshot(connection, named('audit_events', 'nowhere'), () => Promise.resolve());
    await expect(schemaless).rejects.toMatchObject({ code: 'TABLE_NOT_FOUND' });
    const failing = withSnapshot(connection, named('audit_events'), () =>
      Promise.reject(new Error('within')),
    );
    await expect(failing).rejects.toThrow('within');
    await expect(leftBehind()).resolves.toEqual(before);
    expect(connection.client.getTransactionStatus()).toBe('I');
  });
});
