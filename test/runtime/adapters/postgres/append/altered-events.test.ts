import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { appendEvents, EventAppender } from '../../../../../runtime/adapters/postgres/append/append';
import { appendStream } from '../../../../../runtime/adapters/postgres/append/stream';
import { ChainWriter } from '../../../../../runtime/adapters/postgres/append/chain-writer';
import type { EventValues } from '../../../../../runtime/adapters/postgres/append/event-values';
import { initialise } from '../../../../../runtime/adapters/postgres/init';
import { parseColumnList, v1Layout } from '../../../../../runtime/domain/chain/columns';
import { APPEND, createAuditDatabase, event } from '../../../../support/audit-table';
import { createTestDatabase, type TestDatabase } from '../../../../support/database';

jest.setTimeout(120_000);

let database: TestDatabase;
let client: Client;
const closers: (() => Promise<void>)[] = [];

beforeAll(async () => {
  database = await createAuditDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  await database.pool.query('DROP TABLE audit_events CASCADE');
  await initialise({ connectionString: database.url }, APPEND.layout, APPEND.table);
  client = await database.connect();
});
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
  await client.end();
});

/** A function that a trigger runs for mallory's events only. */
async function trigger(body: string, when = 'BEFORE INSERT', table = 'audit_events'): Promise<void> {
  await database.pool.query(`
    CREATE OR REPLACE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS
      $$BEGIN IF NEW.actor = 'mallory' THEN ${body} END IF; RETURN NEW; END$$;
    CREATE ${when.startsWith('AFTER') ? 'CONSTRAINT ' : ''}TRIGGER meddling ${when} ON ${table}
      ${when.startsWith('AFTER') ? 'DEFERRABLE INITIALLY DEFERRED' : ''} FOR EACH ROW EXECUTE FUNCTION meddle()`);
}

async function stored(): Promise<string[]> {
  const { rows } = await database.pool.query<{ action: string }>(
    'SELECT action FROM audit_events ORDER BY chain_index',
  );
  return rows.map(({ action }) => action);
}

function writer(target = database): ChainWriter {
  const made = new ChainWriter({ ...APPEND, connection: { connectionString: target.url } });
  closers.push(() => made.close());
  return made;
}

async function* stream(events: readonly EventValues[]): AsyncGenerator<EventValues> {
  for (const values of events) yield await Promise.resolve(values);
}

const mallory = event('bad', { actor: 'mallory' });
const BATCH = [event('a'), mallory, event('b')];

/** Each way to append a batch with one bad event in the middle: what it fails with, and what is stored then. */
const APPENDERS: readonly (readonly [name: string, append: () => Promise<unknown>, others: string[]])[] = [
  [
    'ChainWriter',
    async () => {
      const kept = writer();
      const results = await Promise.allSettled(BATCH.map((values) => kept.append(values)));
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      return (results[1] as PromiseRejectedResult).reason as unknown;
    },
    ['a', 'b'],
  ],
  [
    'append',
    () =>
      appendStream(stream(BATCH), { ...APPEND, connection: { connectionString: database.url } }).catch(
        (error: unknown) => error,
      ),
    [],
  ],
  [
    'appendEvents',
    async () => {
      await client.query('BEGIN');
      const error: unknown = await appendEvents(client, BATCH, APPEND).catch((thrown: unknown) => thrown);
      // Whoever takes no notice of the error commits nothing either.
      await client.query('COMMIT');
      return error;
    },
    [],
  ],
];

const named = /^(?:line|event) 2: |^the event: /;

