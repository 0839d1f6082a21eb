import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import { ChainWriter } from '../../../../../runtime/adapters/postgres/append/chain-writer';
import type { ChainWriterOptions } from '../../../../../runtime/adapters/postgres/append/chain-writer-options';
import { initialise } from '../../../../../runtime/adapters/postgres/init';
import { appendStream } from '../../../../../runtime/adapters/postgres/append/stream';
import { linksLayout } from '../../../../../runtime/domain/chain/columns';
import { APPEND, createAuditDatabase, event, vectorKeys } from '../../../../support/audit-table';
import type { TestDatabase } from '../../../../support/database';

jest.setTimeout(60_000);

let database: TestDatabase;
const writers: ChainWriter[] = [];

beforeAll(async () => {
  database = await createAuditDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  await database.pool.query('DROP TABLE audit_events CASCADE');
  await initialise({ connectionString: database.url }, APPEND.layout, APPEND.table);
});
afterEach(async () => {
  await Promise.all(writers.splice(0).map((writer) => writer.close()));
});

function open(more: Partial<ChainWriterOptions> = {}): ChainWriter {
  const target = { connection: { connectionString: database.url } };
  const writer = new ChainWriter({ ...APPEND, ...target, ...more } as ChainWriterOptions);
  writers.push(writer);
  return writer;
}

interface Stored {
  readonly index: number;
  readonly action: string;
  readonly hash: string;
}

async function stored(): Promise<Stored[]> {
  const { rows } = await database.pool.query<Stored>(
    `SELECT chain_index::int4 AS index, action, encode(event_hash, 'hex') AS hash FROM audit_events ORDER BY 1`,
  );
  return rows;
}

const actions = async (): Promise<string[]> => (await stored()).map(({ action }) => action);

it('gives each of 64 producers its receipts, in its order, in few transactions', async () => {
  const writer = open();
  const rounds = 20;
  const receipts = await Promise.all(
    Array.from({ length: 64 }, async (_, producer) => {
      const own = [];
      for (let round = 0; round < rounds; round += 1)
        own.push(await writer.append(event(`${producer}/${round}`)));
      return own;
    }),
  );
  const rows = await stored();
  expect(rows).toHaveLength(64 * rounds);
  for (const [producer, own] of receipts.entries()) {
    for (const [round, { schema, table, index, hash, keyId }] of own.entries()) {
      expect({ schema, table }).toEqual({ schema: 'public', table: 'audit_events' });
      expect(rows[index - 1]).toEqual({ index, action: `${producer}/${round}`, hash });
      expect(keyId).toBe('k1');
    }
    expect(own.map(({ index }) => index)).toEqual(own.map(({ index }) => index).sort((a, b) => a - b));
  }
  const { rows: transactions } = await database.pool.query<{ count: number }>(
    'SELECT count(DISTINCT xmin::text)::int4 AS count FROM audit_events',
  );
  expect(transactions[0]!.count).toBeLessThan(5 * rounds);
});

it('keeps the order of a producer that does not wait for its receipts', async () => {
  const writer = open({ maxBatch: 7 });
  const names = Array.from({ length: 100 }, (_, at) => `e${at}`);
  await Promise.all(names.map((name) => writer.append(event(name))));
  expect(await actions()).toEqual(names);
});

