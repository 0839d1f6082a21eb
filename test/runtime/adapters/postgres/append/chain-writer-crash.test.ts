import { setTimeout as sleep } from 'node:timers/promises';
import type { Receipt } from '../../../../../runtime/adapters/postgres/append/batch-store';
import {
  AppendUnresolvedError,
  ChainWriter,
} from '../../../../../runtime/adapters/postgres/append/chain-writer';
import type { ChainWriterOptions } from '../../../../../runtime/adapters/postgres/append/chain-writer-options';
import { event } from '../../../../support/audit-table';
import { runScript } from '../../../../support/child-process';
import { CHAIN_ID, LAYOUT, SECRETS } from '../../../../support/chain';
import { type Cut, CuttingProxy } from '../../../../support/cutting-proxy';
import { Embedded, TABLE } from '../../../../support/embedded';

jest.setTimeout(120_000);

const APPLICATION = 'chain-writer under test';
const KEYS = { activeKeyId: 'k1', secretFor: (id: string): Buffer | undefined => SECRETS[id] };

let servers: Embedded;
let proxy: CuttingProxy;
const writers: ChainWriter[] = [];

beforeAll(async () => {
  servers = await Embedded.start();
});
afterAll(() => servers.stop());
beforeEach(async () => {
  await servers.reset();
  proxy = await CuttingProxy.start(servers.database.url);
});
afterEach(async () => {
  await Promise.all(writers.splice(0).map((writer) => writer.close()));
  await proxy.stop();
});

function open(url: string, more: Partial<ChainWriterOptions> = {}): ChainWriter {
  const connection = { connectionString: url, application_name: APPLICATION };
  const writer = new ChainWriter({
    table: TABLE,
    layout: LAYOUT,
    chainId: CHAIN_ID,
    keys: KEYS,
    connection,
    ...more,
  } as ChainWriterOptions);
  writers.push(writer);
  return writer;
}

interface Stored {
  readonly index: number;
  readonly action: string;
  readonly hash: string;
}

async function stored(): Promise<Stored[]> {
  const { rows } = await servers.database.pool.query<Stored>(
    `SELECT chain_index::int4 AS index, action, encode(event_hash, 'hex') AS hash FROM ${TABLE.table} ORDER BY 1`,
  );
  return rows;
}

/** Every connection is lost, and there are no new ones until the proxy accepts again. */
async function outage(): Promise<void> {
  proxy.refuse();
  await servers.database.pool.query(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1',
    [APPLICATION],
  );
}

/** What the product itself says about the chain, every event recomputed. */
async function expectVerified(events: number): Promise<void> {
  await servers.anchorer().anchor({ force: 'manual' });
  const report = await servers.verifier().verify({ kind: 'full' });
  expect(report.findings).toEqual([]);
  expect(report.verdict).toBe('verified');
  expect(report.coverage).toMatchObject({ events, eventsRecomputed: events });
}

/** A receipt says where its event is, and no event is there twice. */
async function expectStoredOnce(receipts: ReadonlyMap<string, Receipt>): Promise<Stored[]> {
  const rows = await stored();
  for (const [action, { index, hash }] of receipts) expect(rows[index - 1]).toEqual({ index, action, hash });
  expect(new Set(rows.map(({ action }) => action)).size).toBe(rows.length);
  return rows;
}

async function appendAll(writer: ChainWriter, names: readonly string[]): Promise<Map<string, Receipt>> {
  const entries = names.map(async (name) => [name, await writer.append(event(name))] as const);
  return new Map(await Promise.all(entries));
}

const named = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, at) => `${prefix}${at}`);

