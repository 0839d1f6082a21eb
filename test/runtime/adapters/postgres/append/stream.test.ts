import {
  appendStream,
  type AppendStreamOptions,
} from '../../../../../runtime/adapters/postgres/append/stream';
import type { UnavailableError } from '../../../../../runtime/errors';
import type { EventValues } from '../../../../../runtime/adapters/postgres/append/event-values';
import { APPEND, createAuditDatabase, event } from '../../../../support/audit-table';
import { CuttingProxy } from '../../../../support/cutting-proxy';
import type { TestDatabase } from '../../../../support/database';

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

async function hashAt(index: number): Promise<string> {
  const { rows } = await database.pool.query<{ hash: string }>(
    "SELECT encode(event_hash, 'hex') AS hash FROM audit_events WHERE chain_index = $1",
    [index],
  );
  return rows[0]?.hash ?? '';
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
  const error: unknown = await appendStream(bad, options()).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: 'EVENT_INVALID',
    message: expect.stringMatching(/^line 1234: column "actor" \(text\): found NUL/) as string,
    hint: `Events 1 to 1000 are stored, the last at index 1000 with hash ${await hashAt(1_000)}; correct it and send from event 1001 on.`,
    done: { appended: 1_000, lastIndex: 1_000 },
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

describe('a connection that drops', () => {
  let proxy: CuttingProxy;
  beforeEach(async () => {
    proxy = await CuttingProxy.start(database.url);
  });
  afterEach(() => proxy.stop());

  /** What 2,500 events failed with, when something happens after the first batch. */
  function failing(afterFirst: () => void): Promise<unknown> {
    let batches = 0;
    const appending = appendStream(
      stream(2_500),
      options({
        connection: { connectionString: proxy.url },
        onBatch: () => {
          batches += 1;
          if (batches === 1) afterFirst();
        },
      }),
    );
    return appending.catch((error: unknown) => error);
  }

  it('between two batches: says what is stored and where to go on', async () => {
    const error = await failing(() => proxy.cutAll());
    const lastHash = await hashAt(1_000);
    expect(error).toMatchObject({
      code: 'DB_UNREACHABLE',
      hint: expect.stringContaining(
        `Events 1 to 1000 are stored, the last at index 1000 with hash ${lastHash}; send from event 1001 on. Check host`,
      ),
      done: {
        schema: 'public',
        table: 'audit_events',
        appended: 1_000,
        firstIndex: 1,
        lastIndex: 1_000,
        lastHash,
        keyId: 'k1',
      },
    });
    expect(await stored()).toBe(1_000);
  });

  it('at the only commit: names what to look for', async () => {
    proxy.cutCommits('before');
    const two = appendStream(stream(2), options({ connection: { connectionString: proxy.url } }));
    await expect(two).rejects.toMatchObject({
      code: 'APPEND_UNRESOLVED',
      message: expect.stringMatching(/^it is unknown whether events 1 to 2 were stored, the last at index 2/),
      hint: 'If the chain has this hash at this index, send from event 3 on; if not, from event 1 on.',
      done: {
        appended: 0,
        unresolved: { schema: 'public', table: 'audit_events', appended: 2, lastIndex: 2 },
      },
    });
    expect(await stored()).toBe(0);
  });

  it.each([
    ['before', 1_000],
    ['after', 2_000],
  ] as const)('%s the server hears of a commit: names what to look for', async (cut, count) => {
    const error = await failing(() => proxy.cutCommits(cut));
    const { done } = error as UnavailableError;
    const { lastHash } = (done as { unresolved: { lastHash: string } }).unresolved;
    expect(error).toMatchObject({
      code: 'APPEND_UNRESOLVED',
      message: expect.stringContaining(
        `it is unknown whether events 1001 to 2000 were stored, the last at index 2000 with hash ${lastHash}: `,
      ),
      hint: 'Events 1 to 1000 are stored. If the chain has this hash at this index, send from event 2001 on; if not, from event 1001 on.',
      done: { appended: 1_000, lastIndex: 1_000, unresolved: { appended: 1_000, lastIndex: 2_000 } },
    });
    expect(await stored()).toBe(count);
    expect(await hashAt(2_000)).toBe(count === 2_000 ? lastHash : '');
  });

  it('before anything was read: the error as it is', async () => {
    proxy.refuse();
    const one = appendStream(stream(1), options({ connection: { connectionString: proxy.url } }));
    await expect(one).rejects.toMatchObject({ code: 'DB_UNREACHABLE', done: undefined });
  });
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
