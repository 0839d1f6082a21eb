import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { type ClientBase, escapeIdentifier } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { type ChainLayout, formatColumnList } from '../../domain/chain/columns';
import { chainKey, eventHash } from '../../domain/chain/event-hash';
import { encodeMessage } from '../../domain/chain/message';
import { DIGEST_BYTES } from '../../domain/digests';
import { ConfigError, UnavailableError } from '../../errors';
import { advisoryKey } from './advisory-lock';
import { inOpenTransaction } from './open-transaction';
import { endpointOf, query, searchPathOf } from './connection';
import { EventEncoder, type EventValues, type PreparedEvent } from './event-values';
import { databaseFailure, isServerError } from './failure';
import { requireShape, requireTable, type Table, type TableName } from './table';

/** The secrets that events are hashed under. */
export interface AppendKeys {
  /** Id of the secret for new events. */
  readonly activeKeyId: string;
  /** The secret of an id, undefined when the ring has none. */
  secretFor(keyId: string): Uint8Array | undefined;
}

export interface AppendOptions {
  readonly table: TableName;
  readonly layout: ChainLayout;
  /** Bound into every hash, together with the column list. */
  readonly chainId: string;
  readonly keys: AppendKeys;
}

export interface AppendResult {
  /** Chain indices of the first and the last event that were appended. */
  readonly firstIndex: number;
  readonly lastIndex: number;
  /** Hex `event_hash` of the last one: the new head. */
  readonly lastHash: string;
  /** Id of the secret that they were hashed under. */
  readonly keyId: string;
}

const APPEND_LABEL = 'audit-append/1';
const UNIQUE_VIOLATION = '23505';

const COPY_HEADER = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
const COPY_TRAILER = Buffer.from([0xff, 0xff]);

interface Head {
  readonly index: number;
  readonly hash: Buffer;
}

