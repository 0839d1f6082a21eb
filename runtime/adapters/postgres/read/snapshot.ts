import type { AuditLogSnapshot } from '../../../application/ports';
import type { ChainLayout } from '../../../domain/chain/columns';
import { ChainQueries } from './chain-queries';
import type { Connection } from '../connection';
import { copyOut } from './copy-out';
import { readIdentity, replayedTo } from './identity';
import { inReadingTransaction, notShared } from './reading-transaction';
import { columnsOf, type MessageColumns } from './message-columns';
import type { TableName } from '../table';

/** Which table is read, and how its columns are meant. */
export interface ReadTable {
  readonly name: TableName;
  readonly layout: ChainLayout;
}

async function exportSnapshot(connection: Connection): Promise<string> {
  try {
    // While the others read, this transaction waits; ended for that, it would take their snapshot with it.
    await connection.query('SET LOCAL idle_in_transaction_session_timeout = 0');
    const [row] = await connection.query<{ name: string }>(
      'SELECT pg_catalog.pg_export_snapshot()::pg_catalog.text AS name',
    );
    return row?.name ?? '';
  } catch (error) {
    throw notShared('the snapshot cannot be shared with other connections', error);
  }
}

/**
 * Runs `use` on the questions that can be asked of the table, in one reading transaction.
 * @param exported name of a snapshot that another connection exported
 * @throws ConfigError `TABLE_NOT_FOUND`, `TABLE_SHAPE` with every fault
 */
export function withQueries<T>(
  connection: Connection,
  { name, layout }: ReadTable,
  use: (queries: ChainQueries) => Promise<T>,
  exported?: string,
): Promise<T> {
  return inReadingTransaction(
    connection,
    name,
    async (table) => use(new ChainQueries(table, layout, await columnsOf(connection, table, layout))),
    exported,
  );
}

/**
 * As `withQueries`, with everything that a snapshot of the audit log answers.
 * @param exported name of a snapshot that another connection exported
 */
export async function withSnapshot<T>(
  connection: Connection,
  read: ReadTable,
  use: (snapshot: AuditLogSnapshot) => Promise<T>,
  exported?: string,
): Promise<T> {
  // Before the snapshot: a position that is asked for later may lie behind what the snapshot shows.
  const replayed = await replayedTo(connection);
  return withQueries(
    connection,
    read,
    (queries) => {
      const { schema, name, kind, oid, nonTableChild } = queries.table;
      const { inForce } = queries.columns;
      const columnsIn = (list = inForce.list): Promise<MessageColumns> => queries.columns.of(list);
      return use({
        relation: { schema, name, kind, oid, nonTableChild },
        export: () => exportSnapshot(connection),
        identity: () => readIdentity(connection, replayed),
        head: () => queries.head(connection),
        eventAfter: (from, count) => queries.eventAfter(connection, from, count),
        columns: inForce.list,
        tuples: async (list) => (await columnsIn(list)).tuples,
        firstIndex: (from) => queries.firstIndex(connection, from),
        hashAt: (index) => queries.hashAt(connection, index),
        timeAt: (index) => queries.timeAt(connection, index),
        estimateCount: () => queries.estimateCount(connection),
        async *readTuples(range, list) {
          return yield* copyOut(connection, queries.copyStatement(range, await columnsIn(list)));
        },
      });
    },
    exported,
  );
}
