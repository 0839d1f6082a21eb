import { PostgresAuditLog } from '../../../../runtime/adapters/postgres/audit-log';
import type { VerificationReport } from '../../../../runtime/domain/findings/report';
import { CHAIN_ID, LAYOUT } from '../../../support/chain';
import { Scene } from '../../../support/scene';

jest.setTimeout(120_000);

let scene: Scene;
const opened: PostgresAuditLog[] = [];

beforeAll(async () => {
  scene = await Scene.start();
  await scene.sql(`
    CREATE VIEW two_faced AS SELECT chain_index, occurred_at,
      CASE WHEN current_setting('row_security') = 'off' THEN actor ELSE 'nobody' END AS actor,
      action, resource, outcome, details, key_id, prev_hash, event_hash FROM audit_events;
    CREATE MATERIALIZED VIEW copied AS TABLE audit_events;
    CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.audit_events AS TABLE public.audit_events;
    CREATE VIEW recognised AS SELECT chain_index, occurred_at, actor, action, resource, outcome, details,
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
  });
});

test('a search_path of the role leads elsewhere: the report names where', async () => {
  const { database } = await verify(logOf('audit_events', '-c search_path=elsewhere,public'));
  expect(database?.relation).toMatchObject({ schema: 'elsewhere', name: 'audit_events' });
});

describe.each([
  ['two_faced', 'view'],
  ['copied', 'materialized view'],
])('%s, a %s', (name, kind) => {
  test('is not evaluated, whatever it shows', async () => {
    const report = await verify(logOf(name));
    expect(report).toMatchObject({
      verdict: 'not evaluated',
      findings: [{ code: 'RELATION_NOT_TABLE', severity: 'unproven', actual: `${kind} public.${name}` }],
      database: { relation: { schema: 'public', name, kind } },
    });
  });

  test('counts where it is said to be meant, and is named', async () => {
    expect(await verify(logOf(name), 'view')).toMatchObject({
      verdict: 'verified',
      findings: [],
      database: { relation: { kind } },
    });
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

test('settings that a session of the verifier can be recognised by: these, and no other', async () => {
  const head = await logOf('recognised').snapshot((snapshot) => snapshot.head());
  expect(head?.keyId?.split(' ')).toEqual([
    'application_name',
    'client_encoding',
    'lock_timeout',
    'row_security',
    'search_path',
    'transaction_isolation',
    'transaction_read_only',
  ]);
});
