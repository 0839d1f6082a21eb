import {
  type ChainLayout,
  type Column,
  DEFAULT_COLUMN_LIST,
  parseColumnList,
} from '../../domain/chain/columns';
import { DIGEST_BYTES } from '../../domain/digests';
import { ConfigError } from '../../errors';
import { advisoryKey } from './advisory-lock';
import { quoteBody, quoteIdentifier, quoteLiteral } from './quoting';
import { qualifiedName } from './table';

/** Group roles without login; people and programs get them by GRANT. */
export const GATEWAY_ROLE = 'audit_gateway';
export const READER_ROLE = 'audit_reader';

const INIT_LABEL = 'audit-init/1';
const ROW_TRIGGER = 'audit_refuse_change';
const TRUNCATE_TRIGGER = 'audit_refuse_truncate';

/** Names of everything that `init` makes for one table, for statements and for the report. */
export interface SchemaNames {
  readonly schema: string;
  readonly table: string;
  readonly refusal: string;
  readonly triggers: readonly [string, string];
  readonly roles: readonly [string, string];
}

export function schemaNames(schema: string, table: string): SchemaNames {
  return {
    schema,
    table,
    refusal: 'audit_refuse_change',
    triggers: [ROW_TRIGGER, TRUNCATE_TRIGGER],
    roles: [GATEWAY_ROLE, READER_ROLE],
  };
}

/** Columns of the default table that a writer may leave out. */
const NULLABLE: ReadonlySet<string> = new Set(['resource', 'details', 'salt']);

function isRequired({ name, type }: Column, layout: ChainLayout): boolean {
  if ([layout.indexColumn, layout.keyIdColumn, layout.prevHashColumn].includes(name)) return true;
  const standard = parseColumnList(DEFAULT_COLUMN_LIST);
  return standard.some((column) => column.name === name && column.type === type && !NULLABLE.has(name));
}

function columnLines(layout: ChainLayout): string[] {
  const index = quoteIdentifier(layout.indexColumn);
  const previous = quoteIdentifier(layout.prevHashColumn);
  const hash = quoteIdentifier(layout.hashColumn);
  const columns = layout.columns.map((column) => {
    const required = isRequired(column, layout) ? ' NOT NULL' : '';
    return `${quoteIdentifier(column.name)} pg_catalog.${column.type}${required}`;
  });
  // The chain format has no infinite times: such an event could never be verified.
  const finite = layout.columns
    .filter(({ type }) => type === 'timestamptz')
    .map(({ name }) => `CHECK (pg_catalog.isfinite(${quoteIdentifier(name)}))`);
  return [
    ...columns,
    `${hash} pg_catalog.bytea NOT NULL`,
    `PRIMARY KEY (${index})`,
    `CHECK (${index} >= 1)`,
    `CHECK (pg_catalog.octet_length(${previous}) = ${DIGEST_BYTES})`,
    `CHECK (pg_catalog.octet_length(${hash}) = ${DIGEST_BYTES})`,
    ...finite,
  ];
}

function createRole(role: string): string {
  // Roles belong to the whole server: another database may create the same one at this moment.
  return `DO ${quoteBody(`
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = ${quoteLiteral(role)}) THEN
    CREATE ROLE ${quoteIdentifier(role)} NOLOGIN;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  NULL;
END
`)}`;
}

function createRefusal(names: SchemaNames): string {
  return `CREATE OR REPLACE FUNCTION ${qualifiedName(names.schema, names.refusal)}() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS ${quoteBody(`
BEGIN
  RAISE EXCEPTION '% on audit table %.% is refused: it is append-only', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END
`)}`;
}

/**
 * The table with all of its partitions, to any depth, those that contain others first. The parameter is the quoted name
 * of the table.
 */
export const PARTITION_TREE = `
  WITH RECURSIVE tree(oid, depth) AS (
    SELECT $1::pg_catalog.regclass::pg_catalog.oid, 0
    UNION ALL
    SELECT i.inhrelid, tree.depth + 1 FROM pg_catalog.pg_inherits i JOIN tree ON i.inhparent = tree.oid
  )
  SELECT c.oid, n.nspname, c.relname, tree.depth FROM tree
  JOIN pg_catalog.pg_class c ON c.oid = tree.oid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') ORDER BY tree.depth, c.oid`;

/**
 * Makes a trigger on the table and on each partition that has none: PostgreSQL hands row triggers down by itself, and
 * those of statements, of which TRUNCATE is one, it does not.
 */
