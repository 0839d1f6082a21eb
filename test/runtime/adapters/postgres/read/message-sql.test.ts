import fc from 'fast-check';
import { appendEvents } from '../../../../../runtime/adapters/postgres/append/append';
import type { EventValues } from '../../../../../runtime/adapters/postgres/append/event-values';
import { initialise } from '../../../../../runtime/adapters/postgres/init';
import { type Column, parseColumnList, v1Layout } from '../../../../../runtime/domain/chain/columns';
import { formatColumnList } from '../../../../../runtime/domain/chain/column-list';
import { chainKey, eventHash } from '../../../../../runtime/domain/chain/event-hash';
import { APPEND } from '../../../../support/audit-table';
import { createTestDatabase, type TestDatabase } from '../../../../support/database';
import { vectors } from '../../../../support/vectors';

jest.setTimeout(120_000);

const LAYOUT = v1Layout(
  parseColumnList(
    'chain_index:int8,occurred_at:timestamptz,t:text,v:varchar,j:json,b:bytea,u:uuid,f:bool,i8:int8,i4:int4,i2:int2,salt:uuid,key_id:text,prev_hash:bytea',
  ),
);
const TABLE = { table: 'every_type' };

const SEND: Readonly<Record<Column['type'], string>> = {
  int8: 'int8send',
  int4: 'int4send',
  int2: 'int2send',
  timestamptz: 'timestamptz_send',
  text: 'textsend',
  varchar: 'varcharsend',
  json: 'json_send',
  bytea: 'byteasend',
  uuid: 'uuid_send',
  bool: 'boolsend',
};

/** The message as the format describes it for SQL. */
const MESSAGE_SQL = LAYOUT.columns
  .map(({ name, type }) => {
    const bytes = `${SEND[type]}(${name})`;
    return `COALESCE(int4send(octet_length(${bytes})) || ${bytes}, int4send(-1))`;
  })
  .join(' || ');

const text = fc
  .string({ unit: 'binary', maxLength: 40 })
  .map((value) => Buffer.from(value.replaceAll('\0', '')).toString());
const nullable = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(values, { nil: null });
const integer = (bits: number): fc.Arbitrary<bigint> =>
  fc.bigInt({ min: -(2n ** BigInt(bits - 1)), max: 2n ** BigInt(bits - 1) - 1n });

const events: fc.Arbitrary<EventValues> = fc.record({
  occurred_at: fc
    .tuple(
      fc.date({
        min: new Date('0001-01-02T00:00:00Z'),
        max: new Date('9999-12-30T00:00:00Z'),
        noInvalidDate: true,
      }),
      fc.integer({ min: 0, max: 999_999 }),
    )
    .map(([day, micros]) => `${day.toISOString().slice(0, 19)}.${String(micros).padStart(6, '0')}Z`),
  t: nullable(text),
  v: nullable(text),
  j: nullable(fc.json({ stringUnit: 'binary' })),
  b: nullable(fc.uint8Array({ maxLength: 40 })),
  u: nullable(fc.uuid()),
  f: nullable(fc.boolean()),
  i8: nullable(integer(64)),
  i4: nullable(integer(32)),
  i2: nullable(integer(16)),
  salt: nullable(fc.uuid()),
});

describe('the message in SQL', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
    await initialise({ connectionString: database.url }, LAYOUT, TABLE);
  });
  afterAll(() => database.drop());

  it('is the message that was hashed, for random events of every type', async () => {
    const client = await database.connect();
    const key = chainKey(
      Buffer.from(vectors.secrets.k1!, 'hex'),
      vectors.chain_id,
      formatColumnList(LAYOUT.columns),
    );
    const batches = fc.array(events, { minLength: 10, maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(batches, async (batch) => {
        await client.query('BEGIN');
        try {
          await appendEvents(client, batch, { ...APPEND, layout: LAYOUT, table: TABLE });
          const { rows } = await client.query<{ digest: Buffer; hash: Buffer }>(
            `SELECT sha256(${MESSAGE_SQL}) AS digest, event_hash AS hash FROM every_type ORDER BY chain_index`,
          );
          expect(rows).toHaveLength(batch.length);
          for (const { digest, hash } of rows) expect(eventHash(key, digest).equals(hash)).toBe(true);
        } finally {
          await client.query('ROLLBACK');
        }
      }),
      { numRuns: 25 },
    );
    await client.end();
  });
});
