import type { Client } from 'pg';
import { appendEvents } from '../../../../runtime/adapters/postgres/append/append';
import { initialise } from '../../../../runtime/adapters/postgres/init';
import { initSql } from '../../../../runtime/adapters/postgres/schema';
import { initOutcome } from '../../../../runtime/commands/init';
import { linksLayout, v1Layout } from '../../../../runtime/domain/chain/columns';
import { createColors } from '../../../../runtime/terminal/colors';
import { APPEND, event } from '../../../support/audit-table';
import { createTestDatabase, type TestDatabase } from '../../../support/database';

jest.setTimeout(60_000);

let database: TestDatabase;
let client: Client;
const layout = v1Layout();
const name = { table: 'audit_events' };

beforeEach(async () => {
  database = await createTestDatabase();
  client = await database.connect();
});
afterEach(() => database.drop());

const init = (): ReturnType<typeof initialise> =>
  initialise({ connectionString: database.url }, layout, name);

async function appendOne(): Promise<void> {
  await client.query('BEGIN');
  await appendEvents(client, [event('a')], APPEND);
  await client.query('COMMIT');
}

describe('init', () => {
  it('creates the table of the format', async () => {
    await init();
    const { rows } = await client.query(`
      SELECT attname || ' ' || format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN '' ELSE '?' END AS line
      FROM pg_attribute WHERE attrelid = 'public.audit_events'::regclass AND attnum > 0 ORDER BY attnum`);
    expect(rows.map(({ line }: { line: string }) => line)).toEqual([
      'chain_index bigint',
      'occurred_at timestamp with time zone',
      'actor text',
      'action text',
      'resource text?',
      'outcome text',
      'details json?',
      'salt uuid?',
      'key_id text',
      'prev_hash bytea',
      'event_hash bytea',
    ]);
  });

  it('says what it created, and on the second run that all is there', async () => {
    const first = await init();
    expect(first).toMatchObject({ schema: 'public', table: 'audit_events' });
    const names = first.objects.map(({ kind, name: object }) => `${kind} ${object}`);
    expect(names).toEqual([
      'role audit_gateway',
      'role audit_reader',
      'schema public',
      'table audit_events',
      'function audit_refuse_change',
      'trigger audit_refuse_change',
      'trigger audit_refuse_truncate',
    ]);
    expect(first.objects.slice(3).map(({ state }) => state)).toEqual(Array(4).fill('created'));
    await appendOne();
    const second = await init();
    expect(second.objects.map(({ state }) => state)).toEqual(Array(7).fill('exists'));
    expect((await client.query('SELECT 1 FROM audit_events')).rowCount).toBe(1);
  });

  it('may run many times at once', async () => {
    const results = await Promise.all(Array.from({ length: 8 }, init));
    const created = results.filter(({ objects }) =>
      objects.some(({ state, kind }) => kind === 'table' && state === 'created'),
    );
    expect(created).toHaveLength(1);
  });

  it('may run in several databases of a server at once', async () => {
    const others = await Promise.all(Array.from({ length: 3 }, createTestDatabase));
    try {
      await Promise.all(others.map(({ url }) => initialise({ connectionString: url }, layout, name)));
    } finally {
      await Promise.all(others.map((other) => other.drop()));
    }
  });

  it('creates schema and table with names that need quotes', async () => {
    const awkward = { schema: `O'Brien "x"`, table: 'Log $audit_anchor$; DROP' };
    const result = await initialise({ connectionString: database.url }, layout, awkward);
    expect(result.objects.find(({ kind }) => kind === 'schema')).toEqual({
      kind: 'schema',
      name: awkward.schema,
      state: 'created',
    });
    await client.query('BEGIN');
    await appendEvents(client, [event('a')], { ...APPEND, table: awkward });
    await client.query('COMMIT');
    await expect(client.query(`DELETE FROM "O'Brien ""x"""."${awkward.table}"`)).rejects.toThrow(
      'append-only',
    );
  });

  it('repairs protection that was switched off', async () => {
    await init();
    await client.query('GRANT UPDATE ON audit_events TO PUBLIC, audit_gateway');
    await client.query('ALTER TABLE audit_events DISABLE TRIGGER audit_refuse_change');
    await client.query('DROP TRIGGER audit_refuse_truncate ON audit_events');
    const { objects } = await init();
    expect(objects.filter(({ state }) => state === 'created').map(({ name: object }) => object)).toEqual([
      'audit_refuse_truncate',
    ]);
    const { rows } = await client.query(`
      SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = 'audit_events'::regclass ORDER BY 1`);
    expect(rows).toEqual([
      { tgname: 'audit_refuse_change', tgenabled: 'A' },
      { tgname: 'audit_refuse_truncate', tgenabled: 'A' },
    ]);
    expect(
      (await client.query(`SELECT has_table_privilege('audit_gateway', 'audit_events', 'UPDATE') AS granted`))
        .rows,
    ).toEqual([{ granted: false }]);
  });
});

