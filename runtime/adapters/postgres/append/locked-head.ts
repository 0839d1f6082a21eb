import type { ClientBase, QueryResult } from 'pg';
import type { ChainLayout } from '../../../domain/chain/columns';
import { DIGEST_BYTES } from '../../../domain/digests';
import { ConfigError } from '../../../errors';
import { advisoryKey } from '../advisory-lock';
import {
  type Alterer,
  alterersStatement,
  type AppendTable,
  storageExpression,
  type Suspicion,
  suspicionOf,
} from './alterers';
import { chainEnd } from '../chain-end';
import type { Head } from './copy-in';
import { clientFailure } from '../goodbye';
import { BOUND_LOCKS } from '../lock-wait';
import { quoteIdentifier } from '../quoting';

const APPEND_LABEL = 'audit-append/1';

/** READ WRITE, so that a standby refuses at once. */
const BEGIN = `BEGIN TRANSACTION ISOLATION LEVEL READ COMMITTED READ WRITE; ${BOUND_LOCKS}`;
/** A commit that is acknowledged has to be on disk. */
const ON_DISK = `CASE WHEN pg_catalog.current_setting('synchronous_commit') = 'off'
    THEN pg_catalog.set_config('synchronous_commit', 'on', true) END,`;

/** The end of the chain under the append lock, and whether what is sent behind it has to be read back. */
export interface LockedHead extends Head {
  readonly suspicion: Suspicion | null;
}

interface SessionRow {
  readonly encoding: string;
  readonly isolation: string;
}

interface HeadRow {
  readonly index: string;
  readonly hash: string | null;
  readonly storage: string | null;
}

/** Under another encoding the bytes that were hashed would be taken for other text, and come back as they went. */
function requireEncoding(session: SessionRow | undefined, table: AppendTable): void {
  if (!session || session.encoding === 'UTF8' || table.encoding === 'SQL_ASCII') return;
  throw new ConfigError(
    'TRANSACTION_REQUIRED',
    `client_encoding of this connection is ${session.encoding}; expected UTF8, the encoding in which events are sent`,
    { hint: 'Run SET LOCAL client_encoding = UTF8 before the append, or leave the setting alone.' },
  );
}

/** Runs several statements in one message; the rows of the last ones. */
export async function lastRowsOf<Rows extends readonly unknown[]>(
  client: ClientBase,
  text: string,
  count: Rows['length'],
): Promise<Rows> {
  try {
    // pg's types know one result only.
    const results = [(await client.query(text)) as QueryResult | QueryResult[]].flat();
    return results.slice(-count).map(({ rows }) => rows as unknown) as unknown as Rows;
  } catch (error) {
    throw clientFailure(error, client);
  }
}

/**
 * Takes the append lock, which is held until the transaction ends, and reads the end of the chain behind it. One
 * message, yet statements of their own: in READ COMMITTED the last one's snapshot holds the newest commit.
 * @param transaction `new` begins one
 * @param known index of an event that stood at the end before, null when there is none
 */
export async function lockHead(
  client: ClientBase,
  table: AppendTable,
  layout: ChainLayout,
  transaction: 'new' | 'open',
  known: number | null,
): Promise<LockedHead> {
  const { indexColumn, hashColumn } = layout;
  const index = quoteIdentifier(indexColumn);
  const lock = advisoryKey(APPEND_LABEL, `${table.schema}.${table.name}`);
  const [begin, sync] = transaction === 'new' ? [BEGIN, ON_DISK] : ['', ''];
  // No trigger can be made or dropped behind LOCK TABLE. ONLY: older servers ask for rights on each partition.
  const text = `${begin} SELECT ${sync} pg_catalog.current_setting('client_encoding') AS encoding,
      pg_catalog.current_setting('transaction_isolation') AS isolation,
      pg_catalog.pg_advisory_xact_lock('${lock}'::pg_catalog.int8);
    LOCK TABLE ONLY ${table.qualified} IN ROW EXCLUSIVE MODE;
    ${alterersStatement(table)};
    SELECT ${index}::pg_catalog.text AS index, pg_catalog.encode(${quoteIdentifier(hashColumn)}, 'hex') AS hash,
      ${storageExpression(table)} AS storage
    FROM ${table.qualified} WHERE ${index} = ${chainEnd(table.qualified, index, known)} LIMIT 1`;
  const [[session], , alterers, [row]] = await lastRowsOf<[SessionRow[], unknown[], Alterer[], HeadRow[]]>(
    client,
    text,
    4,
  );
  requireEncoding(session, table);
  const storage = row?.storage ?? null;
  const suspicion = suspicionOf(client, table, { alterers, storage, isolation: session?.isolation ?? '' });
  // Somebody removed it: the end has to be looked for from the beginning.
  if (!row && known !== null) return lockHead(client, table, layout, 'open', null);
  if (!row) return { index: 0, hash: Buffer.alloc(DIGEST_BYTES), suspicion };
  const head = { index: Number(row.index), hash: Buffer.from(row.hash ?? '', 'hex'), suspicion };
  if (head.hash.length !== DIGEST_BYTES) {
    throw new ConfigError(
      'TABLE_SHAPE',
      `event ${row.index} of ${table.qualified}, the last one, has a hash of ${head.hash.length} bytes; ` +
        `expected ${DIGEST_BYTES}`,
      { hint: 'Run "audit-anchor verify" to see what happened to the chain.' },
    );
  }
  return head;
}
