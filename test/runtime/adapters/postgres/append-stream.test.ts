import { appendStream, type AppendStreamOptions } from '../../../../runtime/adapters/postgres/append-stream';
import type { EventValues } from '../../../../runtime/adapters/postgres/event-values';
import { APPEND, createAuditDatabase, event } from '../../../support/audit-table';
import type { TestDatabase } from '../../../support/database';

jest.setTimeout(60_000);

let database: TestDatabase;

beforeEach(async () => {
  database = await createAuditDatabase();
});
afterEach(() => database.drop());

async function* stream(
  count: number,
  more: (position: number) => EventValues = () => ({}),
): AsyncGenerator<EventValues> {
  for (let position = 1; position <= count; position += 1) {
    await Promise.resolve();
    yield event(`e${position}`, more(position));
  }
}

const options = (more: Partial<AppendStreamOptions> = {}): AppendStreamOptions => ({
  ...APPEND,
  connection: { connectionString: database.url },
  ...more,
});

async function stored(): Promise<number> {
  const { rows } = await database.pool.query<{ events: number }>(
    'SELECT count(*)::int4 AS events FROM audit_events',
  );
  return rows[0]!.events;
}

it('appends in batches of a thousand and reports each', async () => {
  const batches: [number, number, number][] = [];
  const result = await appendStream(
    stream(2_500),
    options({
      onBatch: ({ firstIndex, lastIndex }, appended) => batches.push([firstIndex, lastIndex, appended]),
    }),
  );
  expect(batches).toEqual([
    [1, 1000, 1000],
    [1001, 2000, 2000],
    [2001, 2500, 2500],
  ]);
  expect(result).toMatchObject({ firstIndex: 1, lastIndex: 2500, appended: 2500, keyId: 'k1' });
  const { rows } = await database.pool.query<{ broken: number }>(`
    SELECT count(*)::int4 AS broken FROM (SELECT action, chain_index, prev_hash, lag(event_hash) OVER (ORDER BY chain_index) AS previous
      FROM audit_events) AS e WHERE previous <> prev_hash OR action <> 'e' || chain_index`);
  expect(rows).toEqual([{ broken: 0 }]);
});

it('ends a batch at 4 MiB', async () => {
  const batches: number[] = [];
  const details = JSON.stringify('x'.repeat(1_500_000));
  await appendStream(
    stream(7, () => ({ details })),
    options({ onBatch: (_, appended) => batches.push(appended) }),
  );
  expect(batches).toEqual([3, 6, 7]);
});

it('has no result for an empty stream', async () => {
  expect(await appendStream(stream(0), options())).toBeNull();
});

it('keeps whole batches before a bad event and says where to go on', async () => {
  const bad = stream(1_500, (position) => (position === 1_234 ? { actor: 'a\0' } : {}));
  await expect(appendStream(bad, options())).rejects.toMatchObject({
    code: 'EVENT_INVALID',
    message: expect.stringMatching(/^event 1234: column "actor" \(text\): found NUL/) as string,
    hint: 'Events 1 to 1000 are stored; correct it and send from event 1001 on.',
  });
  expect(await stored()).toBe(1_000);
});

it('stores nothing when the first batch is bad', async () => {
  const bad = stream(5, (position) => (position === 5 ? { occurred_at: 'infinity' } : {}));
  await expect(appendStream(bad, options())).rejects.toMatchObject({
    code: 'EVENT_INVALID',
    hint: 'No event was stored; correct it and send all of them again.',
  });
  expect(await stored()).toBe(0);
});

it('passes an error of the source on and keeps whole batches', async () => {
  async function* failing(): AsyncGenerator<EventValues> {
    yield* stream(1_001);
    throw new Error('the pipe broke');
  }
  await expect(appendStream(failing(), options())).rejects.toThrow('the pipe broke');
  expect(await stored()).toBe(1_000);
});

it('stores what it has read when it is told to stop', async () => {
  const stop = new AbortController();
  const result = await appendStream(
    stream(5_000, (position) => {
      if (position === 1_200) stop.abort();
      return {};
    }),
    options({ signal: stop.signal }),
  );
  expect(result).toMatchObject({ lastIndex: 1_199, appended: 1_199 });
  expect(await stored()).toBe(1_199);
});

it('interleaves with other streams without a fork', async () => {
  const results = await Promise.all([1, 2, 3].map(() => appendStream(stream(2_200), options())));
  expect(Math.max(...results.map((result) => result!.lastIndex))).toBe(6_600);
  expect(await stored()).toBe(6_600);
});
