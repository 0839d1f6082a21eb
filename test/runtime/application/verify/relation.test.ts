import { readFileSync } from 'node:fs';
import path from 'node:path';
import { PostgresAuditLog } from '../../../../runtime/adapters/postgres/read/audit-log';
import { planShards } from '../../../../runtime/application/shards/plan-shards';
import type { AuditLogSnapshot } from '../../../../runtime/application/ports';
import { DEFAULTS } from '../../../../runtime/contract';
import type { VerificationReport } from '../../../../runtime/domain/findings/report';
import { CHAIN_ID, LAYOUT } from '../../../support/chain';
import { Scene } from '../../../support/scene';

jest.setTimeout(120_000);

let scene: Scene;
const opened: PostgresAuditLog[] = [];

beforeAll(async () => {
  scene = await Scene.start();
  const { port, pathname, username, password } = new URL(scene.embedded.database.url);
  await scene.sql(`
    CREATE VIEW two_faced AS SELECT chain_index, occurred_at,
      CASE WHEN current_setting('row_security') = 'off' THEN actor ELSE 'nobody' END AS actor,
      action, resource, outcome, details, salt, key_id, prev_hash, event_hash FROM audit_events;
    CREATE MATERIALIZED VIEW copied AS TABLE audit_events;
    CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.audit_events AS TABLE public.audit_events;
    CREATE EXTENSION postgres_fdw;
    CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw
      OPTIONS (host '127.0.0.1', port '${port}', dbname '${pathname.slice(1)}');
    CREATE USER MAPPING FOR CURRENT_USER SERVER elsewhere
      OPTIONS (user '${username}', password '${password}');
    CREATE FOREIGN TABLE remote (chain_index bigint, occurred_at timestamptz, actor text, action text, resource text,
      outcome text, details json, salt uuid, key_id text, prev_hash bytea, event_hash bytea)
      SERVER elsewhere OPTIONS (schema_name 'public', table_name 'audit_events');
    CREATE TABLE parted (LIKE audit_events) PARTITION BY RANGE (chain_index);
    CREATE TABLE parted_deep PARTITION OF parted FOR VALUES FROM (0) TO (1000) PARTITION BY RANGE (chain_index);
    CREATE TABLE plain_leaf PARTITION OF parted_deep FOR VALUES FROM (500) TO (1000);
    CREATE FOREIGN TABLE remote_leaf PARTITION OF parted_deep FOR VALUES FROM (0) TO (500)
      SERVER elsewhere OPTIONS (schema_name 'public', table_name 'audit_events');
    CREATE TABLE parent (LIKE audit_events); CREATE FOREIGN TABLE remote_child () INHERITS (parent)
      SERVER elsewhere OPTIONS (schema_name 'public', table_name 'audit_events');
    CREATE TABLE whole (LIKE audit_events) PARTITION BY RANGE (chain_index);
    CREATE TABLE whole_1 PARTITION OF whole FOR VALUES FROM (0) TO (1000);
    INSERT INTO whole TABLE audit_events;
    CREATE VIEW recognised AS SELECT chain_index, occurred_at, actor, action, resource, outcome, details, salt,
      (SELECT string_agg(name, ' ' ORDER BY name) FROM pg_catalog.pg_settings
       WHERE source IN ('client', 'session')) AS key_id, prev_hash, event_hash FROM audit_events`);
});
afterAll(async () => {
  await Promise.all(opened.map((log) => log.close()));
  await scene?.stop();
});

function logOf(
  table: string,
  options?: string,
  connectionString = scene.embedded.database.url,
): PostgresAuditLog {
  const connection = { connectionString, ...(options ? { options } : {}) };
  const log = new PostgresAuditLog({ connection, table: { table }, layout: LAYOUT, chainId: CHAIN_ID });
  opened.push(log);
  return log;
}

function verify(auditLog: PostgresAuditLog, relation?: 'table' | 'view'): Promise<VerificationReport> {
  const reading = { ...scene.embedded.reading(), ...(relation ? { relation } : {}) };
  return scene.verify(undefined, { database: { auditLog, reading } });
}

test('of a table the report names schema, name, kind and oid', async () => {
  const { database, verdict } = await verify(logOf('audit_events'));
  const [row] = (
    await scene.embedded.database.pool.query("SELECT 'public.audit_events'::regclass::oid::int AS oid")
  ).rows as { oid: number }[];
  expect(verdict).toBe('verified');
  expect(database?.relation).toEqual({
    schema: 'public',
    name: 'audit_events',
    kind: 'table',
    oid: row?.oid,
    nonTableChild: null,
  });
});

test('a search_path of the role leads elsewhere: the report names where', async () => {
  const { database } = await verify(logOf('audit_events', '-c search_path=elsewhere,public'));
  expect(database?.relation).toMatchObject({ schema: 'elsewhere', name: 'audit_events' });
});