describe('a table with partitions', () => {
  const attach = (partition: string, from: number) =>
    client.query(
      `CREATE TABLE ${partition} PARTITION OF audit_events FOR VALUES FROM (${from}) TO (${from + 100})`,
    );

  beforeEach(async () => {
    const [create = ''] = /CREATE TABLE[^;]*/.exec(initSql(layout, 'audit_events')) ?? [];
    await client.query(`${create} PARTITION BY RANGE (chain_index)`);
    await attach('ae_1', 1);
    await client.query(`CREATE SCHEMA "cold $'s"`);
    await client.query(`CREATE TABLE "cold $'s"."ae ""2" PARTITION OF audit_events FOR VALUES FROM (101) TO (201)
                        PARTITION BY RANGE (chain_index)`);
    await client.query(`CREATE TABLE ae_2a PARTITION OF "cold $'s"."ae ""2" FOR VALUES FROM (101) TO (201)`);
  });

  it('is protected in each of them, at any depth', async () => {
    const { partitions } = await init();
    expect(partitions).toEqual([
      { schema: 'public', table: 'ae_1', state: 'created' },
      { schema: "cold $'s", table: 'ae "2', state: 'created' },
      { schema: 'public', table: 'ae_2a', state: 'created' },
    ]);
    await appendOne();
    const tables = ['audit_events', 'ae_1', `"cold $'s"."ae ""2"`, 'ae_2a'];
    for (const table of tables)
      await expect(client.query(`TRUNCATE ${table}`)).rejects.toThrow('append-only');
    await expect(client.query('DELETE FROM ae_1')).rejects.toThrow('append-only');
    await client.query('SET session_replication_role = replica');
    for (const table of tables)
      await expect(client.query(`TRUNCATE ${table}`)).rejects.toThrow('append-only');
    await expect(client.query('DELETE FROM ae_1')).rejects.toThrow('append-only');
  });

  it('says so of one that was attached later, when it runs again', async () => {
    await init();
    await attach('ae_3', 201);
    const { partitions } = await init();
    expect(partitions.filter(({ state }) => state === 'created')).toEqual([
      { schema: 'public', table: 'ae_3', state: 'created' },
    ]);
    await expect(client.query('TRUNCATE ae_3')).rejects.toThrow('append-only');
    const again = initOutcome(await init())
      .text(createColors(false))
      .join('\n');
    expect(again).toContain('everything was already there');
    expect(again).toMatch(/run init again/i);
  });

  it('is protected by the script too', async () => {
    await client.query(initSql(layout, 'audit_events'));
    for (const table of ['ae_1', 'ae_2a'])
      await expect(client.query(`TRUNCATE ${table}`)).rejects.toThrow('append-only');
  });
});

describe('the protection', () => {
  beforeEach(async () => {
    await init();
    await appendOne();
  });

  const changes = [
    `UPDATE audit_events SET actor = 'mallory'`,
    'DELETE FROM audit_events',
    'TRUNCATE audit_events',
  ] as const;

  it.each(changes)('refuses the owner: %s', async (change) => {
    await expect(client.query(change)).rejects.toMatchObject({
      code: '42501',
      message: expect.stringContaining(
        'on audit table public.audit_events is refused: it is append-only',
      ) as string,
    });
    await client.query('SET session_replication_role = replica');
    await expect(client.query(change)).rejects.toThrow('append-only');
  });

  it.each(['audit_gateway', 'audit_reader'])('refuses %s every change by privilege', async (role) => {
    await client.query(`SET ROLE ${role}`);
    for (const change of changes) {
      await expect(client.query(change)).rejects.toThrow('permission denied for table audit_events');
    }
    expect((await client.query('SELECT 1 FROM audit_events')).rowCount).toBe(1);
  });

  it('lets the gateway append and the reader not', async () => {
    await client.query('SET ROLE audit_gateway');
    await appendOne();
    await client.query('SET ROLE audit_reader');
    await client.query('BEGIN');
    await expect(appendEvents(client, [event('a')], APPEND)).rejects.toMatchObject({
      code: 'DB_PERMISSION_DENIED',
    });
  });

  it('gives the roles no login and nobody else a privilege', async () => {
    const { rows } = await client.query(`
      SELECT rolname, rolcanlogin,
             array(SELECT p FROM unnest(ARRAY['SELECT','INSERT','UPDATE','DELETE','TRUNCATE','REFERENCES','TRIGGER']) p
                   WHERE has_table_privilege(rolname, 'audit_events', p)) AS privileges
      FROM pg_roles WHERE rolname IN ('audit_gateway', 'audit_reader', 'pg_monitor') ORDER BY 1`);
    expect(rows).toEqual([
      { rolname: 'audit_gateway', rolcanlogin: false, privileges: ['SELECT', 'INSERT'] },
      { rolname: 'audit_reader', rolcanlogin: false, privileges: ['SELECT'] },
      { rolname: 'pg_monitor', rolcanlogin: false, privileges: [] },
    ]);
  });

  it('pins the search path of its function', async () => {
    const { rows } = await client.query(
      `SELECT proconfig FROM pg_proc WHERE proname = 'audit_refuse_change'`,
    );
    expect(rows).toEqual([{ proconfig: ['search_path=pg_catalog, pg_temp'] }]);
  });

  it.each([
    [
      'an index below 1',
      `0, now(), 'a', 'b', NULL, 'c', NULL, NULL, 'k', decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex')`,
    ],
    [
      'a short hash',
      `9, now(), 'a', 'b', NULL, 'c', NULL, NULL, 'k', decode(repeat('00', 32), 'hex'), '\\x00'`,
    ],
    [
      'a short link',
      `9, now(), 'a', 'b', NULL, 'c', NULL, NULL, 'k', '\\x00', decode(repeat('00', 32), 'hex')`,
    ],
    [
      'an infinite time',
      `9, 'infinity', 'a', 'b', NULL, 'c', NULL, NULL, 'k', decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex')`,
    ],
  ])('refuses %s', async (_, values) => {
    await expect(client.query(`INSERT INTO audit_events VALUES (${values})`)).rejects.toMatchObject({
      code: '23514',
    });
  });
});

