import type { ClientBase } from 'pg';
import { ConfigError, type ConfigFault } from '../../errors';
import type { ChainLayout, ColumnType } from '../../domain/chain/columns';
import type { ReadRelation } from '../../domain/findings/report';
import { query } from './connection';
import { quoteIdentifier } from './quoting';

/** The audit table as the settings name it. */
export interface TableName {
  readonly table: string;
  /** Null or absent: found through the search path of the database user. */
  readonly schema?: string | null;
}

export interface TableColumn {
  readonly name: string;
  /** Type name of PostgreSQL's catalogue (`int8`), of the base type for a domain. */
  readonly type: string;
  /** As SQL shows it (`character varying(10)`). */
  readonly shown: string;
  readonly notNull: boolean;
  /** True when the type cuts or rounds values (`varchar(10)`, `timestamptz(3)`). */
  readonly modified: boolean;
}

/** The audit table as the database has it. */
export interface Table extends ReadRelation {
  /** Schema and name, quoted for SQL. */
  readonly qualified: string;
  readonly columns: readonly TableColumn[];
}

const KINDS: Readonly<Record<string, ReadRelation['kind']>> = {
  r: 'table',
  p: 'partitioned table',
  v: 'view',
  m: 'materialized view',
  f: 'foreign table',
};

/** Of a kind that the server adds one day nothing is known but that it is no table. */
function kindOf(relkind: string): ReadRelation['kind'] {
  return KINDS[relkind] ?? 'foreign table';
}

const FIND_TABLE = `
  SELECT c.oid::pg_catalog.text AS oid, n.nspname::pg_catalog.text AS schema, c.relkind::pg_catalog.text AS kind
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relname = $1::pg_catalog.text AND n.nspname::pg_catalog.text = ANY ($2::pg_catalog.text[])
    AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  ORDER BY pg_catalog.array_position($2::pg_catalog.text[], n.nspname::pg_catalog.text)
  LIMIT 1`;

/** The tables that a reader of the table reads too are its partitions and children, at any depth. */
const FIND_NON_TABLE_CHILD = `
  WITH RECURSIVE tree AS (
    SELECT $1::pg_catalog.oid AS oid
    UNION
    SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN tree ON i.inhparent = tree.oid
  )
  SELECT n.nspname::pg_catalog.text AS schema, c.relname::pg_catalog.text AS name,
         c.relkind::pg_catalog.text AS kind
  FROM tree
  JOIN pg_catalog.pg_class c ON c.oid = tree.oid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.oid <> $1::pg_catalog.oid AND c.relkind NOT IN ('r', 'p')
  ORDER BY 1, 2
  LIMIT 1`;

const FIND_COLUMNS = `
  SELECT a.attname::pg_catalog.text AS name,
         COALESCE(b.typname, t.typname)::pg_catalog.text AS type,
         pg_catalog.format_type(a.atttypid, a.atttypmod) AS shown,
         a.attnotnull AS "notNull",
         a.atttypmod <> -1 OR t.typtypmod <> -1 AS modified
  FROM pg_catalog.pg_attribute a
  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_catalog.pg_type b ON t.typtype = 'd' AND b.oid = t.typbasetype
  WHERE a.attrelid = $1::pg_catalog.oid AND a.attnum > 0 AND NOT a.attisdropped
  ORDER BY a.attnum`;

/** Schema and name, quoted for SQL. */
export function qualifiedName(schema: string, table: string): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(table)}`;
}

/** Looks for the table; null when it is not there. */
export async function findTable(
  client: ClientBase,
  name: TableName,
  searchPath: readonly string[],
): Promise<Table | null> {
  const schemas = name.schema ? [name.schema] : searchPath;
  const [found] = await query<{ oid: string; schema: string; kind: string }>(client, {
    text: FIND_TABLE,
    values: [name.table, schemas],
  });
  if (!found) return null;
  const columns = await query<TableColumn>(client, { text: FIND_COLUMNS, values: [found.oid] });
  const [child] = await query<{ schema: string; name: string; kind: string }>(client, {
    text: FIND_NON_TABLE_CHILD,
    values: [found.oid],
  });
  return {
    schema: found.schema,
    name: name.table,
    qualified: qualifiedName(found.schema, name.table),
    kind: kindOf(found.kind),
    oid: Number(found.oid),
    nonTableChild: child ? { ...child, kind: kindOf(child.kind) } : null,
    columns,
  };
}

/**
 * Looks for the table.
 * @throws ConfigError `TABLE_NOT_FOUND` naming the schemas that were searched
 */
export async function requireTable(
  client: ClientBase,
  name: TableName,
  searchPath: readonly string[],
): Promise<Table> {
  const table = await findTable(client, name, searchPath);
  if (table) return table;
  const schemas = name.schema ? [name.schema] : searchPath;
  const looked =
    schemas.length === 0
      ? 'the search path of this user names no existing schema'
      : `looked in schema ${schemas.map((schema) => `"${schema}"`).join(', ')}`;
  throw new ConfigError('TABLE_NOT_FOUND', `table "${name.table}" was not found: ${looked}`, {
    hint: 'Run "audit-anchor init" to create it, or set AUDIT_EVENTS_TABLE and AUDIT_EVENTS_SCHEMA.',
  });
}

/** text and varchar have the same bytes, so either stands for the other. */
function sameBytes(declared: ColumnType, found: string): boolean {
  const isText = (type: string): boolean => type === 'text' || type === 'varchar';
  return declared === found || (isText(declared) && isText(found));
}

function typeFault(declared: ColumnType, column: TableColumn, writing: boolean): ConfigFault | null {
  const fault = { setting: `column "${column.name}"`, found: column.shown };
  if (declared === 'json' && column.type === 'jsonb') {
    return {
      ...fault,
      allowed: 'json: jsonb keeps its own form of a document, not the bytes that were hashed',
    };
  }
  if (!sameBytes(declared, column.type)) return { ...fault, allowed: declared };
  if (writing && column.modified) {
    return {
      ...fault,
      allowed: `${declared} without a length or precision, which would alter what was hashed`,
    };
  }
  return null;
}

/** The error of a table that is not as it has to be. */
export function shapeError(table: Table, faults: readonly ConfigFault[]): ConfigError {
  const text = faults.map(({ setting, found, allowed }) => `${setting}: found ${found}, allowed ${allowed}`);
  return new ConfigError('TABLE_SHAPE', `table ${table.qualified} has another shape; ${text.join('; ')}`, {
    faults,
    hint: 'Name its columns in AUDIT_EVENTS_COLUMNS, or alter the table.',
  });
}

/**
 * Checks that the columns of a version 1 chain are in the table with the declared types.
 * @param purpose `write` also refuses types that cut or round values
 * @throws ConfigError `TABLE_SHAPE` with every fault
 */
export function requireShape(table: Table, layout: ChainLayout, purpose: 'read' | 'write'): void {
  const wanted = [...layout.columns, { name: layout.hashColumn, type: 'bytea' as const }];
  const faults: ConfigFault[] = [];
  for (const { name, type } of wanted) {
    const column = table.columns.find((candidate) => candidate.name === name);
    const fault = column
      ? typeFault(type, column, purpose === 'write')
      : { setting: `column "${name}"`, found: 'no such column', allowed: type };
    if (fault) faults.push(fault);
  }
  if (purpose === 'write' && table.kind !== 'table' && table.kind !== 'partitioned table') {
    faults.push({ setting: `"${table.name}"`, found: `a ${table.kind}`, allowed: 'a table' });
  }
  if (faults.length > 0) throw shapeError(table, faults);
}
