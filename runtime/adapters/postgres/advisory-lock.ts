import { setTimeout as sleep } from 'node:timers/promises';
import { sha256 } from '../../domain/digests';
import { UnavailableError } from '../../errors';
import type { Connection } from './connection';
import { refusePooledSession } from './pooled-session';

const POLL_MS = 100;
/** A server that does not say for so long who holds the lock is taken for one that cannot be asked, milliseconds. */
const ANSWER_TIMEOUT_MS = 10_000;
const UNLOCK_ATTEMPTS = 5;
const ANCHOR_LABEL = 'audit-anchor/1';

/** First 8 bytes of SHA-256(label 0x00 name), as the signed bigint that PostgreSQL's advisory locks take. */
export function advisoryKey(label: string, name: string): bigint {
  return sha256(Buffer.from(`${label}\0${name}`, 'utf8')).readBigInt64BE();
}

const HOLDER = `
  SELECT l.pid::pg_catalog.text AS pid, a.application_name AS application
  FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
  WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
    AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
    AND (l.classid::pg_catalog.int8 << 32) | l.objid::pg_catalog.int8 = $1::pg_catalog.int8`;

/** The session lock of one chain: at most one anchorer at a time writes for it from one database. */
export class ChainLock {
  private readonly key: string;

  constructor(
    private readonly connection: Connection,
    private readonly chainId: string,
  ) {
    this.key = advisoryKey(ANCHOR_LABEL, chainId).toString();
  }

  /**
   * Polls for the lock, so that a waiting session never stands in the way of others.
   * @throws ConfigError `DB_POOLED` when a pooler gives this session to others between two transactions
   * @throws UnavailableError `LOCK_BUSY` after `waitMs`, `INTERRUPTED` when `signal` aborts between two looks;
   *   its reason is thrown when it aborts during one
   */
  async acquire(waitMs: number, signal?: AbortSignal): Promise<void> {
    for (const deadline = Date.now() + waitMs; ;) {
      if (signal?.aborted) throw this.interrupted();
      const [row] = await this.connection.until(signal, () =>
        this.connection.query<{ locked: boolean }>({
          text: 'SELECT pg_catalog.pg_try_advisory_lock($1::pg_catalog.int8) AS locked',
          values: [this.key],
        }),
      );
      if (row?.locked) return this.keepOrRefuse(signal);
      const left = deadline - Date.now();
      if (left <= 0) throw await this.busy(waitMs);
      await sleep(Math.min(POLL_MS, left), undefined, { signal }).catch(() => undefined);
    }
  }

  /** @throws UnavailableError `LOCK_LOST` unless this very session holds the lock, or when that cannot be found out */
  async assertHeld(): Promise<void> {
    let held: boolean;
    try {
      const rows = await this.connection.until(AbortSignal.timeout(ANSWER_TIMEOUT_MS), () =>
        this.connection.query({
          text: `${HOLDER} AND l.pid = pg_catalog.pg_backend_pid()`,
          values: [this.key],
        }),
      );
      held = rows.length === 1;
    } catch (error) {
      throw this.lost(`its session cannot be asked: ${error instanceof Error ? error.message : ''}`, error);
    }
    if (!held) throw this.lost('the session no longer holds it');
  }

  async release(): Promise<void> {
    await this.unlock();
  }

  /** @returns false when this session does not hold the lock */
  private async unlock(): Promise<boolean> {
    const [row] = await this.connection.query<{ unlocked: boolean }>({
      text: 'SELECT pg_catalog.pg_advisory_unlock($1::pg_catalog.int8) AS unlocked',
      values: [this.key],
    });
    return row?.unlocked === true;
  }

  /** Looked at only now: some poolers give a session to one client from the moment that it holds a lock. */
  private async keepOrRefuse(signal: AbortSignal | undefined): Promise<void> {
    try {
      await this.connection.until(signal, () => refusePooledSession(this.connection, signal));
    } catch (error) {
      // Behind a pooler each attempt may be served by another session than the one that holds the lock.
      for (let attempt = 0; attempt < UNLOCK_ATTEMPTS; attempt++) {
        if (await this.unlock().catch(() => true)) break;
      }
      throw error;
    }
  }

  private async busy(waitMs: number): Promise<UnavailableError> {
    const [holder] = await this.connection.query<{ pid: string; application: string | null }>({
      text: HOLDER,
      values: [this.key],
    });
    const who = holder ? `server process ${holder.pid} ("${holder.application ?? ''}")` : 'another session';
    return new UnavailableError(
      'LOCK_BUSY',
      `the lock of chain "${this.chainId}" is held by ${who}; waited ${waitMs} ms`,
      { hint: 'Another anchorer runs for this chain; let it finish, or stop it.' },
    );
  }

  private lost(why: string, cause?: unknown): UnavailableError {
    return new UnavailableError('LOCK_LOST', `the lock of chain "${this.chainId}" was lost: ${why}`, {
      ...(cause === undefined ? {} : { cause }),
      hint: 'Nothing was written; the next run starts again.',
    });
  }

  private interrupted(): UnavailableError {
    return new UnavailableError(
      'INTERRUPTED',
      `stopped while waiting for the lock of chain "${this.chainId}"`,
    );
  }
}
