import type { ClientBase } from 'pg';
import { quoteIdentifier, quoteLiteral } from '../quoting';
import type { Table } from '../table';

/** The table that events go to. */
export interface AppendTable extends Table {
  /** Encoding of the database, as PostgreSQL names it (`UTF8`). */
  readonly encoding: string;
}

/** Something in the database that can change or drop an event between its hash and the table. */
export interface Alterer {
  readonly name: string;
  readonly schema: string;
  readonly kind: 'trigger' | 'foreign partition';
  /** True for a constraint trigger that may wait until COMMIT. */
  readonly deferrable: boolean;
}

/** Why a batch has to be read back before it is committed. */
export interface Suspicion {
  readonly alterers: readonly Alterer[];
  /** What to remember about the connection when nothing was changed; null when every batch is to be read back. */
  readonly clean: string | null;
}

/**
 * Triggers that run when a row is inserted, whatever their name. Those of `init` run on UPDATE, DELETE and TRUNCATE;
 * functions of PostgreSQL itself (an oid below 16384) only check references and uniqueness.
 */
const RUNS_ON_INSERT = `tgtype & 4 <> 0 AND tgenabled <> 'D' AND tgfoid >= 16384`;

/** Rules are not looked for: COPY does not apply them. */
export function alterersStatement({ kind, qualified, schema }: AppendTable): string {
  const table = `${quoteLiteral(qualified)}::pg_catalog.regclass`;
  if (kind !== 'partitioned table') {
    return `SELECT tgname::pg_catalog.text AS name, ${quoteLiteral(schema)} AS schema, 'trigger' AS kind, tgdeferrable AS deferrable
      FROM pg_catalog.pg_trigger WHERE tgrelid = ${table} AND ${RUNS_ON_INSERT}`;
  }
  return `WITH RECURSIVE part (oid) AS (
        SELECT ${table}::pg_catalog.oid
        UNION ALL SELECT inhrelid FROM part JOIN pg_catalog.pg_inherits ON inhparent = part.oid),
      relation AS (SELECT c.oid, c.relname, c.relkind, n.nspname FROM part JOIN pg_catalog.pg_class c ON c.oid = part.oid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace)
      SELECT tgname::pg_catalog.text AS name, nspname::pg_catalog.text AS schema, 'trigger' AS kind, tgdeferrable AS deferrable
      FROM relation JOIN pg_catalog.pg_trigger ON tgrelid = relation.oid AND ${RUNS_ON_INSERT}
      UNION SELECT relname::pg_catalog.text, nspname::pg_catalog.text, 'foreign partition', false
      FROM relation WHERE relkind = 'f'`;
}

/** What tells one storage of the table from another: a type that was altered, or a table that took its name. */
export function storageExpression({ qualified }: AppendTable): string {
  return `pg_catalog.pg_relation_filenode(${quoteLiteral(qualified)}::pg_catalog.regclass)::pg_catalog.text`;
}

/** Server encodings that keep every text that is sent as UTF-8. */
const FAITHFUL: readonly string[] = ['UTF8', 'SQL_ASCII'];

/** What is known of a batch's transaction when it has its locks. */
export interface Circumstances {
  readonly alterers: readonly Alterer[];
  /** Of `storageExpression`; null for an empty table, and for one that has no storage of its own. */
  readonly storage: string | null;
  readonly isolation: string;
}

/** Storage in which a batch of the connection was found as it had been sent. */
const clean = new WeakMap<ClientBase, string>();

/**
 * Whether a batch has to be read back: when something could change it, for the first batch of a connection, and when
 * the table has changed since. Of a partitioned table always, since its partitions are not locked yet: one may be
 * attached or given a trigger at any moment. In a transaction with an older snapshot triggers may not be visible.
 */
export function suspicionOf(
  client: ClientBase,
  table: AppendTable,
  { alterers, storage, isolation }: Circumstances,
): Suspicion | null {
  const lasting =
    alterers.length === 0 &&
    storage !== null &&
    table.kind !== 'partitioned table' &&
    FAITHFUL.includes(table.encoding) &&
    isolation === 'read committed';
  const found = lasting ? `${table.qualified} ${storage}` : null;
  if (found !== null && clean.get(client) === found) return null;
  return { alterers, clean: found };
}

/** A batch was read back and found as it had been sent. */
export function clear(client: ClientBase, suspicion: Suspicion): void {
  if (suspicion.clean !== null) clean.set(client, suspicion.clean);
}

/** Makes deferred triggers run now; null without any. */
export function runDeferred({ alterers }: Suspicion): string | null {
  const names = alterers
    .filter(({ deferrable }) => deferrable)
    .map(({ schema, name }) => `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`);
  return names.length === 0 ? null : `SET CONSTRAINTS ${names.join(', ')} IMMEDIATE`;
}

/** What to do about events that the database changes, one sentence. */
export function alterersHint({ encoding, qualified }: AppendTable, { alterers }: Suspicion): string {
  if (alterers.length > 0) {
    const named = alterers.map(({ kind, schema, name }) => `${kind} "${name}" (schema "${schema}")`);
    return `Remove what changes events before they are stored: ${named.join(', ')}.`;
  }
  return FAITHFUL.includes(encoding)
    ? `Find out what changes rows of ${qualified}; it has to store events as they are sent.`
    : `Use a database with encoding UTF8; ${encoding} does not keep every text.`;
}
