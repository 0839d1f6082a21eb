import type { ClientConfig } from 'pg';
import type {
  AuditLog,
  AuditLogSnapshot,
  ChainHead,
  ExclusiveSession,
  SnapshotOptions,
} from '../../application/ports';
import type { ChainLayout } from '../../domain/chain/columns';
import { ChainLock } from './advisory-lock';
import { ChainQueries } from './chain-queries';
import { openReadingSession, type ReadingSession } from './connection';
import { withSnapshot } from './snapshot';
import { requireShape, requireTable, type TableName } from './table';

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
  private idle: ReadingSession | null = null;
  private closed = false;
  private queries: ChainQueries | null = null;

  constructor(private readonly options: PostgresAuditLogOptions) {}

  async checkShape(signal?: AbortSignal): Promise<void> {
    await this.withSession(signal, async ({ connection, searchPath }) => {
      const table = await requireTable(connection.client, this.options.table, searchPath);
      requireShape(table, this.options.layout, 'read');
    });
  }

  head(signal?: AbortSignal): Promise<ChainHead | null> {
    return this.withSession(signal, async (session) =>
      (await this.queriesFor(session)).head(session.connection),
    );
  }

  snapshot<T>(
    use: (snapshot: AuditLogSnapshot) => Promise<T>,
    { exported, signal }: SnapshotOptions = {},
  ): Promise<T> {
    return this.withSession(signal, async (session) =>
      withSnapshot(session.connection, await this.queriesFor(session), use, exported),
    );
  }

  exclusive<T>(
    use: (session: ExclusiveSession) => Promise<T>,
    { waitMs, signal }: { readonly waitMs: number; readonly signal?: AbortSignal },
  ): Promise<T> {
    return this.lend(signal, async (session) => {
      const { connection } = session;
      const queries = await connection.until(signal, () => this.queriesFor(session));
      const lock = new ChainLock(connection, this.options.chainId);
      await lock.acquire(waitMs, signal);
      try {
        return await use({
          snapshot: (read) => connection.until(signal, () => withSnapshot(connection, queries, read)),
          assertHeld: () => lock.assertHeld(),
          lost: connection.lost,
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
    const session = this.idle;
    this.idle = null;
    await session?.connection.close();
  }

  private async queriesFor({ connection, searchPath }: ReadingSession): Promise<ChainQueries> {
    this.queries ??= new ChainQueries(
      await requireTable(connection.client, this.options.table, searchPath),
      this.options.layout,
    );
    return this.queries;
  }

  private withSession<T>(
    signal: AbortSignal | undefined,
    use: (session: ReadingSession) => Promise<T>,
  ): Promise<T> {
    return this.lend(signal, (session) => session.connection.until(signal, () => use(session)));
  }

  /** @param signal ends the connecting, and not what `use` does */
  private async lend<T>(
    signal: AbortSignal | undefined,
    use: (session: ReadingSession) => Promise<T>,
  ): Promise<T> {
    const session = await this.take(signal);
    try {
      return await use(session);
    } finally {
      await this.putBack(session);
    }
  }

  private async take(signal: AbortSignal | undefined): Promise<ReadingSession> {
    const session = this.idle;
    this.idle = null;
    if (session && !session.connection.broken) return session;
    return openReadingSession(this.options.connection, signal);
  }

  private async putBack(session: ReadingSession): Promise<void> {
    const clean = !session.connection.broken && session.connection.client.getTransactionStatus() === 'I';
    if (clean && !this.closed && this.idle === null) this.idle = session;
    else await session.connection.close();
  }
}
