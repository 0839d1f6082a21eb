import type { Client } from 'pg';
import { appendEvents } from '../../../../runtime/adapters/postgres/append/append';
import { BatchAppender } from '../../../../runtime/adapters/postgres/append/batch-appender';
import { LOCK_WAIT_MS } from '../../../../runtime/adapters/postgres/lock-wait';
import { APPEND, createAuditDatabase, event } from '../../../support/audit-table';
import type { TestDatabase } from '../../../support/database';

jest.setTimeout(60_000);

let database: TestDatabase;
beforeAll(async () => {
  database = await createAuditDatabase();
});
afterAll(() => database.drop());

async function settingsOf(client: Client): Promise<unknown[]> {
  const { rows } = await client.query<object>(
    `SELECT name, setting FROM pg_settings WHERE name NOT LIKE 'plpgsql.%' ORDER BY name`,
  );
  return rows;
}

test("an append leaves the caller's transaction as it was, also when it fails", async () => {
  const client = await database.connect();
  await client.query('BEGIN; SAVEPOINT before');
  const before = await settingsOf(client);
  await appendEvents(client, [event('a')], APPEND);
  expect(await settingsOf(client)).toEqual(before);
  await client.query('SAVEPOINT between');
  await client.query(
    `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END'`,
  );
  await client.query(
    'CREATE TRIGGER refuse BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION refuse()',
  );
  await expect(appendEvents(client, [event('b')], APPEND)).rejects.toThrow('no');
  await client.query('ROLLBACK TO SAVEPOINT between');
  expect(await settingsOf(client)).toEqual(before);
  await client.query('ROLLBACK');
  expect(await settingsOf(client)).toEqual(before);
});

test.each([
  ['0', `${LOCK_WAIT_MS / 60_000}min`],
  ['17s', '17s'],
])('with a lock_timeout of %s locks are waited for up to %s', async (own, meanwhile) => {
  const client = await database.connect();
  const appender = new BatchAppender(APPEND);
  await client.query(`BEGIN; SET LOCAL lock_timeout = '${own}'`);
  await appender.open(client);
  const waits = async (): Promise<unknown> =>
    (await client.query<{ lock_timeout: string }>('SHOW lock_timeout')).rows[0]?.lock_timeout;
  expect(await appender.lock(client, waits)).toBe(meanwhile);
  expect(await waits()).toBe(own);
  await client.query('ROLLBACK');
  // A transaction of the program's own, on a pooled client.
  await client.query(`SET lock_timeout = '${own}'`);
  await appender.begin(client);
  expect(await waits()).toBe(meanwhile);
  await client.query('ROLLBACK');
  expect(await waits()).toBe(own);
  appender.dispose();
});

test('a lock that is held too long is an error that says so', async () => {
  const [holder, client] = [await database.connect(), await database.connect()];
  await holder.query('BEGIN; LOCK TABLE audit_events IN EXCLUSIVE MODE');
  await client.query(`BEGIN; SET LOCAL lock_timeout = '50ms'`);
  await expect(appendEvents(client, [event('a')], APPEND)).rejects.toMatchObject({
    code: 'DB_TIMEOUT',
    hint: expect.stringContaining('lock') as string,
  });
});