function createTrigger(
  names: SchemaNames,
  trigger: string,
  when: string,
  level: 'ROW' | 'STATEMENT',
): string {
  const table = quoteLiteral(qualifiedName(names.schema, names.table));
  const refusal = quoteLiteral(qualifiedName(names.schema, names.refusal));
  return `DO ${quoteBody(`
DECLARE
  part record;
BEGIN
  FOR part IN ${PARTITION_TREE.replace('$1', () => table)}
  LOOP
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_trigger
                   WHERE tgrelid = part.oid AND tgname = ${quoteLiteral(trigger)}) THEN
      EXECUTE pg_catalog.format('CREATE TRIGGER %I ${when} ON %I.%I FOR EACH ${level} EXECUTE FUNCTION %s()',
        ${quoteLiteral(trigger)}, part.nspname, part.relname, ${refusal});
    END IF;
    -- ALWAYS: also under session_replication_role = replica, which ordinary triggers sit out.
    IF EXISTS (SELECT FROM pg_catalog.pg_trigger
               WHERE tgrelid = part.oid AND tgname = ${quoteLiteral(trigger)} AND tgenabled <> 'A') THEN
      EXECUTE pg_catalog.format('ALTER TABLE %I.%I ENABLE ALWAYS TRIGGER %I',
        part.nspname, part.relname, ${quoteLiteral(trigger)});
    END IF;
  END LOOP;
END
`)}`;
}

/** Lock that makes concurrent runs on one table follow each other; held until the transaction ends. */
export function initLock(names: SchemaNames): string {
  const key = advisoryKey(INIT_LABEL, `${names.schema}.${names.table}`);
  return `DO ${quoteBody(`BEGIN PERFORM pg_catalog.pg_advisory_xact_lock(${key}); END`)}`;
}

/**
 * Refuses the table of a foreign chain: the statements would change its protection, and the rights of its writer.
 * @throws ConfigError `USAGE` for a foreign chain
 */
export function requireOwnFormat({ format }: ChainLayout): void {
  if (format === 'v1') return;
  throw new ConfigError('USAGE', 'init creates tables of chain format v1, found AUDIT_CHAIN_FORMAT=links', {
    hint: 'The table of a foreign chain belongs to its own program.',
  });
}

/**
 * The statements that create what is missing of table, protection and roles, in order. Each may run again; they
 * belong in one transaction, after `initLock`.
 * @throws ConfigError `USAGE` for a foreign chain
 */
export function schemaStatements(names: SchemaNames, layout: ChainLayout): readonly string[] {
  requireOwnFormat(layout);
  const schema = quoteIdentifier(names.schema);
  const table = qualifiedName(names.schema, names.table);
  const refusal = `${qualifiedName(names.schema, names.refusal)}()`;
  const roles = names.roles.map((role) => quoteIdentifier(role)).join(', ');
  const [rowTrigger, truncateTrigger] = names.triggers;
  return [
    ...names.roles.map(createRole),
    // "IF NOT EXISTS" alone asks for the right to create schemas even when there is nothing to create.
    `DO ${quoteBody(`
BEGIN
  IF pg_catalog.to_regnamespace(${quoteLiteral(schema)}) IS NULL THEN
    CREATE SCHEMA ${schema};
  END IF;
END
`)}`,
    `CREATE TABLE IF NOT EXISTS ${table} (\n  ${columnLines(layout).join(',\n  ')}\n)`,
    createRefusal(names),
    `REVOKE ALL ON FUNCTION ${refusal} FROM PUBLIC`,
    createTrigger(names, rowTrigger, 'BEFORE UPDATE OR DELETE', 'ROW'),
    createTrigger(names, truncateTrigger, 'BEFORE TRUNCATE', 'STATEMENT'),
    `REVOKE ALL ON TABLE ${table} FROM PUBLIC, ${roles}`,
    `GRANT SELECT, INSERT ON TABLE ${table} TO ${quoteIdentifier(GATEWAY_ROLE)}`,
    `GRANT SELECT ON TABLE ${table} TO ${quoteIdentifier(READER_ROLE)}`,
    `GRANT USAGE ON SCHEMA ${schema} TO ${roles}`,
  ];
}

/**
 * The same SQL as text, for psql or a migration tool.
 * @param schema where the table goes; a script cannot resolve a search path safely, so it is always named
 * @throws ConfigError `USAGE` for a foreign chain
 */
export function initSql(layout: ChainLayout, table: string, schema = 'public'): string {
  const names = schemaNames(schema, table);
  const statements = ['BEGIN', initLock(names), ...schemaStatements(names, layout), 'COMMIT'];
  return `${statements.join(';\n\n')};\n`;
}