describe('bad events', () => {
  it('are refused alone, before and after the table is known', async () => {
    const writer = open();
    for (const round of ['first', 'second']) {
      const [good, bad, missing, other] = await Promise.allSettled([
        writer.append(event(`${round} good`)),
        writer.append(event('bad', { details: '{' })),
        writer.append(event('missing', { actor: undefined })),
        writer.append(event(`${round} other`)),
      ]);
      expect(good.status).toBe('fulfilled');
      expect(other.status).toBe('fulfilled');
      expect(bad).toMatchObject({
        reason: {
          code: 'EVENT_INVALID',
          message: expect.stringMatching(/^the event: column "details" \(json\): found "\{"/) as string,
          hint: 'It was not stored; others are not affected.',
        },
      });
      expect(missing).toMatchObject({ reason: { code: 'EVENT_INVALID' } });
    }
    expect(await actions()).toEqual(['first good', 'first other', 'second good', 'second other']);
  });

  it('that only the server can tell are refused alone too', async () => {
    await database.pool.query(`ALTER TABLE audit_events ADD CHECK (actor <> 'mallory')`);
    const writer = open();
    const names = Array.from({ length: 40 }, (_, at) => `e${at}`);
    const isBad = (name: string): boolean => ['e0', 'e13', 'e39'].includes(name);
    const results = await Promise.allSettled(
      names.map((name) => writer.append(event(name, isBad(name) ? { actor: 'mallory' } : {}))),
    );
    expect(await actions()).toEqual(names.filter((name) => !isBad(name)));
    for (const [at, result] of results.entries()) {
      if (isBad(names[at]!)) expect(result).toMatchObject({ reason: { code: 'EVENT_INVALID' } });
      else expect(result).toMatchObject({ status: 'fulfilled' });
    }
  });

  it('that a deferred constraint refuses at COMMIT are refused alone too', async () => {
    await database.pool.query('ALTER TABLE audit_events ADD UNIQUE (action) DEFERRABLE INITIALLY DEFERRED');
    const writer = open();
    const results = await Promise.allSettled(['a', 'b', 'a', 'c'].map((name) => writer.append(event(name))));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect(await actions()).toEqual(['a', 'b', 'c']);
  });

  it('that a trigger drops in silence leave no gap', async () => {
    await database.pool.query(`
      CREATE FUNCTION drop_some() RETURNS trigger LANGUAGE plpgsql AS
        $$BEGIN IF NEW.actor = 'mallory' THEN RETURN NULL; END IF; RETURN NEW; END$$;
      CREATE TRIGGER dropping BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION drop_some()`);
    const writer = open();
    const names = ['a', 'bad', 'b', 'c'];
    const results = await Promise.allSettled(
      names.map((name) => writer.append(event(name, name === 'bad' ? { actor: 'mallory' } : {}))),
    );
    await database.pool.query('DROP FUNCTION drop_some() CASCADE');
    expect(results[1]).toMatchObject({ reason: { code: 'EVENT_ALTERED' } });
    expect((await stored()).map(({ index, action }) => `${index} ${action}`)).toEqual(['1 a', '2 b', '3 c']);
  });
});

