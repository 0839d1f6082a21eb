import { Client } from 'pg';
import type { ColumnType } from '../../../runtime/domain/chain/columns';
import { CHAIN_KEY, LAYOUT } from '../chain';
import { perform, type Task } from './task';

const SEND: Readonly<Partial<Record<ColumnType, string>>> = {
  int8: 'int8send',
  timestamptz: 'timestamptz_send',
  text: 'textsend',
  json: 'json_send',
  bytea: 'byteasend',
  uuid: 'uuid_send',
};

/** The message of a row, as the chain format describes it for SQL. */
function messageSql(row: string): string {
  return LAYOUT.columns
    .map(({ name, type }) => {
      const bytes = `${SEND[type]}(${row}.${name})`;
      return `COALESCE(int4send(octet_length(${bytes})) || ${bytes}, int4send(-1))`;
    })
    .join(' || ');
}

const KEY = `'\\x${CHAIN_KEY.toString('hex')}'::bytea`;

/** One statement: `hmac` of pgcrypto and the row before by `lag`. */
function statement({ table }: Task): string {
  return `SELECT count(*)::text AS events, max(chain_index)::text AS last,
      count(*) FILTER (WHERE prev_hash <> before)::text AS links,
      count(*) FILTER (WHERE chain_index <> expected)::text AS indices,
      count(*) FILTER (WHERE mac <> event_hash)::text AS hashes
    FROM (SELECT chain_index, prev_hash, event_hash, hmac(sha256(${messageSql('e')}), ${KEY}, 'sha256') AS mac,
            lag(event_hash, 1, decode(repeat('00', 32), 'hex')) OVER chain AS before,
            lag(chain_index, 1, 0::bigint) OVER chain + 1 AS expected
          FROM ${table} e WINDOW chain AS (ORDER BY chain_index)) checked`;
}

/** A loop in the server, with or without the HMAC. */
function loop({ table }: Task, withHmac: boolean): string {
  const hash = withHmac
    ? `IF hmac(sha256(${messageSql('r')}), ${KEY}, 'sha256') <> r.event_hash THEN hashes := hashes + 1; END IF;`
    : '';
  return `CREATE FUNCTION pg_temp.verify_chain(OUT events bigint, OUT last bigint, OUT links bigint,
      OUT indices bigint, OUT hashes bigint) LANGUAGE plpgsql AS $$
    DECLARE
      r record;
      before bytea := decode(repeat('00', 32), 'hex');
    BEGIN
      events := 0; last := 0; links := 0; indices := 0; hashes := 0;
      FOR r IN SELECT ${withHmac ? '*' : 'chain_index, prev_hash, event_hash'} FROM ${table} ORDER BY chain_index LOOP
        IF r.chain_index <> last + 1 THEN indices := indices + 1; END IF;
        IF r.prev_hash <> before THEN links := links + 1; END IF;
        ${hash}
        before := r.event_hash; last := r.chain_index; events := events + 1;
      END LOOP;
    END $$`;
}

interface Counts {
  readonly events: string;
  readonly last: string | null;
  readonly links: string;
  readonly indices: string;
  readonly hashes: string;
}

/** Verifies inside of the server: `how` is `statement`, `loop` or `links`. */
perform(async (task) => {
  const client = new Client({ connectionString: task.url });
  await client.connect();
  try {
    // One process, like the one connection of the others.
    await client.query('SET max_parallel_workers_per_gather = 0');
    const { how } = task.options;
    if (how !== 'statement') await client.query(loop(task, how === 'loop'));
    const query = how === 'statement' ? statement(task) : 'SELECT * FROM pg_temp.verify_chain()';
    const [counts] = (await client.query<Counts>(query)).rows;
    if (!counts) throw new Error('the server counted nothing');
    const found = (['links', 'indices', 'hashes'] as const).filter((kind) => Number(counts[kind]) > 0);
    const cut = Number(counts.last ?? 0) < task.last;
    return { events: Number(counts.events), found: cut ? [...found, 'end'] : found };
  } finally {
    await client.end();
  }
});
