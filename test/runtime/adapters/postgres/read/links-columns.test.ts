import { PostgresAuditLog } from '../../../../../runtime/adapters/postgres/read/audit-log';
import type { AuditLogSnapshot } from '../../../../../runtime/application/ports';
import { linksLayout } from '../../../../../runtime/domain/chain/columns';
import { createTestDatabase, type TestDatabase } from '../../../../support/database';

const NAMES = { index: 'n', prevHash: 'p', hash: 'h', keyId: null };
const CHAIN = 'n int4 PRIMARY KEY, p bytea, h bytea';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database?.drop());

async function look<T>(
  use: (snapshot: AuditLogSnapshot) => Promise<T>,
  list: string | null = null,
): Promise<T> {
  const log = new PostgresAuditLog({
    connection: { connectionString: database.url },
    table: { table: 'entries' },
    layout: linksLayout(NAMES, list),
    chainId: 'acme',
  });
  try {
    return await log.snapshot(use);
  } finally {
    await log.close();
  }
}

async function stream(snapshot: AuditLogSnapshot, columns?: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of snapshot.readTuples({}, columns)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

async function table(columns: string, values: string): Promise<void> {
  await database.pool.query(`
    DROP SCHEMA IF EXISTS own CASCADE; DROP TABLE IF EXISTS entries; CREATE SCHEMA own;
    CREATE TYPE own.level AS ENUM ('low', 'high'); CREATE TYPE own.pair AS (a int, b text);
    CREATE DOMAIN own.pairs AS own.pair; CREATE DOMAIN own.small AS int4;
    CREATE TABLE entries (${CHAIN}, ${columns}); INSERT INTO entries VALUES (1, NULL, NULL, ${values})`);
}

/** The value of the fourth field of the only tuple: as text, or as hex where it is none. */
function fourth(bytes: Buffer): Buffer | null {
  let at = 19 + 2;
  for (let field = 0; field < 3; field += 1) at += 4 + Math.max(0, bytes.readInt32BE(at));
  const length = bytes.readInt32BE(at);
  return length < 0 ? null : bytes.subarray(at + 4, at + 4 + length);
}

const int4 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};

test.each<[type: string, value: string, listed: string, sent: Buffer | null]>([
  ['own.level', `'high'`, 'own.level', Buffer.from('high')],
  ['own.small', '7', 'own.small', int4(7)],
  ['own.pair', `ROW(1, 'x y')`, 'own.pair', Buffer.from('(1,"x y")')],
  ['own.pairs', `ROW(1, 'x')`, 'own.pairs', Buffer.from('(1,x)')],
  ['own.pair', 'NULL', 'own.pair', null],
  ['own.pair', 'ROW(NULL, NULL)', 'own.pair', Buffer.from('(,)')],
  ['own.level[]', `'{low,high}'`, 'own.level[]', Buffer.from('{low,high}')],
  ['regclass', `'pg_class'`, 'regclass', Buffer.from('pg_class')],
  ['regclass[]', `'{pg_class}'`, 'regclass[]', Buffer.from('{pg_class}')],
  ['oid', '1259', 'oid', int4(1259)],
  ['char(5)', `'ab'`, 'character', Buffer.from('ab   ')],
])('%s of %s', async (type, value, listed, sent) => {
  await table(`x ${type}`, value);
  await look(async (snapshot) => {
    expect(snapshot.columns).toBe(`n:integer,p:bytea,h:bytea,x:${listed}`);
    expect(fourth(await stream(snapshot))).toEqual(sent);
  });
});

test('arrays and ranges of pg_catalog are read in binary', async () => {
  await table('x int4[]', `'{1,2}'`);
  expect(fourth(await look(stream))?.readInt32BE(0)).toBe(1);
  await table('x int4range', `'[1,3)'`);
  expect(fourth(await look(stream))?.[0]).toBe(2);
});

test.each([
  ['a wider integer that fits', 'bigint', '7', 'integer', int4(7)],
  [
    'a wider integer that does not fit',
    'bigint',
    '4294967296',
    'integer',
    Buffer.from('0000000100000000', 'hex'),
  ],
  ['text for varchar', 'text', `'x'`, 'character varying', Buffer.from('x')],
  ['a domain for its base type', 'own.small', '7', 'integer', int4(7)],
  ['a base type for its domain', 'integer', '7', 'own.small', int4(7)],
])('a listed column that has become %s', async (_, type, value, listed, sent) => {
  await table(`x ${type}`, value);
  const list = `n:integer,p:bytea,h:bytea,x:${listed}`;
  expect(fourth(await look((snapshot) => stream(snapshot, list)))).toEqual(sent);
});

test.each([
  'n:integer,p:bytea,h:bytea,x:bigint',
  'n:integer,p:bytea,h:bytea,x:text',
  'n:integer,p:bytea,h:bytea,x:no such type',
  'n:integer,p:bytea,h:bytea,x":integer',
  'n:integer,p:bytea,x:integer',
])('a list that the table does not have: %s', async (list) => {
  await table('x integer', '7');
  await expect(look((snapshot) => snapshot.tuples(list))).rejects.toMatchObject({ code: 'TABLE_SHAPE' });
});

test('a type without a send function is refused by name, unless a list leaves it out', async () => {
  await table('x aclitem', `'postgres=r/postgres'`);
  await expect(look((snapshot) => snapshot.tuples())).rejects.toMatchObject({
    code: 'TABLE_SHAPE',
    message: expect.stringContaining('"x"') as string,
  });
  const list = 'h:bytea,p:bytea,n:integer';
  expect(await look((snapshot) => Promise.resolve(snapshot.columns), list)).toBe('n:integer,p:bytea,h:bytea');
});

test('settings of the user do not change what is read', async () => {
  await table('x own.pair', `ROW(1, 'x')`);
  await database.pool.query(`ALTER DATABASE ${database.name} SET bytea_output = 'escape'`);
  await database.pool.query(`ALTER DATABASE ${database.name} SET client_encoding = 'LATIN1'`);
  await database.pool.query(
    `ALTER TABLE entries ALTER x TYPE own.level USING 'low'; UPDATE entries SET h = '\\x00ff'`,
  );
  expect(await look((snapshot) => snapshot.hashAt(1))).toMatch(/^[0-9a-f]{64}$/);
  expect(fourth(await look(stream))).toEqual(Buffer.from('low'));
});
