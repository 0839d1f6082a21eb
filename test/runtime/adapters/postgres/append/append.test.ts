import type { Client, PoolClient } from 'pg';
import { appendEvents, EventAppender } from '../../../../../runtime/adapters/postgres/append/append';
import { initialise } from '../../../../../runtime/adapters/postgres/init';
import { linksLayout, parseColumnList, v1Layout } from '../../../../../runtime/domain/chain/columns';
import { APPEND, createAuditDatabase, event, storeVector, vectorKeys } from '../../../../support/audit-table';
import { vectors } from '../../../../support/vectors';
import type { TestDatabase } from '../../../../support/database';

jest.setTimeout(60_000);

let database: TestDatabase;
let client: Client;

beforeAll(async () => {
  database = await createAuditDatabase();
});
afterAll(() => database.drop());

beforeEach(async () => {
  client = await database.connect();
  await client.query('DROP TABLE audit_events');
  await initialise({ connectionString: database.url }, APPEND.layout, APPEND.table);
});
afterEach(() => client.end());

async function inTransaction<T>(on: Client | PoolClient, use: () => Promise<T>): Promise<T> {
  await on.query('BEGIN');
  try {
    const result = await use();
    await on.query('COMMIT');
    return result;
  } catch (error) {
    await on.query('ROLLBACK');
    throw error;
  }
}

const append = (...actions: string[]): Promise<unknown> =>
  inTransaction(client, () =>
    appendEvents(
      client,
      actions.map((action) => event(action)),
      APPEND,
    ),
  );

/** Chain faults that SQL can see: gaps, wrong starts and broken links. */
async function faults(): Promise<number> {
  const { rows } = await client.query<{ faults: number }>(`
    SELECT count(*)::int4 AS faults FROM (
      SELECT chain_index, prev_hash, row_number() OVER o AS expected,
             lag(event_hash, 1, decode(repeat('00', 32), 'hex')) OVER o AS previous
      FROM audit_events WINDOW o AS (ORDER BY chain_index)) AS events
    WHERE chain_index <> expected OR prev_hash <> previous`);
  return rows[0]!.faults;
}

