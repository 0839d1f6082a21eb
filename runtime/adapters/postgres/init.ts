import type { ClientBase, ClientConfig } from 'pg';
import type { ChainLayout } from '../../domain/chain/columns';
import { ConfigError } from '../../errors';
import { Connection, query, searchPathOf } from './connection';
import { BOUND_LOCKS } from './lock-wait';
import {
  initLock,
  PARTITION_TREE,
  requireOwnFormat,
  schemaNames,
  type SchemaNames,
  schemaStatements,
} from './schema';
import { findTable, qualifiedName, requireShape, type Table, type TableName } from './table';

/** One database object that `init` looks after. */
export interface InitObject {
  readonly kind: 'schema' | 'table' | 'function' | 'trigger' | 'role';
  readonly name: string;
  readonly state: 'created' | 'exists';
}

export interface InitResult {
  readonly schema: string;
  readonly table: string;
  readonly objects: readonly InitObject[];
  /** Partitions, each with its own trigger against TRUNCATE; one that is attached later has none until `init` runs again. */
  readonly partitions: readonly InitPartition[];
}

export interface InitPartition {
  readonly schema: string;
  readonly table: string;
  /** `exists` when it was protected against TRUNCATE before. */
  readonly state: InitObject['state'];
}

const OWNERSHIP = `
  SELECT pg_catalog.pg_get_userbyid(c.relowner)::pg_catalog.text AS owner,
         current_user::pg_catalog.text AS login,
         pg_catalog.pg_has_role(c.relowner, 'USAGE') AS mine
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = $1::pg_catalog.text AND c.relname = $2::pg_catalog.text`;

const EXISTING = `
  SELECT 'schema' AS kind, nspname::pg_catalog.text AS name FROM pg_catalog.pg_namespace WHERE nspname = $1
  UNION ALL
  SELECT 'table', c.relname FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2
  UNION ALL
  SELECT 'function', p.proname FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  WHERE n.nspname = $1 AND p.proname = $3 AND p.pronargs = 0
  UNION ALL
  SELECT 'trigger', t.tgname FROM pg_catalog.pg_trigger t
  JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = $1 AND c.relname = $2 AND t.tgname::pg_catalog.text = ANY ($4::pg_catalog.text[])
  UNION ALL
  SELECT 'role', rolname FROM pg_catalog.pg_roles WHERE rolname::pg_catalog.text = ANY ($5::pg_catalog.text[])`;

/** The partitions of a table, with whether they have a trigger of this name already. */
async function partitionsOf(client: ClientBase, names: SchemaNames): Promise<readonly InitPartition[]> {
  const [, truncateTrigger] = names.triggers;
  return query<{ schema: string; table: string; state: InitPartition['state'] }>(client, {
    text: `SELECT p.nspname::pg_catalog.text AS schema, p.relname::pg_catalog.text AS table,
                  CASE WHEN t.tgname IS NULL THEN 'created' ELSE 'exists' END AS state
           FROM (${PARTITION_TREE}) AS p
           LEFT JOIN pg_catalog.pg_trigger t ON t.tgrelid = p.oid AND t.tgname::pg_catalog.text = $2
           WHERE p.depth > 0 ORDER BY p.depth, p.oid`,
    values: [qualifiedName(names.schema, names.table), truncateTrigger],
  });
}

/** Objects that are there before `init` changes anything. */
async function existing(client: ClientBase, names: SchemaNames): Promise<ReadonlySet<string>> {
  const rows = await query<{ kind: string; name: string }>(client, {
    text: EXISTING,
    values: [names.schema, names.table, names.refusal, names.triggers, names.roles],
  });
  return new Set(rows.map(({ kind, name }) => `${kind} ${name}`));
}

function objectsOf(names: SchemaNames, before: ReadonlySet<string>): InitObject[] {
  const wanted: readonly (readonly [InitObject['kind'], string])[] = [
    ...names.roles.map((role) => ['role', role] as const),
    ['schema', names.schema],
    ['table', names.table],
    ['function', names.refusal],
    ...names.triggers.map((trigger) => ['trigger', trigger] as const),
  ];
  return wanted.map(([kind, name]) => ({
    kind,
    name,
    state: before.has(`${kind} ${name}`) ? 'exists' : 'created',
  }));
}

async function requireOwnership(client: ClientBase, table: Table): Promise<void> {
  const [row] = await query<{ owner: string; login: string; mine: boolean }>(client, {
    text: OWNERSHIP,
    values: [table.schema, table.name],
  });
  if (!row || row.mine) return;
  throw new ConfigError(
    'TABLE_OWNER',
    `table ${table.qualified} belongs to "${row.owner}"; user "${row.login}" may not protect it`,
    { hint: `Run init as "${row.owner}", or give its owner the output of "audit-anchor init --print".` },
  );
}

/** Schema that a table without a configured one goes to: the first of the search path. */
function defaultSchema(searchPath: readonly string[], table: string): string {
  const [first] = searchPath;
  if (first !== undefined) return first;
  throw new ConfigError(
    'TABLE_NOT_FOUND',
    `table "${table}" has no place: the search path names no existing schema`,
    {
      hint: 'Set AUDIT_EVENTS_SCHEMA.',
    },
  );
}

async function initialiseWithin(
  client: ClientBase,
  layout: ChainLayout,
  name: TableName,
): Promise<InitResult> {
  const searchPath = await searchPathOf(client);
  const found = await findTable(client, name, searchPath);
  const names = schemaNames(
    found?.schema ?? name.schema ?? defaultSchema(searchPath, name.table),
    name.table,
  );
  await query(client, { text: initLock(names) });
  // Another run may have created it while this one waited for the lock.
  const table = await findTable(client, { table: name.table, schema: names.schema }, searchPath);
  if (table) {
    requireShape(table, layout, 'write');
    await requireOwnership(client, table);
  }
  const before = await existing(client, names);
  const partitions = table ? await partitionsOf(client, names) : [];
  for (const text of schemaStatements(names, layout)) await query(client, { text });
  return { schema: names.schema, table: names.table, objects: objectsOf(names, before), partitions };
}

/**
 * Creates the audit table, its append-only protection and the roles `audit_gateway` and `audit_reader`, as far
 * as they are missing, in one transaction. May run again and in several places at once.
 * @throws ConfigError `TABLE_SHAPE` or `TABLE_OWNER` for a table that is there; `USAGE` for a foreign chain
 * @throws UnavailableError `DB_PERMISSION_DENIED` when the user may not create roles or tables
 * @throws the reason of `signal` when it aborts, also while the server is silent; nothing was changed then, unless
 *   that was the answer to the COMMIT which did not come any more
 */
export async function initialise(
  config: ClientConfig,
  layout: ChainLayout,
  name: TableName,
  signal?: AbortSignal,
): Promise<InitResult> {
  requireOwnFormat(layout);
  const connection = await Connection.open(config, signal);
  try {
    return await connection.until(signal, async () => {
      await connection.query(`BEGIN TRANSACTION ISOLATION LEVEL READ COMMITTED; ${BOUND_LOCKS}`);
      const result = await initialiseWithin(connection.client, layout, name);
      await connection.query('COMMIT');
      return result;
    });
  } finally {
    // Closing rolls back what did not commit.
    await connection.close();
  }
}
