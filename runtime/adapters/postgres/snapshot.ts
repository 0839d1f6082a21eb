import type { AuditLogSnapshot } from '../../application/ports';
import { AuditAnchorError, UnavailableError } from '../../errors';
import type { ChainQueries } from './chain-queries';
import type { Connection } from './connection';
import { copyOut } from './copy-out';
import { isServerError } from './failure';
import { readIdentity } from './identity';
import { quoteLiteral } from './quoting';

const BEGIN = 'BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY';

/** A name no server gives is not sent to one. */
const EXPORTED_NAME = /^[0-9A-F]+(?:-[0-9A-F]+)*$/i;

/** Connection classes of SQLSTATE and of ours: the server was lost, and has said nothing about snapshots. */
const LOST: readonly string[] = ['DB_UNREACHABLE', 'DB_TIMEOUT'];

function notShared(what: string, cause: unknown): unknown {
  if (!(cause instanceof AuditAnchorError)) return cause;
  if (!isServerError(cause.cause) || LOST.includes(String(cause.code))) return cause;
  return new UnavailableError('SNAPSHOT_NOT_SHARED', `${what}: ${cause.message}`, {
    cause,
    hint: 'Read with --workers 1 (AUDIT_VERIFY_WORKERS=1), or let every connection reach the same server: a proxy or a list of hosts may lead them to different ones.',
  });
}

async function exportSnapshot(connection: Connection): Promise<string> {
  try {
    // While the others read, this transaction waits; ended for that, it would take their snapshot with it.
    await connection.query('SET LOCAL idle_in_transaction_session_timeout = 0');
    const [row] = await connection.query<{ name: string }>(
      'SELECT pg_catalog.pg_export_snapshot()::pg_catalog.text AS name',
    );
    return row?.name ?? '';
  } catch (error) {
    throw notShared('the snapshot cannot be shared with other connections', error);
  }
}

async function takeSnapshot(connection: Connection, exported: string): Promise<void> {
  if (!EXPORTED_NAME.test(exported)) throw new RangeError('that is no name of an exported snapshot');
  try {
    await connection.query(`SET TRANSACTION SNAPSHOT ${quoteLiteral(exported)}`);
  } catch (error) {
    throw notShared('another connection cannot take the shared snapshot', error);
  }
}

function snapshotOn(connection: Connection, queries: ChainQueries): AuditLogSnapshot {
  return {
    export: () => exportSnapshot(connection),
    identity: () => readIdentity(connection),
    head: () => queries.head(connection),
    firstIndex: () => queries.firstIndex(connection),
    hashAt: (index) => queries.hashAt(connection, index),
    timeAt: (index) => queries.timeAt(connection, index),
    estimateCount: () => queries.estimateCount(connection),
    readTuples: (range) => copyOut(connection, queries.copyStatement(range)),
  };
}

/**
 * Runs `use` in one REPEATABLE READ, READ ONLY transaction of `connection`; the transaction changes nothing.
 * @param exported name of a snapshot that another connection exported
 */
export async function withSnapshot<T>(
  connection: Connection,
  queries: ChainQueries,
  use: (snapshot: AuditLogSnapshot) => Promise<T>,
  exported?: string,
): Promise<T> {
  await connection.query(BEGIN);
  let result: T;
  try {
    if (exported !== undefined) await takeSnapshot(connection, exported);
    result = await use(snapshotOn(connection, queries));
  } catch (error) {
    // The first error is the one to tell; a connection that cannot roll back is discarded by its owner.
    await connection.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
  await connection.query('COMMIT');
  return result;
}
