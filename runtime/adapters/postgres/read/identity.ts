import type { DatabaseIdentity } from '../../../application/ports';
import { UnavailableError } from '../../../errors';
import type { Connection } from '../connection';
import { isServerError } from '../failure';

const SYSTEM_ID = 'SELECT system_identifier::pg_catalog.text AS value FROM pg_catalog.pg_control_system()';
const TIMELINE = 'SELECT timeline_id::pg_catalog.text AS value FROM pg_catalog.pg_control_checkpoint()';
const IN_RECOVERY = 'SELECT pg_catalog.pg_is_in_recovery()::pg_catalog.text AS value';
/** Where the server inserts: what was committed with synchronous_commit = off may not be written yet. */
const PRIMARY_LSN = 'SELECT pg_catalog.pg_current_wal_insert_lsn()::pg_catalog.text AS value';
const STANDBY_LSN = `SELECT CASE WHEN pg_catalog.pg_is_in_recovery()
  THEN pg_catalog.pg_last_wal_replay_lsn()::pg_catalog.text END AS value`;

/**
 * What servers answer that have no such thing to give: no permission (managed servers), not supported or not in
 * the needed state (Aurora), no such function.
 */
const NOT_GIVEN: ReadonlySet<string> = new Set(['42501', '0A000', '55000', '42883']);

/** True for an error by which the server says that it has no such thing to give. */
export function isNotGiven(error: unknown): boolean {
  const cause = error instanceof UnavailableError ? error.cause : undefined;
  return isServerError(cause) && NOT_GIVEN.has(cause.code ?? '');
}

/** One value, or null where the server has none to give; the savepoint keeps the transaction usable. */
async function valueOf(connection: Connection, text: string): Promise<string | null> {
  await connection.query('SAVEPOINT identity');
  try {
    const [row] = await connection.query<{ value: string | null }>(text);
    await connection.query('RELEASE SAVEPOINT identity');
    return row?.value ?? null;
  } catch (error) {
    if (!isNotGiven(error)) throw error;
    await connection.query('ROLLBACK TO SAVEPOINT identity');
    return null;
  }
}

/**
 * Where a server in recovery stands, null on any other one; must run outside of a transaction, before that in which
 * events are read.
 */
export async function replayedTo(connection: Connection): Promise<string | null> {
  try {
    const [row] = await connection.query<{ value: string | null }>(STANDBY_LSN);
    return row?.value ?? null;
  } catch (error) {
    if (!isNotGiven(error)) throw error;
    return null;
  }
}

/**
 * Which database this is and where its log stands; must run inside a transaction.
 * @param replayed where it stood before the snapshot, if it is in recovery
 */
export async function readIdentity(
  connection: Connection,
  replayed: string | null,
): Promise<DatabaseIdentity> {
  const systemId = await valueOf(connection, SYSTEM_ID);
  const timeline = await valueOf(connection, TIMELINE);
  const standby = (await valueOf(connection, IN_RECOVERY)) === 'true';
  const lsn = standby ? replayed : await valueOf(connection, PRIMARY_LSN);
  return { systemId, timeline: timeline === null ? null : Number(timeline), lsn, standby };
}
