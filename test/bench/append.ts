import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { appendEvents, EventAppender } from '../../runtime/adapters/postgres/append/append';
import { ChainWriter } from '../../runtime/adapters/postgres/append/chain-writer';
import type { EventValues } from '../../runtime/adapters/postgres/append/event-values';
import { initialise } from '../../runtime/adapters/postgres/init';
import { startEmbeddedPostgres } from '../../runtime/embedded/postgres/start';
import type { Cleanup } from '../support/programs/cleanup';
import { APPEND, loadEvents, PLAIN_COLUMNS, PLAIN_TYPES, plainRow, TABLE } from './append-load';
import { integer, optionsFrom } from './arguments';
import { LAYOUT } from './chain';
import { machineLine } from './machine';
import { MAX_ROUNDS } from './options';
import { printRounds, type RateFigure, runRounds, type TimedVariant } from './paired-rounds';
import { temporaryFolder } from './temporary-folder';

/**
 * What appending to the chain costs, next to a plain INSERT of the same rows on the same server. A plain row has the
 * same columns and lengths, without lock, head, link or hash; a plain batch is one INSERT over unnest.
 */
const PRODUCERS = 64;
/** Events of a run with one event for each statement. */
const SINGLE_EVENTS = 2_000;

const FIGURES: readonly RateFigure[] = [
  { faster: 'chain 100', slower: 'plain 100', bar: 0.5 },
  { faster: 'chain 1000', slower: 'plain 1000', bar: 0.6 },
  { faster: `ChainWriter x${PRODUCERS}`, slower: 'plain 1', bar: 5 },
];

class AppendBench {
  private next = 0;
  private readonly events: readonly EventValues[];

  constructor(
    private readonly client: Client,
    private readonly url: string,
    count: number,
  ) {
    this.events = loadEvents(count);
  }

  variants(): TimedVariant[] {
    const appender = new EventAppender(APPEND);
    const kept = (batch: readonly EventValues[]): Promise<unknown> => appender.append(this.client, batch);
    const anew = (batch: readonly EventValues[]): Promise<unknown> =>
      appendEvents(this.client, batch, APPEND);
    return [
      this.variant('plain 1', SINGLE_EVENTS, () => this.plain(SINGLE_EVENTS, 1)),
      this.chained(`ChainWriter x${PRODUCERS}`, (count) => this.grouped(count)),
      this.variant('plain 100', this.events.length, () => this.plain(this.events.length, 100)),
      this.chained('chain 100', (count) => this.batches(count, 100, kept)),
      this.chained('chain 100, table looked up each time', (count) => this.batches(count, 100, anew)),
      this.variant('plain 1000', this.events.length, () => this.plain(this.events.length, 1_000)),
      this.chained('chain 1000', (count) => this.batches(count, 1_000, kept)),
    ];
  }

  private variant(name: string, items: number, run: () => Promise<void>): TimedVariant {
    return { name, items, run, prepare: () => this.empty() };
  }

  private chained(name: string, run: (count: number) => Promise<void>): TimedVariant {
    const items = this.events.length;
    return { ...this.variant(name, items, () => run(items)), check: () => this.check(items) };
  }

  private async empty(): Promise<void> {
    this.next = 0;
    await this.client.query(`TRUNCATE ${TABLE.table}`);
    await this.client.query('CHECKPOINT');
  }

  private async plain(count: number, size: number): Promise<void> {
    const arrays = PLAIN_TYPES.map((type, at) => `$${at + 1}::${type}[]`).join(', ');
    const source =
      size === 1
        ? `VALUES (${PLAIN_TYPES.map((_, at) => `$${at + 1}`).join(', ')})`
        : `SELECT * FROM unnest(${arrays})`;
    const text = `INSERT INTO ${TABLE.table} (${PLAIN_COLUMNS.join(', ')}) ${source}`;
    for (let at = 0; at < count; at += size) {
      const rows = this.events.slice(at, at + size).map((event) => plainRow(event, ++this.next));
      const values = size === 1 ? rows[0]! : PLAIN_TYPES.map((_, column) => rows.map((row) => row[column]));
      await this.client.query({ name: `plain ${size === 1 ? 'row' : 'batch'}`, text, values });
    }
  }

  private async batches(
    count: number,
    size: number,
    append: (batch: readonly EventValues[]) => Promise<unknown>,
  ): Promise<void> {
    for (let at = 0; at < count; at += size) {
      await this.client.query('BEGIN');
      await append(this.events.slice(at, at + size));
      await this.client.query('COMMIT');
    }
  }

  private async grouped(count: number): Promise<void> {
    const writer = new ChainWriter({ ...APPEND, connection: { connectionString: this.url } });
    let next = 0;
    const produce = async (): Promise<void> => {
      while (next < count) await writer.append(this.events[next++]!);
    };
    await Promise.all(Array.from({ length: PRODUCERS }, produce));
    await writer.close();
  }

  private async check(events: number): Promise<void> {
    const { rows } = await this.client.query<{ events: number; broken: number }>(`
      SELECT count(*)::int4 AS events,
             count(*) FILTER (WHERE chain_index <> expected OR prev_hash <> previous)::int4 AS broken
      FROM (SELECT chain_index, prev_hash, row_number() OVER o AS expected,
                   lag(event_hash, 1, decode(repeat('00', 32), 'hex')) OVER o AS previous
            FROM ${TABLE.table} WINDOW o AS (ORDER BY chain_index)) AS linked`);
    const [found] = rows;
    if (found?.events !== events || found.broken !== 0) {
      throw new Error(
        `of ${events} events ${found?.events} were stored, ${found?.broken} of them with a broken link`,
      );
    }
  }
}

const MOST_EVENTS = 1_000_000;

export const USAGE = `npm run bench -- --only append [--events N] [--rounds N] [--json]

Measures appending to the chain against a plain INSERT of the same rows, with fsync on.

  --events  events of a run, 1000 to ${MOST_EVENTS} (default 20000)
  --rounds  rounds (default 7)
  --json    one JSON document on standard output

Exit codes: 0 no bar missed, 1 a bar missed, 2 nothing measured.`;

export async function run(args: readonly string[], cleanup: Cleanup): Promise<boolean> {
  const values = optionsFrom(args, {
    events: { type: 'string', default: '20000' },
    rounds: { type: 'string', default: '7' },
    json: { type: 'boolean', default: false },
  });
  const events = integer('events', values.events, 1_000, MOST_EVENTS);
  const rounds = integer('rounds', values.rounds, 1, MAX_ROUNDS);
  // A kept folder has fsync on, a temporary one has not: without it a commit would cost nothing.
  const directory = join(temporaryFolder(cleanup), 'postgres');
  const server = await startEmbeddedPostgres({ directory });
  cleanup.add(() => server.stop());
  const client = new Client({ connectionString: server.url });
  // Ctrl-C ends the server; whatever waits for it fails by itself.
  client.on('error', () => undefined);
  await client.connect();
  await initialise({ connectionString: server.url }, LAYOUT, TABLE);
  await client.query(`ALTER TABLE ${TABLE.table} DISABLE TRIGGER ALL`);
  const bench = new AppendBench(client, server.url, events);
  const say = (text: string): void => console.error(text);
  const [pid] = readFileSync(join(directory, 'data/postmaster.pid'), 'latin1').split('\n', 1);
  const result = await runRounds(bench.variants(), FIGURES, rounds, Number(pid), say);
  await client.end();
  return printRounds(`${machineLine()}, ${events} events a run, fsync on`, result, values.json);
}