describe.each(APPENDERS)('%s: an event that the database', (_name, append, others) => {
  it.each([
    ['changes before it is stored', "NEW.resource := 'x';", 'BEFORE INSERT', /column "resource"/],
    [
      'changes in its hash',
      `NEW.event_hash := '\\x00'::bytea || substr(NEW.event_hash, 2);`,
      'BEFORE INSERT',
      /column "event_hash"/,
    ],
    ['drops in silence', 'RETURN NULL;', 'BEFORE INSERT', /did not store/],
    ['gives another index', 'NEW.chain_index := 900;', 'BEFORE INSERT', /did not store it under its index/],
    [
      'changes at COMMIT only',
      "UPDATE audit_events SET outcome = 'x' WHERE chain_index = NEW.chain_index;",
      'AFTER INSERT',
      /column "outcome"/,
    ],
  ])('%s is refused by name, and nothing of it is stored', async (_case, body, when, says) => {
    // As whoever made such a trigger would have to.
    await database.pool.query('ALTER TABLE audit_events DISABLE TRIGGER audit_refuse_change');
    await trigger(body, when);
    const error = await append();
    expect(error).toMatchObject({ code: 'EVENT_ALTERED', message: expect.stringMatching(named) as string });
    expect((error as Error).message).toMatch(says);
    expect(await stored()).toEqual(others);
  });

  it.each([
    ['a trigger refuses with a missing privilege', '42501'],
    ['a trigger refuses with a code of its own', 'AU001'],
    ['a trigger refuses as an object that is not ready', '55000'],
  ])('%s is told as that event', async (_case, state) => {
    await trigger(`RAISE EXCEPTION 'refused' USING ERRCODE = '${state}';`);
    expect(await append()).toMatchObject({
      code: 'EVENT_INVALID',
      message: expect.stringMatching(new RegExp(`${named.source}.*SQLSTATE ${state}`)) as string,
    });
    expect(await stored()).toEqual(others);
  });
});

it.each(APPENDERS.slice(0, 2))(
  '%s: an event that a deferred trigger refuses at COMMIT is told as that event',
  async (_name, append, others) => {
    await trigger(`RAISE EXCEPTION 'refused' USING ERRCODE = 'AU002';`, 'AFTER INSERT');
    expect(await append()).toMatchObject({
      code: 'EVENT_INVALID',
      message: expect.stringMatching(/^(?:line 2|the event): .*SQLSTATE AU002/) as string,
    });
    expect(await stored()).toEqual(others);
  },
);

describe('events that only a limit of the server refuses', () => {
  it.each([
    ['too long for an index', { actor: randomBytes(6_000).toString('base64') }, '54000'],
    ['nested too deeply', { details: '['.repeat(50_000) + ']'.repeat(50_000) }, '54001'],
  ])('%s are refused alone', async (_name, more, state) => {
    await database.pool.query('CREATE INDEX ON audit_events (actor)');
    const kept = writer();
    const results = await Promise.allSettled(
      [event('a'), event('bad', more), event('b')].map((values) => kept.append(values)),
    );
    expect(results[1]).toMatchObject({
      reason: { code: 'EVENT_INVALID', message: expect.stringContaining(`SQLSTATE ${state}`) as string },
    });
    expect(await stored()).toEqual(['a', 'b']);
  });

  it('a unique column of the table is told as the event, not as a transaction that sees too little', async () => {
    await database.pool.query('CREATE UNIQUE INDEX ON audit_events (action)');
    const kept = writer();
    await kept.append(event('once'));
    await expect(kept.append(event('once'))).rejects.toMatchObject({ code: 'EVENT_INVALID' });
  });
});

describe('what is made while a connection is in use', () => {
  it.each(['trigger', 'type'])('a %s is seen with the next batch', async (kind) => {
    const kept = writer();
    const appender = new EventAppender(APPEND);
    for (const name of ['a', 'b', 'c']) await kept.append(event(name));
    await client.query('BEGIN');
    await appender.append(client, [event('d')]);
    await client.query('COMMIT');
    if (kind === 'trigger') await trigger("NEW.actor := 'eve';");
    else await database.pool.query('ALTER TABLE audit_events ALTER occurred_at TYPE timestamptz(3)');
    await expect(kept.append(mallory)).rejects.toMatchObject({
      code: 'EVENT_ALTERED',
      message: expect.stringContaining(kind === 'trigger' ? '"actor"' : '"occurred_at"') as string,
    });
    await client.query('BEGIN');
    await expect(appender.append(client, [mallory])).rejects.toMatchObject({ code: 'EVENT_ALTERED' });
    await client.query('COMMIT');
    expect(await stored()).toEqual(['a', 'b', 'c', 'd']);
    appender.dispose();
  });

  it('a trigger on one partition is seen, and named', async () => {
    await database.pool.query(`
      ALTER TABLE audit_events RENAME TO old;
      CREATE TABLE audit_events (LIKE old INCLUDING ALL) PARTITION BY RANGE (chain_index);
      CREATE TABLE low PARTITION OF audit_events FOR VALUES FROM (1) TO (1000);
      DROP TABLE old`);
    const kept = writer();
    for (const name of ['a', 'b']) await kept.append(event(name));
    await trigger("NEW.actor := 'eve';", 'BEFORE INSERT', 'low');
    await expect(kept.append(mallory)).rejects.toMatchObject({
      code: 'EVENT_ALTERED',
      hint: expect.stringContaining('trigger "meddling"') as string,
    });
    expect(await stored()).toEqual(['a', 'b']);
  });
});

