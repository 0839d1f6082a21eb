/**
 * How long a statement waits for a lock that another transaction holds, milliseconds, unless the user of the database has
 * a `lock_timeout` of its own.
 */
export const LOCK_WAIT_MS = 60_000;

/**
 * Bounds the waits for locks of the rest of a transaction, and of nothing else: a pooler would hand a setting of the
 * session to the next program. Gives a row when it changed something.
 */
export const BOUND_LOCKS = `SELECT pg_catalog.set_config('lock_timeout', '${LOCK_WAIT_MS}', true) AS bound
  WHERE pg_catalog.current_setting('lock_timeout') = '0';`;

/** What undoes that in a transaction that is a caller's, when it had changed something. */
export const FREE_LOCKS = 'SET LOCAL lock_timeout = 0';
