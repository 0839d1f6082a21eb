import { setTimeout as sleep } from 'node:timers/promises';
import { compareLsn, isFlushed } from '../../../domain/lsn';
import { UnavailableError } from '../../../errors';
import type { Connection } from '../connection';
import { isNotGiven } from './identity';

const POLL_MS = 20;
/** Three rounds of a WAL writer with the longest `wal_writer_delay` that PostgreSQL takes, milliseconds. */
const FLUSH_WAIT_MS = 30_000;

/**
 * Gives the transaction around it an id, with which its end is logged and the WAL writer asked to flush. Without it what
 * was logged outside of a commit (the pruning by a reader that was rolled back) waits for the next commit of anybody, on
 * an idle server for a checkpoint. Allowed to every role and in read-only transactions.
 */
const NUDGE = 'SELECT pg_catalog.txid_current()';

const FLUSHED = `
  SELECT pg_catalog.pg_current_wal_flush_lsn()::pg_catalog.text AS flush,
         pg_catalog.current_setting('wal_block_size')::pg_catalog.text AS block,
         pg_catalog.pg_size_bytes(pg_catalog.current_setting('wal_segment_size'))::pg_catalog.text AS segment`;

interface Flushed {
  readonly flush: string;
  readonly block: string;
  readonly segment: string;
}

/**
 * Waits until everything before `lsn` is on the server's disk: with `synchronous_commit = off` a crash takes back what
 * was committed, and seen, before that. Must run outside of a transaction, since what reading itself has logged is
 * flushed behind its end only. Where the server tells no such position there is nothing to wait for.
 * @returns the position that a standby reaches which has replayed all of it
 * @throws UnavailableError `WAL_NOT_FLUSHED` after `waitMs`; the reason of `signal` when it aborts
 */
export async function awaitFlush(
  connection: Connection,
  lsn: string,
  signal?: AbortSignal,
  waitMs: number = FLUSH_WAIT_MS,
): Promise<string> {
  const deadline = Date.now() + waitMs;
  for (let nudged = false; ; nudged = true) {
    const reached = await readFlushed(connection);
    if (reached === null) return lsn;
    const { flush, block, segment } = reached;
    if (isFlushed(lsn, flush, { block: Number(block), segment: Number(segment) })) {
      return compareLsn(lsn, flush) < 0 ? lsn : flush;
    }
    if (Date.now() >= deadline) {
      throw new UnavailableError(
        'WAL_NOT_FLUSHED',
        `the server has its log on disk up to ${flush}; the events that were read need ${lsn}; waited ${waitMs / 1000} s`,
        {
          hint: 'Check the disk of the database server and its wal_writer_delay, or write events with synchronous_commit on.',
        },
      );
    }
    if (!nudged) await nudge(connection);
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
    signal?.throwIfAborted();
  }
}

async function readFlushed(connection: Connection): Promise<Flushed | null> {
  try {
    const [row] = await connection.query<Flushed & Record<string, unknown>>(FLUSHED);
    return row ?? null;
  } catch (error) {
    if (!isNotGiven(error)) throw error;
    return null;
  }
}

async function nudge(connection: Connection): Promise<void> {
  try {
    await connection.query(NUDGE);
  } catch (error) {
    if (!isNotGiven(error)) throw error;
  }
}
