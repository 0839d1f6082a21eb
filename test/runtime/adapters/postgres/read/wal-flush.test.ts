import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { appendEvents } from '../../../../../runtime/adapters/postgres/append/append';
import { PostgresAuditLog } from '../../../../../runtime/adapters/postgres/read/audit-log';
import { Connection } from '../../../../../runtime/adapters/postgres/connection';
import { initialise } from '../../../../../runtime/adapters/postgres/init';
import { awaitFlush } from '../../../../../runtime/adapters/postgres/read/wal-flush';
import { v1Layout } from '../../../../../runtime/domain/chain/columns';
import { startEmbeddedPostgres } from '../../../../../runtime/embedded/postgres/start';
import { UnavailableError } from '../../../../../runtime/errors';
import { APPEND, event, EVENTS_TABLE } from '../../../../support/audit-table';

jest.setTimeout(120_000);

const PASSWORD = 'only-for-this-test';

async function within(directory: string, use: (url: string) => Promise<void>): Promise<void> {
  const server = await startEmbeddedPostgres({ directory, password: PASSWORD });
  try {
    await use(server.url);
  } finally {
    await server.stop().catch(() => undefined);
  }
}

async function connected<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function auditLog(url: string): PostgresAuditLog {
  return new PostgresAuditLog({
    connection: { connectionString: url },
    table: { table: EVENTS_TABLE },
    layout: v1Layout(),
    chainId: 'production',
  });
}

async function append(client: Client, action: string): Promise<void> {
  await client.query('BEGIN');
  await appendEvents(client, [event(action)], APPEND);
  await client.query('COMMIT');
}

async function pidOf(client: Client, backend: string): Promise<number> {
  const { rows } = await client.query<{ pid: number }>(
    'SELECT pid FROM pg_stat_activity WHERE backend_type = $1',
    [backend],
  );
  return rows[0]!.pid;
}

it('what a crash would take back is seen, and not called flushed', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'wal-flush-'));
  try {
    await within(directory, async (url) => {
      await initialise({ connectionString: url }, v1Layout(), { table: EVENTS_TABLE });
      const log = auditLog(url);
      const reader = await Connection.open({ connectionString: url });
      await connected(url, async (client) => {
        await append(client, 'kept');
        const writer = await pidOf(client, 'walwriter');
        const { rows } = await client.query<{ file: string }>(
          `SELECT pg_read_file('postmaster.pid') AS file`,
        );
        const postmaster = Number(rows[0]!.file.split('\n')[0]);
        const look = (): Promise<{ index: number; lsn: string }> =>
          log.snapshot(async (snapshot) => ({
            index: (await snapshot.head())!.index,
            lsn: (await snapshot.identity()).lsn!,
          }));
        // Nobody but the WAL writer flushes what is committed this way.
        process.kill(writer, 'SIGSTOP');
        await client.query('SET synchronous_commit = off');
        await append(client, 'lost');
        const seen = await look();
        expect(seen.index).toBe(2);
        await expect(awaitFlush(reader, seen.lsn, undefined, 200)).rejects.toMatchObject({
          code: 'WAL_NOT_FLUSHED',
        });
        const stopped = awaitFlush(reader, seen.lsn, AbortSignal.abort(new Error('stopped')));
        await expect(stopped).rejects.toThrow('stopped');
        const { rows: all } = await client.query<{ pid: number }>('SELECT pid FROM pg_stat_activity');
        process.kill(postmaster, 'SIGKILL');
        for (const { pid } of all) {
          try {
            process.kill(pid, 'SIGKILL');
          } catch {
            // It has followed the postmaster already.
          }
        }
      });
      await reader.close();
      await log.close();
    });
    await within(directory, async (url) => {
      const log = auditLog(url);
      await expect(log.head()).resolves.toMatchObject({ index: 1 });
      await connected(url, async (client) => {
        await client.query('SET synchronous_commit = off');
        await append(client, 'again');
      });
      await log.exclusive(
        async (session) => {
          const lsn = await session.snapshot(async (snapshot) => (await snapshot.identity()).lsn!);
          await expect(session.flushed(lsn)).resolves.toMatch(/^[0-9A-F]+\/[0-9A-F]+$/);
        },
        { waitMs: 0 },
      );
      await log.close();
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

it('what was logged outside of a commit is flushed at once, also when nobody else commits', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'wal-flush-'));
  try {
    await within(directory, async (url) => {
      await connected(url, async (client) => {
        const others = [await pidOf(client, 'background writer'), await pidOf(client, 'checkpointer')];
        const reader = await Connection.open({ connectionString: url });
        await client.query('CHECKPOINT');
        others.forEach((pid) => process.kill(pid, 'SIGSTOP'));
        try {
          await client.query('BEGIN');
          await client.query(`SELECT pg_logical_emit_message(false, 'test', repeat('x', 100))`);
          const { rows } = await client.query<{ lsn: string }>(
            'SELECT pg_current_wal_insert_lsn()::text AS lsn',
          );
          await client.query('ROLLBACK');
          await expect(awaitFlush(reader, rows[0]!.lsn)).resolves.toBe(rows[0]!.lsn);
        } finally {
          others.forEach((pid) => process.kill(pid, 'SIGCONT'));
          await reader.close();
        }
      });
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

it('a server that tells no flushed position is not waited for', async () => {
  const connection = { query: jest.fn().mockRejectedValue(notGiven('0A000')) } as unknown as Connection;
  await expect(awaitFlush(connection, '0/10', undefined, 0)).resolves.toBe('0/10');
  const lost = { query: jest.fn().mockRejectedValue(notGiven('57P01')) } as unknown as Connection;
  await expect(awaitFlush(lost, '0/10', undefined, 0)).rejects.toMatchObject({ code: 'DB_ERROR' });
});

function notGiven(code: string): Error {
  const cause = Object.assign(new Error('refused'), { severity: 'ERROR', code });
  return new UnavailableError('DB_ERROR', 'refused', { cause });
}
