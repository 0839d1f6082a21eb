import { finished } from 'node:stream/promises';
import type { ClientBase, DatabaseError } from 'pg';
import { requireChainId } from '../../../domain/anchor/object-key';
import { formatColumnList } from '../../../domain/chain/column-list';
import { MAX_INDEX, MAX_INDEX_STEP } from '../../../domain/chain/index-bounds';
import { chainKey } from '../../../domain/chain/event-hash';
import { ConfigError, UnavailableError } from '../../../errors';
import { alterersHint, type AppendTable, clear, runDeferred, type Suspicion } from './alterers';
import { appendFailure, EventRefused, UNIQUE_VIOLATION } from './failure';
import type { AppendOptions, AppendResult } from './options';
import { query, searchPathOf } from '../connection';
import { EventLinker, type Head, hashIn, type LinkedBatch } from './copy-in';
import { EventEncoder, type PreparedEvent } from './event-encoder';
import { isServerError } from '../failure';
import { clientFailure, endpointOf } from '../goodbye';
import { BOUND_LOCKS, FREE_LOCKS } from '../lock-wait';
import { lastRowsOf, type LockedHead, lockHead } from './locked-head';
import { quoteIdentifier } from '../quoting';
import { copyWhole, firstAlteration } from './read-back';
import { requireSupported } from '../server-version';
import { requireShape, requireTable } from '../table';

/**
 * The steps of appending one batch to one table, in the order of the methods. Keeps what it learned about table and
 * key, so that a batch takes two round trips and a COMMIT.
 */
export class BatchAppender {
  /** Id of the secret that events are hashed under. */
  readonly keyId: string;
  private readonly linker: EventLinker;
  private opened: { readonly table: AppendTable; readonly encoder: EventEncoder } | null = null;
  /** Index at the end of the chain when it was last locked. */
  private knownIndex: number | null = null;

  /**
   * @throws ConfigError `KEY_UNKNOWN` when the ring has no secret for its active id; `USAGE` for a foreign chain;
   *   `CONFIG_INVALID` for a chain id that no chain can have
   */
  constructor(private readonly options: AppendOptions) {
    const { keys, chainId, layout } = options;
    requireChainId(chainId);
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
    const [server] = await query<{ version: string; encoding: string }>(client, {
      text: `SELECT pg_catalog.current_setting('server_version') AS version,
                    pg_catalog.current_setting('server_encoding') AS encoding`,
    });
    requireSupported(server?.version, endpointOf(client));
    const { layout } = this.options;
    const searchPath = this.options.table.schema ? [] : await searchPathOf(client);
    const found = await requireTable(client, this.options.table, searchPath);
    const table = { ...found, encoding: server?.encoding ?? '' };
    requireShape(table, layout, 'write');
    const encoder = new EventEncoder(layout, table, this.keyId);
    this.opened = { table, encoder };
    return encoder;
  }

  /**
   * Begins a transaction on a client that has none, and takes the append lock, which is held until the transaction ends,
   * so that the next writer sees what this one committed; then reads the end of the chain.
   */
  begin(client: ClientBase): Promise<LockedHead> {
    return this.lockedHead(client, 'new');
  }

  /**
   * The same in a transaction of the caller's: `use` gets the end of the chain, no lock is waited for without a bound
   * meanwhile, and the caller's settings are as they were behind it.
   */
  async lock<T>(client: ClientBase, use: (head: LockedHead) => Promise<T>): Promise<T> {
    const [bound] = await lastRowsOf<[unknown[]]>(client, BOUND_LOCKS, 1);
    try {
      return await use(await this.lockedHead(client, 'open'));
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
      ...this.place,
      firstIndex: head.index + 1,
      lastIndex: head.index + count,
      lastHash: hashIn(batch, count - 1).toString('hex'),
      keyId: this.keyId,
    };
  }

