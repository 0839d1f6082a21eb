import type { Client } from 'pg';
import type { TestDatabase } from './database';

const POLL_MS = 20;
const PATIENCE_MS = 20_000;

/** Locks a table against everybody, as ALTER TABLE does; the call that it gives unlocks it. */
export async function lockTable(database: TestDatabase, table: string): Promise<() => Promise<void>> {
  const locker = await database.connect();
  await locker.query('BEGIN');
  await locker.query(`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
  return () => locker.end();
}

/**
 * Waits until a session of that application waits for a lock or a timer; with `none` until there is no session.
 * @param except process id of a session that is not meant
 * @returns process id of the session, 0 for none
 */
export async function activity(
  client: Client,
  application: string,
  what: 'waiting' | 'none',
  except = 0,
): Promise<number> {
  for (const deadline = performance.now() + PATIENCE_MS; ;) {
    const { rows } = await client.query<{ pid: number; waiting: boolean }>(
      `SELECT pid, state = 'active' AND wait_event_type IN ('Lock', 'Timeout') AS waiting FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = $1 AND pid <> $2`,
      [application, except],
    );
    const waiting = rows.find((row) => row.waiting);
    if (what === 'none' ? rows.length === 0 : waiting) return waiting?.pid ?? 0;
    if (performance.now() > deadline) throw new Error(`sessions of ${application}: ${JSON.stringify(rows)}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
