import { AuditAnchorError, UnavailableError } from '../../../errors';
import { type Connection, searchPathOf } from '../connection';
import { isServerError } from '../failure';
import { quoteIdentifier, quoteLiteral } from '../quoting';
import { qualifiedName, requireTable, type Table, type TableName } from '../table';

/** How long a reader waits for a lock that another transaction holds on the table, milliseconds. */
const LOCK_TIMEOUT_MS = 10_000;

/**
 * Nothing here takes a snapshot, and LOCK TABLE stands before whatever does: a snapshot that is older than a rewriting
 * ALTER TABLE or a TRUNCATE sees an empty table. Row-level security would leave out rows in silence; off makes it an
 * error. Everything is SET LOCAL, since a pooled connection goes back to others.
 */
const BEGIN = `BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;
  SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS};
  SET LOCAL row_security = off`;

/**
 * Objects of other schemas cannot pose as functions or operators. Text of SQL_ASCII has no encoding to be brought into.
 */
const READ_ALIKE = `SET LOCAL search_path = pg_catalog, pg_temp;
  SELECT pg_catalog.set_config('client_encoding', CASE pg_catalog.current_setting('server_encoding')
    WHEN 'SQL_ASCII' THEN 'SQL_ASCII' ELSE 'UTF8' END, true)`;

/**
 * What LOCK TABLE answers where there is nothing to lock: materialised views and foreign tables cannot be locked and
 * cannot be rewritten either; a missing table or schema is reported by the look-up.
 */
const NOTHING_TO_LOCK: ReadonlySet<string> = new Set(['42809', '42P01', '3F000']);
const LOCK_NOT_AVAILABLE = '55P03';

/** A name no server gives is not sent to one. */
const EXPORTED_NAME = /^[0-9A-F]+(?:-[0-9A-F]+)*$/i;

/** Connection classes of SQLSTATE and of ours: the server was lost, and has said nothing about snapshots. */
const LOST: readonly string[] = ['DB_UNREACHABLE', 'DB_TIMEOUT'];

/** What the server answered, when it was the server that failed. */
function sqlStateOf(error: unknown): string | undefined {
  const cause = error instanceof AuditAnchorError ? error.cause : undefined;
  return isServerError(cause) ? cause.code : undefined;
}

/** The error of a server that cannot share a snapshot; others as they are. */
export function notShared(what: string, cause: unknown): unknown {
  if (!(cause instanceof AuditAnchorError)) return cause;
  if (!isServerError(cause.cause) || LOST.includes(String(cause.code))) return cause;
  return new UnavailableError('SNAPSHOT_NOT_SHARED', `${what}: ${cause.message}`, {
    cause,
    hint: 'Read with --workers 1 (AUDIT_VERIFY_WORKERS=1), or let every connection reach the same server: a proxy or a list of hosts may lead them to different ones.',
  });
}

async function takeSnapshot(connection: Connection, exported: string): Promise<void> {
  if (!EXPORTED_NAME.test(exported)) throw new RangeError('that is no name of an exported snapshot');
  try {
    await connection.query(`SET TRANSACTION SNAPSHOT ${quoteLiteral(exported)}`);
  } catch (error) {
    throw notShared('another connection cannot take the shared snapshot', error);
  }
}

/** Begins with the table locked, when there is one that can be. */
async function begin(connection: Connection, { table, schema }: TableName): Promise<void> {
  const name = schema ? qualifiedName(schema, table) : quoteIdentifier(table);
  try {
    await connection.query(`${BEGIN}; LOCK TABLE ${name} IN ACCESS SHARE MODE`);
  } catch (error) {
    const state = sqlStateOf(error) ?? '';
    if (state === LOCK_NOT_AVAILABLE) {
      throw new UnavailableError(
        'DB_TIMEOUT',
        `another transaction locks table ${name} against reading; waited ${LOCK_TIMEOUT_MS / 1000} s`,
        {
          cause: error,
          hint: 'Run this again when the ALTER TABLE, TRUNCATE or VACUUM FULL that holds or awaits the lock has ended.',
        },
      );
    }
    if (!NOTHING_TO_LOCK.has(state)) throw error;
    await connection.query('ROLLBACK');
    await connection.query(BEGIN);
  }
}

/** Finds the table as the snapshot shows it, and makes sure that it is the one that was locked. */
async function lookUp(connection: Connection, name: TableName): Promise<Table> {
  const searchPath = name.schema ? [] : await searchPathOf(connection.client);
  await connection.query(READ_ALIKE);
  const table = await requireTable(connection.client, name, searchPath);
  if (table.kind === 'foreign table' || table.kind === 'materialized view') return table;
  const locked = await connection.query({
    text: `SELECT FROM pg_catalog.pg_locks
           WHERE locktype = 'relation' AND relation = $1::pg_catalog.oid AND granted
             AND pid = pg_catalog.pg_backend_pid()`,
    values: [table.oid],
  });
  if (locked.length > 0) return table;
  throw new UnavailableError('DB_ERROR', `table ${table.qualified} was replaced while it was being opened`, {
    hint: 'Run this again.',
  });
}

/**
 * Runs `use` in one REPEATABLE READ, READ ONLY transaction of `connection` that holds an ACCESS SHARE lock on the table
 * from before its snapshot; the transaction changes nothing, the connection's settings neither.
 * @param exported name of a snapshot that another such transaction exported
 * @throws ConfigError `TABLE_NOT_FOUND`; UnavailableError `DB_TIMEOUT` when another transaction keeps the table locked
 */
export async function inReadingTransaction<T>(
  connection: Connection,
  name: TableName,
  use: (table: Table) => Promise<T>,
  exported?: string,
): Promise<T> {
  let result: T;
  try {
    await begin(connection, name);
    if (exported !== undefined) await takeSnapshot(connection, exported);
    result = await use(await lookUp(connection, name));
  } catch (error) {
    // The first error is the one to tell; a connection that cannot roll back is discarded by its owner.
    await connection.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
  await connection.query('COMMIT');
  return result;
}