describe('a full queue', () => {
  it('refuses more, says so, and tells when there is room again', async () => {
    const writer = open({ maxPending: 3 });
    const taken = ['a', 'b', 'c'].map((name) => writer.append(event(name)));
    expect(writer.pending).toBe(3);
    await expect(writer.append(event('d'))).rejects.toMatchObject({
      code: 'QUEUE_FULL',
      message: expect.stringContaining('maxPending of 3 ') as string,
    });
    let ready = false;
    const waiting = writer.ready().then(() => (ready = true));
    await sleep(0);
    expect(ready).toBe(false);
    await Promise.all([...taken, waiting]);
    await writer.append(event('d'));
    expect(await actions()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('bounds a producer that waits for room only', async () => {
    const writer = open({ maxPending: 10 });
    const receipts: Promise<unknown>[] = [];
    let most = 0;
    for (let at = 0; at < 100; at += 1) {
      await writer.ready();
      receipts.push(writer.append(event(`e${at}`)));
      most = Math.max(most, writer.pending);
    }
    await Promise.all(receipts);
    expect(most).toBe(10);
    expect(await stored()).toHaveLength(100);
  });
});

it('wakes as many producers as there is room for, so that none of them is refused', async () => {
  const writer = open({ maxPending: 4 });
  let most = 0;
  await Promise.all(
    Array.from({ length: 50 }, async (_, at) => {
      await writer.ready();
      const receipt = writer.append(event(`e${at}`));
      most = Math.max(most, writer.pending);
      await receipt;
    }),
  );
  expect(most).toBe(4);
  expect(await stored()).toHaveLength(50);
});

describe('waiting for company', () => {
  it('ends when the batch is full', async () => {
    const writer = open({ maxWaitMs: 60_000, maxBatch: 3 });
    const [a, b, c] = ['a', 'b', 'c'].map((name) => writer.append(event(name)));
    await expect(Promise.all([a, b, c])).resolves.toMatchObject([{ index: 1 }, { index: 2 }, { index: 3 }]);
  });

  it('ends with its time', async () => {
    const writer = open({ maxWaitMs: 30 });
    const started = performance.now();
    await writer.append(event('a'));
    expect(performance.now() - started).toBeGreaterThan(25);
  });

  it('ends with flush, which waits for the events before it and for no other', async () => {
    const writer = open({ maxWaitMs: 60_000 });
    const answered: string[] = [];
    const append = (name: string): Promise<unknown> =>
      writer.append(event(name)).then(() => answered.push(name));
    const first = [append('a'), append('b')];
    await writer.flush();
    expect(await actions()).toEqual(['a', 'b']);
    await Promise.all(first);
    const later = append('c');
    await sleep(50);
    expect(answered).toEqual(['a', 'b']);
    await writer.close();
    await later;
    expect(await actions()).toEqual(['a', 'b', 'c']);
  });
});

describe('the end', () => {
  it('by close: what waits is stored, more is refused', async () => {
    const writer = open({ maxBatch: 2 });
    const appended = Promise.all(['a', 'b', 'c', 'd', 'e'].map((name) => writer.append(event(name))));
    const closed = writer.close();
    await expect(writer.append(event('late'))).rejects.toMatchObject({ code: 'USAGE' });
    await closed;
    expect(await appended).toHaveLength(5);
    expect(await actions()).toEqual(['a', 'b', 'c', 'd', 'e']);
    await writer.close();
  });

  it('leaves no connection behind', async () => {
    const writer = open({ connection: { connectionString: database.url, application_name: 'left behind' } });
    await writer.append(event('a'));
    await writer.close();
    const { rows } = await database.pool.query(
      `SELECT pid FROM pg_stat_activity WHERE application_name = 'left behind'`,
    );
    expect(rows).toEqual([]);
  });

  it('by signal: what waits is rejected, a batch that hangs is cut off, nothing is stored twice', async () => {
    const stop = new AbortController();
    const writer = open({ maxBatch: 2, signal: stop.signal });
    await writer.append(event('before'));
    const blocker = await database.connect();
    await blocker.query('BEGIN; LOCK TABLE audit_events');
    const results = Promise.allSettled(['a', 'b', 'c'].map((name) => writer.append(event(name))));
    await sleep(50);
    stop.abort();
    await expect(writer.append(event('late'))).rejects.toMatchObject({ code: 'INTERRUPTED' });
    for (const result of await results) expect(result).toMatchObject({ reason: { code: 'INTERRUPTED' } });
    await writer.close();
    await blocker.query('ROLLBACK');
    await blocker.end();
    expect(await actions()).toEqual(['before']);
  });

  it('by a signal before the first event', async () => {
    const writer = open({ signal: AbortSignal.abort() });
    await expect(writer.append(event('a'))).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(await stored()).toEqual([]);
  });
});

it('takes a server that is silent for too long for lost, and stores the event once', async () => {
  const writer = open({ connection: { connectionString: database.url, query_timeout: 300 } });
  await writer.append(event('a'));
  const blocker = await database.connect();
  await blocker.query('BEGIN; LOCK TABLE audit_events');
  const receipt = writer.append(event('b'));
  await sleep(700);
  await blocker.query('ROLLBACK');
  await blocker.end();
  await expect(receipt).resolves.toMatchObject({ index: 2 });
  expect(await actions()).toEqual(['a', 'b']);
});

describe('with a pool', () => {
  it('takes a client for each batch and gives it back, also a broken one', async () => {
    const pool = new Pool({ connectionString: database.url, max: 1 });
    const writer = open({ pool, connection: undefined });
    await writer.append(event('a'));
    expect(pool.idleCount).toBe(1);
    await pool.query('SELECT 1');
    await database.pool.query(`ALTER TABLE audit_events ADD CHECK (actor <> 'mallory')`);
    await expect(writer.append(event('b', { actor: 'mallory' }))).rejects.toMatchObject({
      code: 'EVENT_INVALID',
    });
    await writer.append(event('c'));
    await writer.close();
    expect((await pool.query('SELECT 1')).rowCount).toBe(1);
    await pool.end();
    expect(await actions()).toEqual(['a', 'c']);
  });

  it('names the server of a pool that cannot connect, without the password', async () => {
    const pool = new Pool({
      host: '127.0.0.1',
      port: 1,
      user: 'gateway',
      database: 'audit',
      password: 'p4ssw0rd',
    });
    const writer = open({ pool, connection: undefined, maxRetryMs: 0 });
    const failure: unknown = await writer.append(event('a')).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'DB_UNREACHABLE',
      message: 'cannot reach PostgreSQL at 127.0.0.1:1 (database "audit", user "gateway"): ECONNREFUSED',
    });
    await pool.end();
  });
});

it('takes turns with other writers of the chain', async () => {
  const one = open({ maxBatch: 5 });
  const two = open({ maxBatch: 3 });
  async function* stream(): AsyncGenerator<ReturnType<typeof event>> {
    for (let at = 0; at < 1_500; at += 1) yield await Promise.resolve(event(`stream ${at}`));
  }
  const names = Array.from({ length: 100 }, (_, at) => at);
  await Promise.all([
    appendStream(stream(), { ...APPEND, connection: { connectionString: database.url } }),
    ...names.map((at) => one.append(event(`one ${at}`))),
    ...names.map((at) => two.append(event(`two ${at}`))),
  ]);
  const rows = await stored();
  expect(rows.map(({ index }) => index)).toEqual(Array.from({ length: 1_700 }, (_, at) => at + 1));
  const { rows: broken } = await database.pool.query(`
    SELECT chain_index FROM (SELECT chain_index, prev_hash, lag(event_hash) OVER (ORDER BY chain_index) AS previous
      FROM audit_events) AS e WHERE previous <> prev_hash`);
  expect(broken).toEqual([]);
});

describe('settings', () => {
  it('that cannot be met are told with the first events, and looked at anew with the next', async () => {
    await database.pool.query('ALTER TABLE audit_events RENAME TO elsewhere');
    const writer = open();
    const early = await Promise.allSettled([writer.append(event('a')), writer.append(event('b'))]);
    for (const result of early) expect(result).toMatchObject({ reason: { code: 'TABLE_NOT_FOUND' } });
    await database.pool.query('ALTER TABLE elsewhere RENAME TO audit_events');
    await expect(writer.append(event('c'))).resolves.toMatchObject({ index: 1 });
  });

  it('that the server withdraws reject the events they concern', async () => {
    const writer = open();
    await writer.append(event('a'));
    await database.pool.query('ALTER TABLE audit_events RENAME COLUMN actor TO performer');
    await expect(writer.append(event('b'))).rejects.toMatchObject({ code: 'DB_ERROR' });
    await database.pool.query('ALTER TABLE audit_events RENAME COLUMN performer TO actor');
    await expect(writer.append(event('c'))).resolves.toMatchObject({ index: 2 });
  });

  it('acknowledge only what is on disk, whatever synchronous_commit says', async () => {
    await database.pool.query(`
      ALTER DATABASE ${database.name} SET synchronous_commit = off;
      CREATE FUNCTION note_commit() RETURNS trigger LANGUAGE plpgsql AS
        $$BEGIN INSERT INTO commits VALUES (current_setting('synchronous_commit')); RETURN NULL; END$$;
      CREATE TABLE commits (mode text);
      CREATE TRIGGER note AFTER INSERT ON audit_events FOR EACH STATEMENT EXECUTE FUNCTION note_commit()`);
    await open().append(event('a'));
    const { rows } = await database.pool.query('SELECT mode FROM commits');
    await database.pool.query(`
      ALTER DATABASE ${database.name} RESET synchronous_commit;
      DROP FUNCTION note_commit() CASCADE; DROP TABLE commits`);
    expect(rows).toEqual([{ mode: 'on' }]);
  });

  it.each([
    [{ maxBatch: 0 }, 'maxBatch: found 0, allowed an integer from 1 to 10000'],
    [{ maxBatch: 1.5 }, 'maxBatch: found 1.5, allowed an integer from 1 to 10000'],
    [{ maxWaitMs: -1 }, 'maxWaitMs: found -1, allowed an integer from 0 to 60000'],
    [{ maxPending: 0 }, 'maxPending: found 0, allowed an integer from 1 to 1000000'],
    [{ maxRetryMs: NaN }, 'maxRetryMs: found NaN'],
    [{ layout: linksLayout() }, 'events can only be appended to a chain of format v1, found links'],
  ])('are checked: %j', (more, message) => {
    expect(() => open(more)).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        message: expect.stringContaining(message) as string,
      }) as Error,
    );
  });

  it('name the key that the ring lacks', () => {
    expect(() => open({ keys: vectorKeys('k9') })).toThrow(
      expect.objectContaining({ code: 'KEY_UNKNOWN' }) as Error,
    );
  });
});