/** Appends to one table. Keeps what it learned about table and key, so that a batch takes three round trips. */
export class EventAppender {
  private table: Table | null = null;
  private encoder: EventEncoder | null = null;
  private readonly keyId: string;
  private readonly key: Buffer;

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
    this.key = chainKey(secret, chainId, formatColumnList(layout.columns));
  }

  /** Looks the table up once. */
  async open(client: ClientBase): Promise<EventEncoder> {
    if (this.encoder) return this.encoder;
    const searchPath = this.options.table.schema ? [] : await searchPathOf(client);
    const table = await requireTable(client, this.options.table, searchPath);
    requireShape(table, this.options.layout, 'write');
    this.table = table;
    this.encoder = new EventEncoder(this.options.layout, table);
    return this.encoder;
  }

  /** See `appendEvents`. */
  async append(client: ClientBase, events: readonly EventValues[]): Promise<AppendResult> {
    return inOpenTransaction(client, async () => {
      const encoder = await this.open(client);
      return this.appendAll(
        client,
        events.map((values, position) => encoder.prepare(values, position + 1)),
      );
    });
  }

  /** Appends events that `open`'s encoder has prepared. */
  async appendPrepared(client: ClientBase, events: readonly PreparedEvent[]): Promise<AppendResult> {
    return inOpenTransaction(client, async () => {
      await this.open(client);
      return this.appendAll(client, events);
    });
  }

  private async appendAll(client: ClientBase, events: readonly PreparedEvent[]): Promise<AppendResult> {
    if (events.length === 0) {
      throw new ConfigError(
        'EVENT_INVALID',
        'there is no event to append: found an empty list, allowed 1 or more',
      );
    }
    const table = this.openedTable();
    await this.lock(client, table);
    const head = await this.readHead(client, table);
    const { bytes, lastHash } = this.chain(events, head);
    await this.send(client, table, bytes, events.length);
    return {
      firstIndex: head.index + 1,
      lastIndex: head.index + events.length,
      lastHash: lastHash.toString('hex'),
      keyId: this.keyId,
    };
  }

  private openedTable(): Table {
    if (!this.table) throw new Error('the table is looked up before it is used');
    return this.table;
  }

  /** Held until the caller's transaction ends, so the next writer sees what this one committed. */
  private async lock(client: ClientBase, { schema, name }: Table): Promise<void> {
    await query(client, {
      text: 'SELECT pg_catalog.pg_advisory_xact_lock($1::pg_catalog.int8)',
      values: [advisoryKey(APPEND_LABEL, `${schema}.${name}`).toString()],
    });
  }

  /** A statement of its own after the lock: in READ COMMITTED its snapshot holds the newest commit. */
  private async readHead(client: ClientBase, table: Table): Promise<Head> {
    const index = escapeIdentifier(this.options.layout.indexColumn);
    const [row] = await query<{ index: string; hash: string | null }>(client, {
      text: `SELECT ${index}::pg_catalog.text AS index,
                    pg_catalog.encode(${escapeIdentifier(this.options.layout.hashColumn)}, 'hex') AS hash
             FROM ${table.qualified} WHERE ${index} IS NOT NULL ORDER BY ${index} DESC LIMIT 1`,
    });
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

  /** The COPY stream: the bytes that are hashed are the bytes that are sent. */
  private chain(events: readonly PreparedEvent[], head: Head): { bytes: Buffer[]; lastHash: Buffer } {
    const { columns, indexColumn, keyIdColumn, prevHashColumn } = this.options.layout;
    const fieldCount = Buffer.alloc(2);
    fieldCount.writeInt16BE(columns.length + 1);
    const hashLength = Buffer.alloc(4);
    hashLength.writeInt32BE(DIGEST_BYTES);
    const bytes: Buffer[] = [COPY_HEADER];
    let { index, hash } = head;
    for (const { fields } of events) {
      index += 1;
      const own = new Map<string | null, number | string | Buffer>([
        [indexColumn, index],
        [keyIdColumn, this.keyId],
        [prevHashColumn, hash],
      ]);
      const message = Buffer.concat(
        columns.map((column, position) => {
          const field = fields[position];
          return field ?? encodeMessage([column], [own.get(column.name) ?? null]);
        }),
      );
      hash = eventHash(this.key, message);
      bytes.push(fieldCount, message, hashLength, hash);
    }
    bytes.push(COPY_TRAILER);
    return { bytes, lastHash: hash };
  }

  private async send(client: ClientBase, table: Table, bytes: Buffer[], count: number): Promise<void> {
    const { columns, hashColumn } = this.options.layout;
    const names = [...columns.map(({ name }) => name), hashColumn].map((name) => escapeIdentifier(name));
    const stream = client.query(
      copyFrom(`COPY ${table.qualified} (${names.join(', ')}) FROM STDIN (FORMAT binary)`),
    );
    try {
      await pipeline(Readable.from([Buffer.concat(bytes)], { objectMode: false }), stream);
    } catch (error) {
      throw this.sendFailure(error, client, table);
    }
    if (stream.rowCount !== count) {
      throw new UnavailableError(
        'COPY_INCOMPLETE',
        `${table.qualified} took ${stream.rowCount} of ${count} events; roll the transaction back`,
        { hint: 'A trigger or rule on the table drops rows; the audit table must have none that do.' },
      );
    }
  }

  private sendFailure(error: unknown, client: ClientBase, table: Table): Error {
    if (!isServerError(error) || error.code !== UNIQUE_VIOLATION)
      return databaseFailure(error, endpointOf(client));
    return new ConfigError(
      'TRANSACTION_REQUIRED',
      `the transaction does not see the newest event of ${table.qualified}: it reads from a snapshot older than the ` +
        'last append, or another program writes without the append lock',
      { cause: error, hint: 'Append in a READ COMMITTED transaction, and only through this function.' },
    );
  }
}

/**
 * Appends events to the end of the chain, inside the caller's transaction; nothing counts until the caller
 * commits. The index is the head's plus one, never a sequence: rollbacks and crashes leave no gap, and a lock that
 * is held until the transaction ends keeps concurrent writers from forking the chain. Keep that transaction short.
 * @param client a `pg` client with an open READ COMMITTED transaction
 * @throws ConfigError `TRANSACTION_REQUIRED`, `EVENT_INVALID` (nothing was sent; the transaction goes on),
 *   `KEY_UNKNOWN`, `TABLE_NOT_FOUND`, `TABLE_SHAPE`
 * @throws UnavailableError `DB_*`, after which the transaction has to be rolled back
 */
export async function appendEvents(
  client: ClientBase,
  events: readonly EventValues[],
  options: AppendOptions,
): Promise<AppendResult> {
  return new EventAppender(options).append(client, events);
}