describe('a connection lost while COMMIT is under way', () => {
  it.each<[string, Cut[]]>([
    ['before the server heard of it: stored anew', ['before']],
    ['after the server did it: found in the chain, not stored again', ['after']],
    ['again and again', ['after', 'before', 'before', 'after', 'before']],
  ])('%s', async (_, cuts) => {
    const writer = open(proxy.url, { maxBatch: 10 });
    await writer.append(event('first'));
    proxy.cutCommits(...cuts);
    const receipts = await appendAll(writer, named('e', 30));
    const rows = await expectStoredOnce(receipts);
    expect(rows.map(({ action }) => action)).toEqual(['first', ...named('e', 30)]);
    expect(proxy.accepted).toBe(1 + cuts.length);
    await expectVerified(31);
  });

  it('while another writer goes on: the batch is still found, or stored behind', async () => {
    const writer = open(proxy.url);
    const other = open(servers.database.url);
    await writer.append(event('first'));
    for (const [round, cut] of (['after', 'before'] as const).entries()) {
      proxy.cutCommits(cut);
      const [receipts] = await Promise.all([
        appendAll(writer, named(`mine-${round}-`, 5)),
        sleep(10).then(() => appendAll(other, named(`theirs-${round}-`, 5))),
      ]);
      await expectStoredOnce(receipts);
    }
    expect(await stored()).toHaveLength(21);
    await expectVerified(21);
  });

  it.each<[Cut, number]>([
    ['after', 3],
    ['before', 1],
  ])('and not regained (%s): what is unknown is said, with the place to look at', async (cut, events) => {
    const writer = open(proxy.url, { maxRetryMs: 300 });
    await writer.append(event('first'));
    proxy.cutCommits(cut);
    proxy.refuse();
    const [a, b] = await Promise.allSettled([writer.append(event('a')), writer.append(event('b'))]);
    for (const [outcome, index] of [
      [a, 2],
      [b, 3],
    ] as const) {
      const error = outcome.status === 'rejected' ? (outcome.reason as unknown) : null;
      expect(error).toBeInstanceOf(AppendUnresolvedError);
      const { receipt, message, code } = error as AppendUnresolvedError;
      expect(code).toBe('APPEND_UNRESOLVED');
      expect(receipt).toMatchObject({ index, keyId: 'k1' });
      expect(message).toContain(`as index ${index} with hash ${receipt.hash}: cannot reach PostgreSQL`);
      const found = (await stored())[index - 1];
      expect(found?.hash).toBe(cut === 'after' ? receipt.hash : undefined);
    }
    proxy.accept();
    await expect(writer.append(event('c'))).resolves.toMatchObject({ index: events + 1 });
    await expectVerified(events + 1);
  });

  it('and the writer stopped meanwhile: what is unknown is said', async () => {
    const stop = new AbortController();
    const writer = open(proxy.url, { signal: stop.signal });
    await writer.append(event('first'));
    proxy.cutCommits('after');
    proxy.refuse();
    const outcome = writer.append(event('a')).catch((error: unknown) => error);
    await sleep(200);
    stop.abort();
    expect(await outcome).toMatchObject({ code: 'APPEND_UNRESOLVED', receipt: { index: 2 } });
  });
});

it('a database that is away for a while: events wait in order; for longer: they are rejected, none is stored', async () => {
  const writer = open(proxy.url, { maxRetryMs: 1_500 });
  proxy.refuse();
  const waiting = appendAll(writer, named('e', 5));
  await sleep(100);
  proxy.accept();
  await waiting;
  await writer.flush();
  await outage();
  await expect(writer.append(event('lost'))).rejects.toMatchObject({ code: 'DB_UNREACHABLE' });
  proxy.accept();
  await writer.append(event('after'));
  expect((await stored()).map(({ action }) => action)).toEqual([...named('e', 5), 'after']);
  await expectVerified(6);
});

it.each([
  ['is sent at once', 0],
  ['waits for company', 900],
])(
  'a second, shorter outage after one that was too long: what comes then and %s is tried for the whole time',
  async (_name, maxWaitMs) => {
    const writer = open(proxy.url, { maxRetryMs: 800, maxWaitMs });
    await writer.append(event('before'));
    await outage();
    await expect(writer.append(event('lost'))).rejects.toMatchObject({ code: 'DB_UNREACHABLE' });
    // Nobody asks the database for a moment: for all the writer knows it is back.
    await sleep(100);
    const receipt = writer.append(event('in the second'));
    await sleep(maxWaitMs + 300);
    proxy.accept();
    await expect(receipt).resolves.toMatchObject({ index: 2 });
    await expectVerified(2);
  },
);

