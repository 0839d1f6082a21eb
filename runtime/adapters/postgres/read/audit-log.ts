import type { ClientConfig } from 'pg';
import type {
  AuditLog,
  AuditLogSnapshot,
  ChainHead,
  ExclusiveSession,
  SnapshotOptions,
} from '../../../application/ports';
import type { ChainLayout } from '../../../domain/chain/columns';
import { ChainLock } from '../advisory-lock';
import { Connection } from '../connection';
import { type ReadTable, withQueries, withSnapshot } from './snapshot';
import type { TableName } from '../table';
import { awaitFlush } from './wal-flush';

/** What releasing the lock of a chain may take, milliseconds. */
const RELEASE_TIMEOUT_MS = 2_000;

/** Which table is read, over which connection. */
export interface PostgresAuditLogOptions {
  /** As `pg` takes it. */
  readonly connection: ClientConfig;
  readonly table: TableName;
  readonly layout: ChainLayout;
  /** Names the lock that keeps a second anchorer out. */
  readonly chainId: string;
}

/**
 * The audit table in PostgreSQL, for reading. Connects when first used; one idle connection is kept for the
 * next use.
 */
export class PostgresAuditLog implements AuditLog {
  private idle: Connection | null = null;
  private closed = false;
  private readonly read: ReadTable;

  constructor(private readonly options: PostgresAuditLogOptions) {
    this.read = { name: options.table, layout: options.layout };
  }

  head(signal?: AbortSignal): Promise<ChainHead | null> {
    return this.withConnection(signal, (connection) =>
      withQueries(connection, this.read, (queries) => queries.head(connection)),
    );
  }

  snapshot<T>(
    use: (snapshot: AuditLogSnapshot) => Promise<T>,
    { exported, signal }: SnapshotOptions = {},
  ): Promise<T> {
    return this.withConnection(signal, (connection) => withSnapshot(connection, this.read, use, exported));
  }

  exclusive<T>(
    use: (session: ExclusiveSession) => Promise<T>,
    { waitMs, signal }: { readonly waitMs: number; readonly signal?: AbortSignal },
  ): Promise<T> {
    return this.lend(signal, async (connection) => {
      const lock = new ChainLock(connection, this.options.chainId);
      await lock.acquire(waitMs, signal);
      try {
        return await use({
          snapshot: (read) => connection.until(signal, () => withSnapshot(connection, this.read, read)),
          flushed: (lsn) => connection.until(signal, () => awaitFlush(connection, lsn, signal)),
          assertHeld: () => lock.assertHeld(),
        });
      } finally {
        // A lost connection gives up the lock by itself; that of a server that does not answer is cut.
        const soon = AbortSignal.timeout(RELEASE_TIMEOUT_MS);
        await connection.until(soon, () => lock.release()).catch(() => connection.close());
      }
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    const connection = this.idle;
    this.idle = null;
    await connection?.close();
  }

  private withConnection<T>(
    signal: AbortSignal | undefined,
    use: (connection: Connection) => Promise<T>,
  ): Promise<T> {
    return this.lend(signal, (connection) => connection.until(signal, () => use(connection)));
  }

  /** @param signal ends the connecting, and not what `use` does */
  private async lend<T>(
    signal: AbortSignal | undefined,
    use: (connection: Connection) => Promise<T>,
  ): Promise<T> {
    const connection = await this.take(signal);
    try {
      return await use(connection);
    } finally {
      await this.putBack(connection);
    }
  }

  private async take(signal: AbortSignal | undefined): Promise<Connection> {
    const connection = this.idle;
    this.idle = null;
    if (connection && !connection.broken) return connection;
    return Connection.open(this.options.connection, signal);
  }

  private async putBack(connection: Connection): Promise<void> {
    const clean = !connection.broken && connection.client.getTransactionStatus() === 'I';
    if (clean && !this.closed && this.idle === null) this.idle = connection;
    else await connection.close();
  }
}
