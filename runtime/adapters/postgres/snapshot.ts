import type { AuditLogSnapshot } from '../../application/ports';
import type { ChainQueries } from './chain-queries';
import type { Connection } from './connection';
import { copyOut } from './copy-out';
import { readIdentity } from './identity';

const BEGIN = 'BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY';

function snapshotOn(connection: Connection, queries: ChainQueries): AuditLogSnapshot {
  return {
    identity: () => readIdentity(connection),
    head: () => queries.head(connection),
    firstIndex: () => queries.firstIndex(connection),
    hashAt: (index) => queries.hashAt(connection, index),
    timeAt: (index) => queries.timeAt(connection, index),
    estimateCount: () => queries.estimateCount(connection),
    readTuples: (range) => copyOut(connection, queries.copyStatement(range)),
  };
}

/** Runs `use` in one REPEATABLE READ, READ ONLY transaction of `connection`; the transaction changes nothing. */
export async function withSnapshot<T>(
  connection: Connection,
  queries: ChainQueries,
  use: (snapshot: AuditLogSnapshot) => Promise<T>,
): Promise<T> {
  await connection.query(BEGIN);
  let result: T;
  try {
    result = await use(snapshotOn(connection, queries));
  } catch (error) {
    // The first error is the one to tell; a connection that cannot roll back is discarded by its owner.
    await connection.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
  await connection.query('COMMIT');
  return result;
}
