import { finished } from 'node:stream/promises';
import type { ClientBase, QueryResult } from 'pg';
import { formatColumnList } from '../../domain/chain/columns';
import { chainKey } from '../../domain/chain/event-hash';
import { DIGEST_BYTES } from '../../domain/digests';
import { ConfigError, UnavailableError } from '../../errors';
import { advisoryKey } from './advisory-lock';
import type { AppendOptions, AppendResult } from './append-options';
import { query, searchPathOf } from './connection';
import { EventLinker, type Head, hashIn, type LinkedBatch } from './copy-in';
import { EventEncoder, type PreparedEvent } from './event-encoder';
import { isServerError } from './failure';
import { clientFailure, endpointOf } from './goodbye';
import { BOUND_LOCKS, FREE_LOCKS } from './lock-wait';
import { quoteIdentifier } from './quoting';
import { requireSupported } from './server-version';
import { requireShape, requireTable, type Table } from './table';

const APPEND_LABEL = 'audit-append/1';
const UNIQUE_VIOLATION = '23505';

/** READ WRITE, so that a standby refuses at once; a commit that is acknowledged has to be on disk. */
const BEGIN = `BEGIN TRANSACTION ISOLATION LEVEL READ COMMITTED READ WRITE;
  SELECT pg_catalog.set_config('synchronous_commit', 'on', true)
  WHERE pg_catalog.current_setting('synchronous_commit') = 'off';
  ${BOUND_LOCKS}
  `;

/**
 * The steps of appending one batch to one table, in the order of the methods. Keeps what it learned about table and
 * key, so that a batch takes two round trips and a COMMIT.
 */
export class BatchAppender {
  /** Id of the secret that events are hashed under. */
  readonly keyId: string;
  private readonly linker: EventLinker;
  private opened: { readonly table: Table; readonly encoder: EventEncoder } | null = null;

  /**
   * @throws ConfigError `KEY_UNKNOWN` when the ring has no secret for its active id; `USAGE` for a foreign chain
   */
  constructor(private readonly options: AppendOptions) {
    const { keys, chainId, layout } = options;
    if (layout.format !== 'v1') {
      throw new ConfigError('USAGE', 'events can only be appended to a chain of format v1, found links');
    }
    this.keyId = keys.activeKeyId;
    const secret = keys.secretFor(this.keyId);
    if (!secret) {
      throw new ConfigError(
        'KEY_UNKNOWN',
        `the key ring has no secret for the active key id "${this.keyId}"`,
        {
          hint: 'Add it to AUDIT_HMAC_KEYS, or name another AUDIT_HMAC_ACTIVE_KEY_ID.',
        },
      );
    }
    const key = chainKey(secret, chainId, formatColumnList(layout.columns));
    this.linker = new EventLinker(layout, key);
    key.fill(0);
  }

  /** Looks the table up once. */
  async open(client: ClientBase): Promise<EventEncoder> {
    if (this.opened) return this.opened.encoder;
    const [server] = await query<{ version: string }>(client, {
      text: `SELECT pg_catalog.current_setting('server_version') AS version`,
    });
    requireSupported(server?.version, endpointOf(client));
    const { layout } = this.options;
    const searchPath = this.options.table.schema ? [] : await searchPathOf(client);
    const table = await requireTable(client, this.options.table, searchPath);
    requireShape(table, layout, 'write');
    const encoder = new EventEncoder(layout, table, this.keyId);
    this.opened = { table, encoder };
    return encoder;
  }

  /**
   * Begins a transaction on a client that has none, and takes the append lock, which is held until the transaction ends,
   * so that the next writer sees what this one committed; then reads the end of the chain.
   */
  begin(client: ClientBase): Promise<Head> {
    return this.lockedHead(client, BEGIN);
  }

  /**
   * The same in a transaction of the caller's: `use` gets the end of the chain, no lock is waited for without a bound
   * meanwhile, and the caller's settings are as they were behind it.
   */
  async lock<T>(client: ClientBase, use: (head: Head) => Promise<T>): Promise<T> {
    const bound = await lastRowsOf(client, BOUND_LOCKS);
    try {
      return await use(await this.lockedHead(client, ''));
    } finally {
      // In a transaction that has failed its rollback does that.
      if (bound.length > 0) await client.query(FREE_LOCKS).catch(() => undefined);
    }
  }

  /** Gives events of `open`'s encoder their place behind `head`. */
  link(events: readonly PreparedEvent[], head: Head): LinkedBatch {
    return this.linker.link(events, head);
  }

  resultOf(batch: LinkedBatch, head: Head): AppendResult {
    const count = batch.ends.length;
    return {
      firstIndex: head.index + 1,
      lastIndex: head.index + count,
      lastHash: hashIn(batch, count - 1).toString('hex'),
      keyId: this.keyId,
    };
  }

