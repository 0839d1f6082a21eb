import { ConfigError } from '../../errors';
import type { Connection } from './connection';
import { describeEndpoint } from './failure';
import { cancelKeyOf } from './wire';

/**
 * How long a second connection may take to say which server process serves it, milliseconds. A pool that is used up
 * keeps it waiting, which only one that pools by session does for long.
 */
const PROBE_MS = 2_000;
/** A busy pool may serve the second connection by another process than the first time. */
const PROBES = 5;

async function serverProcess(connection: Connection): Promise<number | null> {
  const [row] = await connection.query<{ pid: number }>('SELECT pg_catalog.pg_backend_pid() AS pid');
  return row?.pid ?? null;
}

/** The process that serves a new connection, null when that is not to be learnt in time. */
async function processOfAnother(connection: Connection, signal: AbortSignal): Promise<number | null> {
  const other = await connection.openAnother(signal).catch(() => null);
  if (!other) return null;
  try {
    return await other.until(signal, () => serverProcess(other)).catch(() => null);
  } finally {
    await other.close();
  }
}

/**
 * Refuses a connection that leads through a pooler in transaction mode: what its session holds, a lock for instance,
 * belongs to whoever is served by the same server process next. Recognised by a process that serves two open
 * connections, or that changes.
 * @throws ConfigError `DB_POOLED`
 */
export async function refusePooledSession(connection: Connection, signal?: AbortSignal): Promise<void> {
  const first = await serverProcess(connection);
  // A server itself names the process at the login; a pooler makes a number up.
  if (first === null || first === cancelKeyOf(connection.client).processId) return;
  const soon = AbortSignal.any([AbortSignal.timeout(PROBE_MS), ...(signal ? [signal] : [])]);
  for (let probe = 0; probe < PROBES && !soon.aborted; probe++) {
    const other = await processOfAnother(connection, soon);
    signal?.throwIfAborted();
    if (other === first || (await serverProcess(connection)) !== first) throw pooled(connection);
  }
}

function pooled({ endpoint }: Connection): ConfigError {
  return new ConfigError(
    'DB_POOLED',
    `${describeEndpoint(endpoint)} is a pooler in transaction mode; expected a session of its own for the lock of the chain`,
    { hint: 'Connect to the server itself, or to a pool with pool_mode = session.' },
  );
}