describe.each([
  ['two_faced', 'view', null],
  ['copied', 'materialized view', null],
  ['remote', 'foreign table', null],
  ['parted', 'partitioned table', 'remote_leaf'],
  ['parent', 'table', 'remote_child'],
])('%s, a %s (child: %s)', (name, kind, child) => {
  const nonTableChild = child && { schema: 'public', name: child, kind: 'foreign table' };
  const actual = child ? `foreign table public.${child}` : `${kind} public.${name}`;

  test('is not evaluated, whatever it shows', async () => {
    const report = await verify(logOf(name));
    expect(report).toMatchObject({
      verdict: 'not evaluated',
      findings: [{ code: 'RELATION_NOT_TABLE', severity: 'unproven', actual }],
      database: { relation: { schema: 'public', name, kind, nonTableChild } },
    });
  });

  test('counts where it is said to be meant, and is named', async () => {
    expect(await verify(logOf(name), 'view')).toMatchObject({
      verdict: 'verified',
      findings: [],
      database: { relation: { kind, nonTableChild } },
    });
  });

  test('no anchor is written of it, and no shard is read, unless it is meant', async () => {
    const auditLog = logOf(name);
    const written = async (): Promise<number> => (await scene.embedded.versions()).length;
    const before = await written();
    for (const force of [undefined, 'manual', 'shutdown'] as const) {
      await expect(
        scene.embedded.anchorer({ auditLog }).anchor(force ? { force } : {}),
      ).rejects.toMatchObject({ code: 'RELATION_NOT_TABLE', message: expect.stringContaining(actual) });
    }
    expect(await written()).toBe(before);
    const { clock } = scene.embedded;
    const options = {
      store: scene.embedded.store(),
      clock,
      policy: { chainId: CHAIN_ID, ...DEFAULTS },
      auditLog,
    };
    const planned = planShards({ ...options, reading: scene.embedded.reading() }, 1);
    await expect(planned).rejects.toMatchObject({ code: 'RELATION_NOT_TABLE' });
    const reading = { ...scene.embedded.reading(), relation: 'view' as const };
    await expect(scene.embedded.anchorer({ auditLog, reading }).anchor()).resolves.toMatchObject({
      kind: 'not due',
    });
  });
});

test('a partitioned table whose partitions are tables is one', async () => {
  expect(await verify(logOf('whole'))).toMatchObject({
    verdict: 'verified',
    database: { relation: { kind: 'partitioned table', nonTableChild: null } },
  });
});

test('row-level security: not evaluated, and the hint names the right that is missing', async () => {
  const { pool, url } = scene.embedded.database;
  const reader = `filtered_${process.pid}`;
  await pool.query(`CREATE TABLE filtered AS TABLE audit_events; ALTER TABLE filtered ENABLE ROW LEVEL SECURITY;
    CREATE ROLE ${reader} LOGIN PASSWORD 'reader'; GRANT SELECT ON filtered TO ${reader};
    CREATE POLICY own ON filtered USING (chain_index > 1)`);
  try {
    const login = new URL(url);
    login.username = reader;
    login.password = 'reader';
    const report = await verify(logOf('filtered', undefined, login.href));
    expect(report).toMatchObject({ verdict: 'not evaluated', findings: [{ code: 'DATABASE_UNREADABLE' }] });
    expect(report.findings[0]?.message).toContain('BYPASSRLS');
  } finally {
    await pool.query(`DROP TABLE filtered; DROP ROLE ${reader}`);
  }
});

const RECOGNISED_BY = [
  'application_name',
  'client_encoding',
  'lock_timeout',
  'row_security',
  'search_path',
  'transaction_isolation',
  'transaction_read_only',
];

test.each<[string, readonly string[], (snapshot: AuditLogSnapshot) => Promise<unknown>]>([
  ['a reader', RECOGNISED_BY, () => Promise.resolve()],
  [
    'one that shares its snapshot with others',
    [...RECOGNISED_BY, 'idle_in_transaction_session_timeout'].sort(),
    (snapshot) => snapshot.export(),
  ],
])('the settings that %s can be recognised by: these, and no other', async (_name, settings, before) => {
  const head = await logOf('recognised').snapshot(async (snapshot) => {
    await before(snapshot);
    return snapshot.head();
  });
  expect(head?.keyId?.split(' ')).toEqual(settings);
});

test('each of them is named under "Not detected"', () => {
  const readme = readFileSync(path.join(__dirname, '../../../../README.md'), 'utf8');
  const [, told = ''] = /What the server shows to the verifier alone(.*?)\n- /s.exec(readme) ?? [];
  // What every client sets, or the README says in words.
  const inWords: Readonly<Record<string, string>> = {
    application_name: 'application name',
    transaction_isolation: 'repeatable read',
    transaction_read_only: 'read only',
  };
  const named = [...RECOGNISED_BY, 'idle_in_transaction_session_timeout'].filter(
    (setting) => setting !== 'client_encoding',
  );
  expect(named.filter((setting) => !told.includes(inWords[setting] ?? setting))).toEqual([]);
});