describe('appendEvents', () => {
  it('makes the published hashes, across a key rotation', async () => {
    const appended = vectors.events.filter(({ salt }) => salt !== null);
    expect(appended.length).toBeGreaterThan(5);
    for (const vector of vectors.events) {
      if (!appended.includes(vector)) {
        await storeVector(client, vector);
        continue;
      }
      const { chain_index, prev_hash, event_hash, key_id } = vector;
      const { occurred_at, actor, action, resource, outcome, details, salt } = vector;
      const values = { occurred_at, actor, action, resource, outcome, details, salt };
      const keys = vectorKeys(key_id);
      const result = await inTransaction(client, () => appendEvents(client, [values], { ...APPEND, keys }));
      expect(result).toEqual({
        schema: 'public',
        table: 'audit_events',
        firstIndex: chain_index,
        lastIndex: chain_index,
        lastHash: event_hash,
        keyId: key_id,
      });
      const { rows } = await client.query<{ previous: string; hash: string }>(
        `SELECT encode(prev_hash, 'hex') AS previous, encode(event_hash, 'hex') AS hash
         FROM audit_events WHERE chain_index = $1`,
        [chain_index],
      );
      expect(rows).toEqual([{ previous: prev_hash, hash: event_hash }]);
    }
  });

  it('chains the events of a batch and continues after it', async () => {
    const first = await inTransaction(client, () =>
      appendEvents(client, [event('a'), event('b'), event('c')], APPEND),
    );
    expect(first).toMatchObject({ firstIndex: 1, lastIndex: 3, keyId: 'k1' });
    await expect(append('d')).resolves.toMatchObject({ firstIndex: 4, lastIndex: 4 });
    expect(await faults()).toBe(0);
  });

  it('may be called twice in one transaction', async () => {
    await inTransaction(client, async () => {
      await appendEvents(client, [event('a')], APPEND);
      await appendEvents(client, [event('b')], APPEND);
    });
    expect(await faults()).toBe(0);
  });

  it('stores 1 MB of details, and every text that PostgreSQL can store, as given', async () => {
    const details = `{ "n" : 1.0, "big": 12345678901234567890, "text": "${'é𝄞'.repeat(180_000)}" }`;
    expect(Buffer.byteLength(details)).toBeGreaterThan(1_000_000);
    const actor = '\u0001 \u2028 \uFEFF \u{10FFFF} \\N \r\n\t"\'';
    await inTransaction(client, () => appendEvents(client, [event('large', { details, actor })], APPEND));
    const { rows } = await client.query<{ details: string; actor: string }>(
      'SELECT details::text AS details, actor FROM audit_events',
    );
    expect(rows).toEqual([{ details, actor }]);
  });

  it('cuts times to microseconds before it hashes them', async () => {
    await inTransaction(client, () =>
      appendEvents(client, [event('a', { occurred_at: '2025-01-15T15:00:00.999999999+01:00' })], APPEND),
    );
    const { rows } = await client.query<{ at: string }>(
      `SELECT to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') AS at FROM audit_events`,
    );
    expect(rows).toEqual([{ at: '2025-01-15 14:00:00.999999' }]);
  });

  it('stores all types of a custom column list in columns with awkward names', async () => {
    const layout = v1Layout(
      parseColumnList('Index:int4,a:int2,b:int8,c:bool,d:uuid,e:bytea,f:varchar,key:text,Prev;drop:bytea'),
      { index: 'Index', keyId: 'key', prevHash: 'Prev;drop', hash: "ha'sh" },
    );
    const table = { table: 'Own "table"', schema: 'Own $schema' };
    await initialise({ connectionString: database.url }, layout, table);
    const values = {
      a: -7,
      b: 2n ** 62n,
      c: true,
      d: '0B8F8B3E-6c0f-4d1e-9a55-2f6b1c9d7e10',
      e: '\\xC0ffee',
      f: 'x',
    };
    const result = await inTransaction(client, () =>
      appendEvents(client, [values, { ...values, e: Buffer.from([0]), f: null }], {
        ...APPEND,
        layout,
        table,
      }),
    );
    expect(result.lastIndex).toBe(2);
    const { rows } = await client.query(
      `SELECT a, b::text, c, d::text, encode(e, 'hex') AS e, f FROM "Own $schema"."Own ""table""" ORDER BY "Index"`,
    );
    const stored = { a: -7, b: '4611686018427387904', c: true, d: '0b8f8b3e-6c0f-4d1e-9a55-2f6b1c9d7e10' };
    expect(rows).toEqual([
      { ...stored, e: 'c0ffee', f: 'x' },
      { ...stored, e: '00', f: null },
    ]);
  });
});