  /** Inserts a batch; nothing counts until the transaction is committed. */
  async send(client: ClientBase, { bytes, ends }: LinkedBatch): Promise<void> {
    const table = this.openedTable();
    const { columns, hashColumn } = this.options.layout;
    const names = [...columns.map(({ name }) => name), hashColumn].map((name) => quoteIdentifier(name));
    const { default: copyStreams } = await import('pg-copy-streams');
    const stream = client.query(
      copyStreams.from(`COPY ${table.qualified} (${names.join(', ')}) FROM STDIN (FORMAT binary)`),
    );
    try {
      stream.end(bytes);
      await finished(stream);
    } catch (error) {
      throw this.sendFailure(error, client, table);
    }
    if (stream.rowCount !== ends.length) {
      throw new UnavailableError(
        'COPY_INCOMPLETE',
        `${table.qualified} took ${stream.rowCount} of ${ends.length} events; roll the transaction back`,
        { hint: 'A trigger or rule on the table drops rows; the audit table must have none that do.' },
      );
    }
  }

  /**
   * Hash of the event at `index`, null when there is none. Asked under the append lock, by `begin`, it is also
   * definite about a transaction of a lost connection: that one has ended.
   */
  async hashAt(client: ClientBase, index: number): Promise<Buffer | null> {
    const { indexColumn, hashColumn } = this.options.layout;
    const [row] = await query<{ hash: string | null }>(client, {
      text: `SELECT pg_catalog.encode(${quoteIdentifier(hashColumn)}, 'hex') AS hash
             FROM ${this.openedTable().qualified} WHERE ${quoteIdentifier(indexColumn)} = $1`,
      values: [index],
    });
    return row ? Buffer.from(row.hash ?? '', 'hex') : null;
  }

  /** Wipes the key. */
  dispose(): void {
    this.linker.dispose();
  }

  private openedTable(): Table {
    if (!this.opened) throw new Error('the table is looked up before it is used');
    return this.opened.table;
  }

  /** One message, yet statements of their own: in READ COMMITTED the last one's snapshot holds the newest commit. */
  private async lockedHead(client: ClientBase, begin: string): Promise<Head> {
    const table = this.openedTable();
    const { indexColumn, hashColumn } = this.options.layout;
    const index = quoteIdentifier(indexColumn);
    const lock = advisoryKey(APPEND_LABEL, `${table.schema}.${table.name}`);
    const text = `${begin}SELECT pg_catalog.pg_advisory_xact_lock('${lock}'::pg_catalog.int8);
      SELECT ${index}::pg_catalog.text AS index, pg_catalog.encode(${quoteIdentifier(hashColumn)}, 'hex') AS hash
      FROM ${table.qualified} WHERE ${index} IS NOT NULL ORDER BY ${index} DESC LIMIT 1`;
    const rows = await lastRowsOf<{ index: string; hash: string | null }>(client, text);
    const [row] = rows;
    if (!row) return { index: 0, hash: Buffer.alloc(DIGEST_BYTES) };
    const head = { index: Number(row.index), hash: Buffer.from(row.hash ?? '', 'hex') };
    if (!Number.isSafeInteger(head.index) || head.index < 1 || head.hash.length !== DIGEST_BYTES) {
      throw new ConfigError(
        'TABLE_SHAPE',
        `the last event of ${table.qualified} cannot be continued: found index ${row.index} and a hash of ` +
          `${head.hash.length} bytes, allowed an index of 1 or more and ${DIGEST_BYTES} bytes`,
        { hint: 'Run "audit-anchor verify" to see what happened to the chain.' },
      );
    }
    return head;
  }

  private sendFailure(error: unknown, client: ClientBase, table: Table): Error {
    if (!isServerError(error) || error.code !== UNIQUE_VIOLATION) return clientFailure(error, client);
    return new ConfigError(
      'TRANSACTION_REQUIRED',
      `the transaction does not see the newest event of ${table.qualified}: it reads from a snapshot older than the ` +
        'last append, or another program writes without the append lock',
      { cause: error, hint: 'Append in a READ COMMITTED transaction, and only through this function.' },
    );
  }
}

/** Runs several statements in one message; the rows of the last. */
async function lastRowsOf<Row>(client: ClientBase, text: string): Promise<Row[]> {
  try {
    // pg's types know one result only.
    const results = [(await client.query(text)) as QueryResult | QueryResult[]].flat();
    return (results[results.length - 1]?.rows ?? []) as Row[];
  } catch (error) {
    throw clientFailure(error, client);
  }
}