describe('an existing table', () => {
  it('of another shape is refused with every fault, and left as it is', async () => {
    await client.query(`CREATE TABLE audit_events (chain_index int4 PRIMARY KEY, occurred_at timestamptz, actor text,
      action varchar(5), resource text, details jsonb, key_id text, prev_hash bytea, event_hash text)`);
    await expect(init()).rejects.toMatchObject({
      code: 'TABLE_SHAPE',
      faults: [
        { setting: 'column "chain_index"', found: 'integer', allowed: 'int8' },
        { setting: 'column "action"', found: 'character varying(5)' },
        { setting: 'column "outcome"', found: 'no such column', allowed: 'text' },
        { setting: 'column "details"', found: 'jsonb', allowed: expect.stringMatching(/^json: /) as string },
        { setting: 'column "salt"', found: 'no such column', allowed: 'uuid' },
        { setting: 'column "event_hash"', found: 'text', allowed: 'bytea' },
      ],
    });
    expect(
      (await client.query(`SELECT 1 FROM pg_trigger WHERE tgrelid = 'audit_events'::regclass`)).rowCount,
    ).toBe(0);
  });

  it('that is a view is refused', async () => {
    await init();
    await client.query(
      'ALTER TABLE audit_events RENAME TO real_events; CREATE VIEW audit_events AS TABLE real_events',
    );
    await expect(init()).rejects.toMatchObject({
      code: 'TABLE_SHAPE',
      message: expect.stringContaining('found a view, allowed a table') as string,
    });
  });

  it('of another owner is refused', async () => {
    const login = `login_${database.name}`;
    await init();
    await client.query(`CREATE ROLE ${login} LOGIN PASSWORD 'secret'`);
    try {
      const config = { connectionString: database.url.replace(/\/\/[^@]*@/, `//${login}:secret@`) };
      await expect(initialise(config, layout, name)).rejects.toMatchObject({
        code: 'TABLE_OWNER',
        message: `table "public"."audit_events" belongs to "postgres"; user "${login}" may not protect it`,
      });
      await client.query('DROP TABLE audit_events');
      await expect(initialise(config, layout, name)).rejects.toMatchObject({ code: 'DB_PERMISSION_DENIED' });
    } finally {
      await client.query(`DROP ROLE ${login}`);
    }
  });

  it('of a foreign chain is not created', async () => {
    await expect(initialise({ connectionString: database.url }, linksLayout(), name)).rejects.toMatchObject({
      code: 'USAGE',
    });
  });
});

describe('the printed SQL', () => {
  it('does the same, also twice, in one simple query', async () => {
    const sql = initSql(layout, name.table);
    await client.query(sql);
    await client.query(sql);
    expect((await init()).objects.map(({ state }) => state)).toEqual(Array(7).fill('exists'));
    await appendOne();
    await expect(client.query('TRUNCATE audit_events')).rejects.toThrow('append-only');
  });

  it('is not given for a foreign chain', () => {
    expect(() => initSql(linksLayout(), name.table)).toThrow('found AUDIT_CHAIN_FORMAT=links');
  });
});
