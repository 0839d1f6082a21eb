import type { Client } from 'pg';
import { advisoryKey, ChainLock } from '../../../../../runtime/adapters/postgres/advisory-lock';
import { PostgresAuditLog } from '../../../../../runtime/adapters/postgres/read/audit-log';
import { appendEvents } from '../../../../../runtime/adapters/postgres/append/append';
import { Connection } from '../../../../../runtime/adapters/postgres/connection';
import { linksLayout, v1Layout } from '../../../../../runtime/domain/chain/columns';
import { APPEND, createAuditDatabase, event, storeVector } from '../../../../support/audit-table';
import type { TestDatabase } from '../../../../support/database';
import { vectors } from '../../../../support/vectors';

jest.setTimeout(60_000);

let database: TestDatabase;
let client: Client;
const logs: PostgresAuditLog[] = [];

type Options = ConstructorParameters<typeof PostgresAuditLog>[0];

function auditLog(options: Partial<Options> = {}): PostgresAuditLog {
  const log = new PostgresAuditLog({
    connection: { connectionString: database.url },
    table: { table: 'audit_events' },
    layout: v1Layout(),
    chainId: 'production',
    ...options,
  });
  logs.push(log);
  return log;
}

async function append(...events: Record<string, unknown>[]): Promise<void> {
  await client.query('BEGIN');
  await appendEvents(client, events, APPEND);
  await client.query('COMMIT');
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(Uint8Array.from(chunk));
  return Buffer.concat(all);
}

const isolate = (role: string): string => {
  const url = new URL(database.url);
  url.searchParams.set('options', `-c role=${role}`);
  return url.href;
};

beforeAll(async () => {
  database = await createAuditDatabase();
  client = await database.connect();
});
afterAll(async () => {
  await Promise.all(logs.map((log) => log.close()));
  await database.drop();
});

it('knows nothing of an empty table', async () => {
  const log = auditLog();
  expect(await log.head()).toBeNull();
  await log.snapshot(async (snapshot) => {
    expect(await snapshot.firstIndex()).toBeNull();
    expect(await snapshot.hashAt(1)).toBeNull();
    expect(await snapshot.timeAt(1)).toBeNull();
    expect(await snapshot.estimateCount()).toBe(0);
    expect((await collect(snapshot.readTuples())).subarray(-2)).toEqual(Buffer.from([0xff, 0xff]));
  });
});