  /**
   * Inserts a batch; nothing counts until the transaction is committed.
   * @throws EventRefused when the database refuses an event, or changes it; after a change the batch is out of the
   *   transaction, which goes on
   */
  async send(client: ClientBase, batch: LinkedBatch, head: LockedHead): Promise<void> {
    const { suspicion } = head;
    if (!suspicion) return this.copyIn(client, batch, null);
    await this.run(client, 'SAVEPOINT audit_append');
    try {
      await this.copyIn(client, batch, suspicion);
      await this.readBack(client, batch, head.index + 1, suspicion);
    } catch (error) {
      if (error instanceof EventRefused && error.code === 'EVENT_ALTERED') {
        await this.run(client, 'ROLLBACK TO SAVEPOINT audit_append');
      }
      throw error;
    }
    await this.run(client, 'RELEASE SAVEPOINT audit_append');
    clear(client, suspicion);
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

  /** The table as the server resolved its name. */
  get place(): { readonly schema: string; readonly table: string } {
    const { schema, name } = this.openedTable();
    return { schema, table: name };
  }

  private async lockedHead(client: ClientBase, transaction: 'new' | 'open'): Promise<LockedHead> {
    const { layout } = this.options;
    const head = await lockHead(client, this.openedTable(), layout, transaction, this.knownIndex);
    this.knownIndex = head.index || null;
    return head;
  }

  private openedTable(): AppendTable {
    if (!this.opened) throw new Error('the table is looked up before it is used');
    return this.opened.table;
  }

  private async copyIn(
    client: ClientBase,
    { bytes, ends }: LinkedBatch,
    suspicion: Suspicion | null,
  ): Promise<void> {
    const { qualified } = this.openedTable();
    const { default: copyStreams } = await import('pg-copy-streams');
    const stream = client.query(
      copyStreams.from(`COPY ${qualified} (${this.columnNames}) FROM STDIN (FORMAT binary)`),
    );
    try {
      stream.end(bytes);
      await finished(stream);
    } catch (error) {
      throw this.sendFailure(error, client);
    }
    // With a suspicion the rows themselves are looked at: a trigger may have put them elsewhere on purpose.
    if (!suspicion && stream.rowCount !== ends.length) {
      throw new UnavailableError(
        'COPY_INCOMPLETE',
        `${qualified} took ${stream.rowCount} of ${ends.length} events; roll the transaction back`,
      );
    }
  }

  /** What was hashed has to be what the table now holds, or the chain would be broken from here on. */
  private async readBack(
    client: ClientBase,
    { bytes, ends }: LinkedBatch,
    firstIndex: number,
    suspicion: Suspicion,
  ): Promise<void> {
    const table = this.openedTable();
    const { layout } = this.options;
    const index = quoteIdentifier(layout.indexColumn);
    const deferred = runDeferred(suspicion);
    if (deferred !== null) await this.run(client, deferred);
    // One row more than was sent, so that one which nobody sent is seen. What stands too far above is not of the chain.
    const upTo = Math.min(firstIndex - 1 + MAX_INDEX_STEP, MAX_INDEX);
    const stored = await copyWhole(
      client,
      `COPY (SELECT ${this.columnNames} FROM ${table.qualified} WHERE ${index} BETWEEN ${firstIndex} AND ${upTo}
       ORDER BY ${index} LIMIT ${ends.length + 1}) TO STDOUT (FORMAT binary)`,
    ).catch((error: unknown) => {
      throw clientFailure(error, client);
    });
    const alteration = firstAlteration(layout, bytes, stored);
    if (!alteration) return;
    const hint = alterersHint(table, suspicion);
    throw new EventRefused('EVENT_ALTERED', alteration.what, alteration.position, { hint });
  }

  private get columnNames(): string {
    const { columns, hashColumn } = this.options.layout;
    return [...columns.map(({ name }) => name), hashColumn].map(quoteIdentifier).join(', ');
  }

  private async run(client: ClientBase, text: string): Promise<void> {
    try {
      await client.query(text);
    } catch (error) {
      throw this.sendFailure(error, client);
    }
  }

  private sendFailure(error: unknown, client: ClientBase): Error {
    const { qualified, name } = this.openedTable();
    if (!isServerError(error) || !this.isTakenIndex(error)) return appendFailure(error, client, name);
    return new ConfigError(
      'TRANSACTION_REQUIRED',
      `the transaction does not see the newest event of ${qualified}: it reads from a snapshot older than the ` +
        'last append, or another program writes without the append lock',
      { cause: error, hint: 'Append in a READ COMMITTED transaction, and only through this function.' },
    );
  }

  /** Of the unique columns, the index is the one that no event brings along. */
  private isTakenIndex({ code, detail }: DatabaseError): boolean {
    if (code !== UNIQUE_VIOLATION) return false;
    const { indexColumn } = this.options.layout;
    const names = [indexColumn, quoteIdentifier(indexColumn)];
    // "Key (chain_index)=(7) ..."; without a right to read the key there is no detail.
    return (
      detail === undefined ||
      names.some((name) => detail.includes(`(${name})=(`) || detail.includes(`(${name}, `))
    );
  }
}