describe('bad events', () => {
  const cases: readonly (readonly [string, Record<string, unknown>, string])[] = [
    ['NUL in text', { actor: 'a\0b' }, 'column "actor" (text): found NUL at character 1'],
    ['a lone surrogate', { actor: 'a\uD800' }, 'column "actor" (text): found a lone surrogate'],
    ['a lone surrogate in JSON', { details: '"\uDC00"' }, 'column "details" (json): found a lone surrogate'],
    [
      'a time at infinity',
      { occurred_at: 'infinity' },
      'column "occurred_at" (timestamptz): found "infinity"',
    ],
    ['a time without offset', { occurred_at: '2025-01-15T14:00:00' }, 'ISO 8601 with an offset'],
    ['a day that does not exist', { occurred_at: '2025-02-30T14:00:00Z' }, 'of a day and time that exist'],
    ['JSON as an object', { details: { a: 1 } }, 'column "details" (json): found a value of type object'],
    ['broken JSON', { details: '{' }, 'column "details" (json): found "{", allowed valid JSON text'],
    ['a missing column', { actor: undefined }, 'column "actor" (text): found nothing, allowed a value'],
    ['null in a NOT NULL column', { actor: null }, 'column "actor" (text): found null, allowed a value'],
    ['a number for text', { actor: 7 }, 'column "actor" (text): found 7, allowed text'],
    ['an unknown column', { acter: 'x' }, 'found unknown column "acter", allowed occurred_at, actor, action'],
    ['a column of the chain', { chain_index: 7 }, 'found unknown column "chain_index"'],
  ];

  it.each(cases)('refuses %s and inserts nothing of the batch', async (_, values, message) => {
    await inTransaction(client, async () => {
      await expect(appendEvents(client, [event('good'), event('bad', values)], APPEND)).rejects.toMatchObject(
        {
          code: 'EVENT_INVALID',
          message: expect.stringContaining(message) as string,
        },
      );
      // Nothing was sent, so the caller's transaction goes on.
      await appendEvents(client, [event('other')], APPEND);
    });
    const { rows } = await client.query('SELECT action FROM audit_events');
    expect(rows).toEqual([{ action: 'other' }]);
  });

  it('numbers the event and does not print a large value', async () => {
    await client.query('BEGIN');
    const details = `{"a": ${'x'.repeat(1_000_000)}`;
    const failure: unknown = await appendEvents(client, [event('a'), event('b', { details })], APPEND).catch(
      (error: unknown) => error,
    );
    expect((failure as Error).message).toMatch(
      /^event 2: column "details" \(json\): found "\{\\"a\\": x+"\.\.\. \(1000006 characters\)/,
    );
    expect((failure as Error).message.length).toBeLessThan(300);
  });

  it.each([
    ['int2', { a: 40_000 }],
    ['int8', { b: 2n ** 63n }],
    ['int2', { a: 1.5 }],
    ['uuid', { d: 'not-a-uuid' }],
    ['bytea', { e: 'abc' }],
    ['bool', { c: 'yes' }],
  ])('refuses values that %s does not have', async (type, values) => {
    const layout = v1Layout(
      parseColumnList('chain_index:int8,a:int2,b:int8,c:bool,d:uuid,e:bytea,key_id:text,prev_hash:bytea'),
    );
    const table = { table: 'typed' };
    await initialise({ connectionString: database.url }, layout, table);
    await client.query('BEGIN');
    await expect(appendEvents(client, [values], { ...APPEND, layout, table })).rejects.toMatchObject({
      code: 'EVENT_INVALID',
      message: expect.stringContaining(`(${type}): found`) as string,
    });
  });

  it('refuses an empty batch', async () => {
    await client.query('BEGIN');
    await expect(appendEvents(client, [], APPEND)).rejects.toMatchObject({ code: 'EVENT_INVALID' });
  });
});

describe('transactions', () => {
  it('are required', async () => {
    await expect(appendEvents(client, [event('a')], APPEND)).rejects.toMatchObject({
      code: 'TRANSACTION_REQUIRED',
      message: 'appendEvents needs an open transaction; found no transaction',
    });
    await client.query('BEGIN');
    await expect(client.query('SELECT 1/0')).rejects.toThrow();
    await expect(appendEvents(client, [event('a')], APPEND)).rejects.toMatchObject({
      code: 'TRANSACTION_REQUIRED',
      message: 'appendEvents needs an open transaction; found a transaction that has failed',
    });
  });

  it('are also looked for in a pg that cannot tell their status', async () => {
    const old = Object.assign(client, { getTransactionStatus: undefined }) as Client;
    await expect(appendEvents(old, [event('a')], APPEND)).rejects.toMatchObject({
      code: 'TRANSACTION_REQUIRED',
    });
    await inTransaction(client, () => appendEvents(old, [event('a')], APPEND));
    expect((await client.query('SELECT 1 FROM audit_events')).rowCount).toBe(1);
  });

  it('leave no gap when they roll back', async () => {
    await append('a');
    await client.query('BEGIN');
    await appendEvents(client, [event('lost'), event('lost')], APPEND);
    await client.query('ROLLBACK');
    await append('b');
    expect((await client.query('SELECT action FROM audit_events ORDER BY 1')).rows).toEqual([
      { action: 'a' },
      { action: 'b' },
    ]);
    expect(await faults()).toBe(0);
  });

  it.each(['REPEATABLE READ', 'SERIALIZABLE'])('with an old %s snapshot are told to be so', async (level) => {
    const other = await database.connect();
    await append('a');
    await client.query(`BEGIN ISOLATION LEVEL ${level}`);
    await client.query('SELECT count(*) FROM audit_events');
    await inTransaction(other, () => appendEvents(other, [event('newer')], APPEND));
    await expect(appendEvents(client, [event('b')], APPEND)).rejects.toMatchObject({
      code: 'TRANSACTION_REQUIRED',
      message: expect.stringContaining('does not see the newest event') as string,
    });
    await client.query('ROLLBACK');
    await append('c');
    expect(await faults()).toBe(0);
    await other.end();
  });
});