it('batches that waited through the same outage are given up together, not one after the other', async () => {
  const writer = open(proxy.url, { maxRetryMs: 1_000, maxBatch: 1 });
  await writer.append(event('before'));
  await outage();
  const started = performance.now();
  const outcomes = await Promise.allSettled(named('e', 5).map((name) => writer.append(event(name))));
  expect(performance.now() - started).toBeLessThan(2_500);
  expect(outcomes.map(({ status }) => status)).toEqual(Array(5).fill('rejected'));
  proxy.accept();
  await writer.append(event('after'));
  await expectVerified(2);
});

it('64 producers while backends are terminated at random: every event once, in the order of its producer', async () => {
  const writer = open(servers.database.url, { maxBatch: 50 });
  const receipts = new Map<string, Receipt>();
  let running = true;
  let killed = 0;
  const killer = (async () => {
    for (let seen = 0; running; await sleep(Math.random() * 12)) {
      // On a machine so busy that no batch ends between two kills nothing would ever be stored.
      if (receipts.size === seen) continue;
      seen = receipts.size;
      const { rows } = await servers.database.pool.query<{ done: boolean }>(
        'SELECT pg_terminate_backend(pid) AS done FROM pg_stat_activity WHERE application_name = $1',
        [APPLICATION],
      );
      killed += rows.length;
    }
  })();
  const rounds = 25;
  await Promise.all(
    Array.from({ length: 64 }, async (_, producer) => {
      for (let round = 0; round < rounds; round += 1) {
        const name = `${producer}/${round}`;
        receipts.set(name, await writer.append(event(name)));
      }
    }),
  );
  running = false;
  await killer;
  expect(killed).toBeGreaterThan(5);
  const rows = await expectStoredOnce(receipts);
  expect(rows).toHaveLength(64 * rounds);
  for (let producer = 0; producer < 64; producer += 1) {
    const own = rows.map(({ action }) => action).filter((action) => action.startsWith(`${producer}/`));
    expect(own).toEqual(Array.from({ length: rounds }, (_, round) => `${producer}/${round}`));
  }
  await expectVerified(64 * rounds);
});

/** Acknowledges on its standard output, synchronously, what it has a receipt for. */
const PRODUCERS = `
  const { writeSync } = require('node:fs');
  const { ChainWriter } = require('./runtime/adapters/postgres/append/chain-writer');
  const { CHAIN_ID, LAYOUT, SECRETS } = require('./test/support/chain');
  const connection = { connectionString: process.env.WRITER_URL };
  const keys = { activeKeyId: 'k1', secretFor: (id) => SECRETS[id] };
  const writer = new ChainWriter({ connection, table: { table: 'audit_events', schema: 'public' }, layout: LAYOUT, chainId: CHAIN_ID, keys, maxBatch: 20 });
  const run = process.env.WRITER_RUN;
  async function produce(producer) {
    for (let round = 0; ; round += 1) {
      const action = run + '/' + producer + '/' + round;
      const event = { occurred_at: '2025-01-15T14:00:00Z', actor: 'alice', action, outcome: 'success' };
      const { index, hash } = await writer.append(event);
      writeSync(1, index + ' ' + action + ' ' + hash + '\\n');
    }
  }
  for (let producer = 0; producer < 64; producer += 1) void produce(producer);
`;

it('the process killed at random: what was acknowledged is stored, nothing is there twice', async () => {
  const acknowledged: Stored[] = [];
  for (let run = 0; run < 6; run += 1) {
    const script = runScript(PRODUCERS, { WRITER_URL: servers.database.url, WRITER_RUN: `run${run}` });
    let output = '';
    script.child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await script.firstLine;
    await sleep(Math.random() * 150);
    script.child.kill('SIGKILL');
    expect((await script.ended).signal).toBe('SIGKILL');
    // The last line may have been cut.
    for (const line of output.slice(0, output.lastIndexOf('\n')).split('\n')) {
      const [index = '', action = '', hash = ''] = line.split(' ');
      acknowledged.push({ index: Number(index), action, hash });
    }
  }
  // The server may still be busy with the last transaction of the last process.
  await appendAll(open(servers.database.url), ['last']);
  const rows = await stored();
  expect(acknowledged.length).toBeGreaterThan(100);
  for (const { index, action, hash } of acknowledged)
    expect(rows[index - 1]).toEqual({ index, action, hash });
  expect(new Set(rows.map(({ action }) => action)).size).toBe(rows.length);
  await expectVerified(rows.length);
});