describe('what changes nothing', () => {
  it('a trigger that only looks, and a rule, which COPY does not apply', async () => {
    await trigger('NEW.actor := NEW.actor;');
    await database.pool.query('CREATE RULE nothing AS ON INSERT TO audit_events DO INSTEAD NOTHING');
    const kept = writer();
    await Promise.all(BATCH.map((values) => kept.append(values)));
    expect(await stored()).toEqual(['a', 'bad', 'b']);
  });

  it('a trigger that puts the rows into a child of the table, where they are found', async () => {
    await database.pool.query('CREATE TABLE child (PRIMARY KEY (chain_index)) INHERITS (audit_events)');
    await trigger('INSERT INTO child SELECT NEW.*; RETURN NULL;');
    const kept = writer();
    await Promise.all(BATCH.map((values) => kept.append(values)));
    expect(await stored()).toEqual(['a', 'bad', 'b']);
  });
});

describe('the encoding', () => {
  it('of a database that does not keep every text: what it keeps is stored, the rest refused', async () => {
    const name = `test_${randomBytes(8).toString('hex')}`;
    await database.pool.query(
      `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'EUC_JP' LC_COLLATE 'C' LC_CTYPE 'C'`,
    );
    const url = new URL(database.url);
    url.pathname = `/${name}`;
    try {
      await initialise({ connectionString: url.href }, APPEND.layout, APPEND.table);
      const kept = new ChainWriter({ ...APPEND, connection: { connectionString: url.href } });
      // Latin letters with accents exist there twice; the euro sign does not.
      const texts = ['alice', '日本', '€uro', '〜', '‖'];
      const results = await Promise.allSettled(texts.map((text) => kept.append(event(text))));
      await kept.close();
      const reader = new Client({ connectionString: url.href });
      await reader.connect();
      const { rows } = await reader.query<{ action: string }>(
        'SELECT action FROM audit_events ORDER BY chain_index',
      );
      await reader.end();
      // Nothing is in the table that reads as other text than was hashed.
      expect(rows.map(({ action }) => action)).toEqual(
        texts.filter((_, at) => results[at]?.status === 'fulfilled'),
      );
      expect(results[0]).toMatchObject({ status: 'fulfilled' });
      expect(results[2]).toMatchObject({ status: 'rejected' });
    } finally {
      await database.pool.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    }
  });

  it('of the connection has to be the one in which events are sent', async () => {
    await client.query("BEGIN; SET LOCAL client_encoding = 'LATIN1'");
    await expect(appendEvents(client, [event('é')], APPEND)).rejects.toMatchObject({
      code: 'TRANSACTION_REQUIRED',
      message: expect.stringContaining('LATIN1') as string,
    });
    await client.query('ROLLBACK');
  });
});

it('a domain over a domain that cuts is refused with the table', async () => {
  const other = await createTestDatabase();
  closers.push(() => other.drop());
  await other.pool.query('CREATE DOMAIN short AS varchar(5)');
  await initialise({ connectionString: other.url }, v1Layout(), APPEND.table);
  await other.pool.query('ALTER TABLE audit_events ALTER actor TYPE short');
  await expect(
    appendStream(stream([event('a')]), {
      ...APPEND,
      layout: v1Layout(
        parseColumnList(
          APPEND.layout.columns
            .map(({ name, type }) => `${name}:${name === 'actor' ? 'varchar' : type}`)
            .join(','),
        ),
      ),
      connection: { connectionString: other.url },
    }),
  ).rejects.toMatchObject({ code: 'TABLE_SHAPE' });
});