describe('a filled table', () => {
  beforeAll(async () => {
    await storeVector(client, vectors.events[0]!);
    await append(event('b', { occurred_at: '1969-12-31T23:59:59.9995Z' }), event('c'));
  });

  it('answers the questions of a snapshot', async () => {
    const first = vectors.events[0]!;
    await auditLog().snapshot(async (snapshot) => {
      expect(await snapshot.head()).toMatchObject({ index: 3, keyId: 'k1' });
      expect(await snapshot.firstIndex()).toBe(1);
      expect(await snapshot.hashAt(1)).toBe(first.event_hash);
      expect(await snapshot.hashAt(4)).toBeNull();
      expect(await snapshot.timeAt(1)).toBe(Date.parse('2025-01-15T14:00:00.999Z'));
      expect(await snapshot.timeAt(2)).toBe(-1);
      expect(await snapshot.estimateCount()).toBe(3);
    });
  });

  it('streams tuples that hold the published message and hash', async () => {
    const { message, event_hash } = vectors.events[0]!;
    await auditLog().snapshot(async (snapshot) => {
      const stream = await collect(snapshot.readTuples({ from: 1, to: 1 }));
      const header = `${Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1').toString('hex')}${'00'.repeat(8)}`;
      expect(stream.toString('hex')).toBe(`${header}000b${message}00000020${event_hash}ffff`);
    });
  });

  it('keeps one view while others append', async () => {
    await auditLog().snapshot(async (snapshot) => {
      const before = await snapshot.head();
      await append(event('later'));
      expect(await snapshot.head()).toEqual(before);
      expect(await snapshot.hashAt(before!.index + 1)).toBeNull();
    });
  });

  it('gives the identity that the server reports', async () => {
    const { rows } = await client.query<{ id: string; timeline: number }>(
      `SELECT system_identifier::text AS id, timeline_id AS timeline FROM pg_control_system(), pg_control_checkpoint()`,
    );
    await auditLog().snapshot(async (snapshot) => {
      const identity = await snapshot.identity();
      expect(identity).toMatchObject({ systemId: rows[0]!.id, timeline: rows[0]!.timeline, standby: false });
      expect(identity.lsn).toMatch(/^[0-9A-F]+\/[0-9A-F]+$/);
    });
  });

  it('gives null for what the user may not know, and the snapshot goes on', async () => {
    await client.query(`REVOKE EXECUTE ON FUNCTION pg_control_system(), pg_control_checkpoint() FROM PUBLIC`);
    await client.query(`REVOKE EXECUTE ON FUNCTION pg_current_wal_insert_lsn() FROM PUBLIC`);
    try {
      const log = auditLog({ connection: { connectionString: isolate('audit_reader') } });
      await log.snapshot(async (snapshot) => {
        expect(await snapshot.identity()).toEqual({
          systemId: null,
          timeline: null,
          standby: false,
          lsn: null,
        });
        expect(await snapshot.firstIndex()).toBe(1);
      });
    } finally {
      await client.query(
        `GRANT EXECUTE ON FUNCTION pg_control_system(), pg_control_checkpoint(), pg_current_wal_insert_lsn() TO PUBLIC`,
      );
    }
  });

  it('goes on after a reader that stops early, and after a reader that fails', async () => {
    await client.query(`CREATE TABLE many AS SELECT i::int8 AS chain_index, now() AS occurred_at, 'a' AS actor,
      repeat('x', 1000) AS action, 'r' AS resource, 'o' AS outcome, '{}'::json AS details, NULL::uuid AS salt, 'k' AS key_id,
      '\\x00'::bytea AS prev_hash, '\\x00'::bytea AS event_hash FROM generate_series(1, 50000) AS i`);
    const log = auditLog({ table: { table: 'many' } });
    await log.exclusive(
      async (session) => {
        await session.snapshot(async (snapshot) => {
          let chunks = 0;
          for await (const chunk of snapshot.readTuples()) {
            expect(chunk.length).toBeGreaterThan(0);
            if ((chunks += 1) === 2) break;
          }
          expect(await snapshot.estimateCount()).toBe(50_000);
          const failing = async (): Promise<void> => {
            for await (const chunk of snapshot.readTuples())
              throw new Error(`the reader failed after ${chunk.length > 0}`);
          };
          await expect(failing()).rejects.toThrow('the reader failed after true');
          expect((await collect(snapshot.readTuples({ from: 49_999 }))).length).toBeGreaterThan(2_000);
        });
        await session.assertHeld();
      },
      { waitMs: 0 },
    );
  });

  it('tells a lost connection in the middle of a stream', async () => {
    const log = auditLog({ table: { table: 'many' } });
    const reading = log.snapshot(async (snapshot) => {
      let bytes = 0;
      for await (const chunk of snapshot.readTuples()) {
        const first = bytes === 0;
        bytes += chunk.length;
        if (first) {
          await client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND query LIKE 'COPY%many%'`);
        }
      }
    });
    await expect(reading).rejects.toMatchObject({ code: 'DB_UNREACHABLE' });
    // The next use connects anew.
    expect(await log.head()).toMatchObject({ index: 50_000 });
  });

  it('tells a statement timeout as such', async () => {
    const url = new URL(database.url);
    url.searchParams.set('options', '-c statement_timeout=1');
    const log = auditLog({ connection: { connectionString: url.href }, table: { table: 'many' } });
    await expect(log.snapshot((snapshot) => collect(snapshot.readTuples()))).rejects.toMatchObject({
      code: 'DB_TIMEOUT',
    });
  });

  it('leaves an index that no chain can have to the scan', async () => {
    await client.query('CREATE TABLE beyond AS TABLE many WITH NO DATA');
    await client.query('INSERT INTO beyond (chain_index) VALUES (9007199254740992), (NULL)');
    const log = auditLog({ table: { table: 'beyond' } });
    await expect(log.head()).resolves.toBeNull();
    await expect(log.snapshot((snapshot) => snapshot.firstIndex())).resolves.toBeNull();
    await client.query("INSERT INTO beyond (chain_index, event_hash) VALUES (7, '\\x07')");
    await expect(log.head()).resolves.toMatchObject({ index: 7 });
    await client.query('DELETE FROM beyond WHERE chain_index = 7');
  });

  it('takes an index of any integer type in a foreign chain, not in a chain of version 1', async () => {
    await client.query('CREATE TABLE narrow (chain_index int4, prev_hash bytea, event_hash bytea)');
    const names = { index: 'chain_index', prevHash: 'prev_hash', hash: 'event_hash', keyId: null };
    const foreign = auditLog({ table: { table: 'narrow' }, layout: linksLayout(names) });
    await expect(foreign.head()).resolves.toBeNull();
    const own = auditLog({ table: { table: 'narrow' } });
    await expect(own.head()).rejects.toMatchObject({ code: 'TABLE_SHAPE' });
  });

  it('reads rows without an index last, unless a range is asked for', async () => {
    const log = auditLog({ table: { table: 'beyond' }, layout: linksLayout() });
    await log.snapshot(async (snapshot) => {
      const all = (await collect(snapshot.readTuples())).toString('hex');
      // Every column of the table is NULL, and behind the row the stream ends.
      expect(all.endsWith(`000b${'ffffffff'.repeat(11)}ffff`)).toBe(true);
      const range = (await collect(snapshot.readTuples({ from: 0 }))).toString('hex');
      expect(range).not.toContain('000bffffffff');
    });
  });

  it('refuses to read through a policy that hides rows', async () => {
    await client.query('CREATE TABLE hidden AS TABLE many WITH NO DATA');
    await client.query(
      'ALTER TABLE hidden ENABLE ROW LEVEL SECURITY; GRANT SELECT ON hidden TO audit_reader',
    );
    const log = auditLog({
      connection: { connectionString: isolate('audit_reader') },
      table: { table: 'hidden' },
    });
    await expect(log.head()).rejects.toMatchObject({
      code: 'DB_PERMISSION_DENIED',
      message: expect.stringContaining('row-level security') as string,
    });
  });
});

describe('the lock', () => {
  it('lets one session in, and the next when it ends', async () => {
    const first = auditLog();
    const second = auditLog();
    const order: string[] = [];
    let entered: () => void = () => undefined;
    const inside = new Promise<void>((resolve) => (entered = resolve));
    const one = first.exclusive(
      async () => {
        entered();
        await expect(second.exclusive(() => Promise.resolve(), { waitMs: 150 })).rejects.toMatchObject({
          code: 'LOCK_BUSY',
          message: expect.stringMatching(
            /^the lock of chain "production" is held by server process \d+ \("audit-anchor"\)/,
          ) as string,
        });
        order.push('first');
      },
      { waitMs: 0 },
    );
    await inside;
    const two = second.exclusive(() => Promise.resolve(order.push('second')), { waitMs: 20_000 });
    await Promise.all([one, two]);
    expect(order).toEqual(['first', 'second']);
    await first.exclusive(() => Promise.resolve(), { waitMs: 0 });
  });

  it('is one per chain, and is given back after an error', async () => {
    const log = auditLog();
    const other = auditLog({ chainId: 'production/eu' });
    const failing = log.exclusive(
      () => other.exclusive(() => Promise.reject(new Error('failed inside')), { waitMs: 0 }),
      { waitMs: 0 },
    );
    await expect(failing).rejects.toThrow('failed inside');
    await log.exclusive(() => other.exclusive((session) => session.assertHeld(), { waitMs: 0 }), {
      waitMs: 0,
    });
  });

  it('is known to be lost when its session was killed', async () => {
    const kill = `SELECT pg_terminate_backend(pid) FROM pg_locks
      WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
    const using = auditLog().exclusive(
      async (session) => {
        await session.assertHeld();
        await client.query(kill);
        await session.assertHeld();
      },
      { waitMs: 0 },
    );
    await expect(using).rejects.toMatchObject({ code: 'LOCK_LOST' });
  });

  it('is known to be lost when the session gave it up on the way', async () => {
    const connection = await Connection.open({ connectionString: database.url });
    const lock = new ChainLock(connection, 'production');
    await lock.acquire(0);
    await expect(lock.assertHeld()).resolves.toBeUndefined();
    await connection.query('SELECT pg_advisory_unlock_all()');
    await expect(lock.assertHeld()).rejects.toMatchObject({ code: 'LOCK_LOST' });
    await connection.close();
  });

  it('has the key that SQL computes from the chain id', async () => {
    for (const chainId of ['production', 'production/eu', 'a', 'b']) {
      const { rows } = await client.query(
        `SELECT ('x' || encode(substr(sha256(convert_to('audit-anchor/1', 'UTF8') || '\\x00' || convert_to($1, 'UTF8')), 1, 8), 'hex'))::bit(64)::int8::text AS key`,
        [chainId],
      );
      expect(rows).toEqual([{ key: advisoryKey('audit-anchor/1', chainId).toString() }]);
    }
  });

  it('stops waiting when it is told to', async () => {
    const log = auditLog();
    // Connected by now, so that the lock is all that is waited for.
    await log.head();
    await auditLog().exclusive(
      async () => {
        const started = Date.now();
        const waiting = log.exclusive(() => Promise.resolve(), {
          waitMs: 60_000,
          signal: AbortSignal.timeout(100),
        });
        await expect(waiting).rejects.toMatchObject({ code: 'INTERRUPTED' });
        expect(Date.now() - started).toBeLessThan(10_000);
      },
      { waitMs: 0 },
    );
  });
});

describe('the shape of the table', () => {
  it('accepts the table of init, and a view, a partitioned table and domains over the types', async () => {
    await client.query(`
      CREATE VIEW seen AS TABLE audit_events;
      CREATE TABLE parted (LIKE audit_events) PARTITION BY RANGE (chain_index);
      CREATE DOMAIN person AS varchar(100);
      CREATE TABLE domains (LIKE audit_events);
      ALTER TABLE domains ALTER actor TYPE person;`);
    for (const table of ['audit_events', 'seen', 'parted', 'domains']) {
      await expect(auditLog({ table: { table } }).head()).resolves.toBeDefined();
    }
  });

  it('says where it looked for a missing table', async () => {
    const missing = auditLog({ table: { table: 'nothing' } });
    await expect(missing.snapshot(() => Promise.resolve())).rejects.toMatchObject({
      code: 'TABLE_NOT_FOUND',
      message: 'table "nothing" was not found: looked in schema "public"',
    });
    await expect(missing.head()).rejects.toMatchObject({ code: 'TABLE_NOT_FOUND' });
    await expect(auditLog({ table: { table: 'audit_events', schema: 'own' } }).head()).rejects.toMatchObject({
      message: 'table "audit_events" was not found: looked in schema "own"',
    });
  });

  it('finds the table that the search path of the user means', async () => {
    await client.query('CREATE SCHEMA shadow; CREATE TABLE shadow.audit_events (chain_index text)');
    const url = new URL(database.url);
    url.searchParams.set('options', '-c search_path=nowhere,shadow,public');
    await expect(auditLog({ connection: { connectionString: url.href } }).head()).rejects.toMatchObject({
      code: 'TABLE_SHAPE',
      message: expect.stringContaining(
        'table "shadow"."audit_events" has another shape; column "chain_index"',
      ) as string,
    });
  });

  it('lists every fault and explains jsonb', async () => {
    await client.query('CREATE TABLE wrong (LIKE audit_events)');
    await client.query('ALTER TABLE wrong ALTER details TYPE jsonb, DROP actor, ALTER prev_hash TYPE text');
    await expect(auditLog({ table: { table: 'wrong' } }).head()).rejects.toMatchObject({
      code: 'TABLE_SHAPE',
      faults: [
        { setting: 'column "actor"', found: 'no such column', allowed: 'text' },
        {
          setting: 'column "details"',
          found: 'jsonb',
          allowed: 'json: jsonb keeps its own form of a document, not the bytes that were hashed',
        },
        { setting: 'column "prev_hash"', found: 'text', allowed: 'bytea' },
      ],
    });
  });
});