describe('concurrent writers', () => {
  it('neither fork the chain nor leave gaps, also when some roll back and some are killed', async () => {
    const attempts = 12;
    let committed = 0;
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let attempt = 0; attempt < attempts; attempt += 1) {
        const own = await database.connect();
        const events = [event(`w${writer}`), event(`a${attempt}`)];
        await own.query('BEGIN');
        await appendEvents(own, events, APPEND);
        const fate = (writer + attempt) % 4;
        if (fate === 0) {
          await own.query('ROLLBACK');
        } else if (fate === 1) {
          const { rows } = await own.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
          await database.pool.query('SELECT pg_terminate_backend($1)', [rows[0]!.pid]);
          await expect(own.query('COMMIT')).rejects.toThrow();
        } else {
          await own.query('COMMIT');
          committed += events.length;
        }
        await own.end().catch(() => undefined);
      }
    });
    await Promise.all(writers);
    expect(committed).toBe((8 * attempts * 2) / 2);
    const { rows } = await client.query<{ events: number; last: number }>(
      'SELECT count(*)::int4 AS events, max(chain_index)::int4 AS last FROM audit_events',
    );
    expect(rows).toEqual([{ events: committed, last: committed }]);
    expect(await faults()).toBe(0);
  });
});

describe('errors', () => {
  it('name a key id that the ring lacks', async () => {
    await client.query('BEGIN');
    await expect(
      appendEvents(client, [event('a')], { ...APPEND, keys: vectorKeys('k9') }),
    ).rejects.toMatchObject({ code: 'KEY_UNKNOWN', message: expect.stringContaining('"k9"') as string });
  });

  it('refuse a foreign chain', () => {
    expect(() => new EventAppender({ ...APPEND, layout: linksLayout() })).toThrow(
      expect.objectContaining({ code: 'USAGE' }) as Error,
    );
  });

  it('refuse a head that cannot be continued', async () => {
    await client.query(`ALTER TABLE audit_events DROP CONSTRAINT audit_events_event_hash_check`);
    await client.query(
      `INSERT INTO audit_events VALUES (1, now(), 'a', 'b', NULL, 'c', NULL, NULL, 'k1', decode(repeat('00', 32), 'hex'), '\\x01')`,
    );
    await client.query('BEGIN');
    await expect(appendEvents(client, [event('a')], APPEND)).rejects.toMatchObject({
      code: 'TABLE_SHAPE',
      message: expect.stringContaining('has a hash of 1 bytes') as string,
    });
  });

  it('tell a missing privilege, and leave the client usable after the rollback', async () => {
    await client.query('SET ROLE audit_reader');
    await client.query('BEGIN');
    await expect(appendEvents(client, [event('a')], APPEND)).rejects.toMatchObject({
      code: 'DB_PERMISSION_DENIED',
      message: expect.stringContaining('SQLSTATE 42501') as string,
    });
    await client.query('ROLLBACK; RESET ROLE');
    await append('a');
  });

  it('refuse columns that would alter what was hashed', async () => {
    await client.query('CREATE TABLE cut (LIKE audit_events)');
    await client.query('ALTER TABLE cut ALTER actor TYPE varchar(10), ALTER occurred_at TYPE timestamptz(3)');
    await client.query('BEGIN');
    await expect(
      appendEvents(client, [event('a')], { ...APPEND, table: { table: 'cut' } }),
    ).rejects.toMatchObject({
      code: 'TABLE_SHAPE',
      faults: [
        { setting: 'column "occurred_at"', found: 'timestamp(3) with time zone' },
        { setting: 'column "actor"', found: 'character varying(10)' },
      ],
    });
  });

  it('tell when a trigger of the table drops events', async () => {
    await client.query(`
      CREATE TABLE dropping (LIKE audit_events INCLUDING ALL);
      CREATE FUNCTION skip() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
      CREATE TRIGGER skip BEFORE INSERT ON dropping FOR EACH ROW EXECUTE FUNCTION skip();`);
    await client.query('BEGIN');
    await expect(
      appendEvents(client, [event('a')], { ...APPEND, table: { table: 'dropping' } }),
    ).rejects.toMatchObject({ code: 'EVENT_ALTERED' });
  });
});
