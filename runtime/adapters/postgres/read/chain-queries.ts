import type { ChainHead, TupleRange } from '../../../application/ports';
import type { ChainLayout } from '../../../domain/chain/columns';
import { MAX_INDEX } from '../../../domain/chain/index-bounds';
import { chainEnd } from '../chain-end';
import { countedHash } from '../../../domain/chain/stored-hash';
import type { Connection } from '../connection';
import type { MessageColumns, TableColumns } from './message-columns';
import { quoteIdentifier } from '../quoting';
import type { Table } from '../table';

/** Rows with an index that no chain can have are left to the scan, which reports each as what it is. */
const POSSIBLE_INDEX = `BETWEEN ${-MAX_INDEX} AND ${MAX_INDEX}`;

/** Whole-number text of a chain index for SQL, where COPY takes no parameters. */
function literal(index: number): string {
  if (!Number.isSafeInteger(index)) throw new RangeError(`a chain index is a safe integer, not ${index}`);
  return String(index);
}

/** The questions that are asked of the audit table, one method each. */
export class ChainQueries {
  private readonly index: string;

  constructor(
    readonly table: Table,
    private readonly layout: ChainLayout,
    readonly columns: TableColumns,
  ) {
    this.index = quoteIdentifier(layout.indexColumn);
  }

  /** The last event of the chain. */
  head(connection: Connection): Promise<ChainHead | null> {
    const { index } = this;
    const { qualified } = this.table;
    // The bounds also leave out NULLs, which would come first in descending order.
    const highest = (bounds: string): string =>
      `(SELECT ${index}::pg_catalog.int8 FROM ${qualified} WHERE ${index} ${bounds} ORDER BY ${index} DESC LIMIT 1)`;
    // Events that stand before the beginning of a chain are no reason to take it for an empty one.
    const last =
      this.layout.format === 'v1'
        ? `COALESCE(${chainEnd(qualified, index, null)}, ${highest(`BETWEEN ${-MAX_INDEX} AND 0`)})`
        : highest(POSSIBLE_INDEX);
    return this.event(connection, `${index} = ${last}`);
  }

  /** The event at place `count` from index `from` on, null when there are fewer. */
  eventAfter(connection: Connection, from: number, count: number): Promise<ChainHead | null> {
    const { index } = this;
    const within = `${index} BETWEEN ${literal(from)} AND ${MAX_INDEX}`;
    return this.event(
      connection,
      `${index} = (SELECT ${index} FROM ${this.table.qualified} WHERE ${within}
                   ORDER BY ${index} OFFSET ${literal(count - 1)} LIMIT 1)`,
    );
  }

  private async event(connection: Connection, condition: string): Promise<ChainHead | null> {
    const keyId = this.layout.keyIdColumn === null ? 'NULL' : quoteIdentifier(this.layout.keyIdColumn);
    const [row] = await connection.query<{ index: string; hash: Buffer | null; key_id: string | null }>({
      text: `SELECT ${this.index}::pg_catalog.text AS index, ${this.columns.storedHash} AS hash,
                    ${keyId}::pg_catalog.text AS key_id
             FROM ${this.table.qualified} WHERE ${condition} LIMIT 1`,
    });
    return row ? { index: Number(row.index), hash: this.hashOf(row.hash), keyId: row.key_id } : null;
  }

  /** Hex of what counts as the hash of an event. */
  private hashOf(stored: Buffer | null): string {
    return countedHash(stored, this.columns.inForce.tuples.hashForm).toString('hex');
  }

  /** Lowest index from `from` on, null without events. */
  async firstIndex(connection: Connection, from = -Number.MAX_SAFE_INTEGER): Promise<number | null> {
    const [row] = await connection.query<{ index: string }>({
      text: `SELECT ${this.index}::pg_catalog.text AS index
             FROM ${this.table.qualified} WHERE ${this.index} BETWEEN ${literal(from)} AND ${Number.MAX_SAFE_INTEGER}
             ORDER BY ${this.index} LIMIT 1`,
    });
    return row ? Number(row.index) : null;
  }

  /** Hash at `index`, null without such an event. */
  async hashAt(connection: Connection, index: number): Promise<string | null> {
    const [row] = await connection.query<{ hash: Buffer | null }>({
      text: `SELECT ${this.columns.storedHash} AS hash
             FROM ${this.table.qualified} WHERE ${this.index} = $1::pg_catalog.int8 LIMIT 1`,
      values: [literal(index)],
    });
    return row ? this.hashOf(row.hash) : null;
  }

  /** Time of the event at `index`, milliseconds since 1970; null without event, time column or finite time. */
  async timeAt(connection: Connection, index: number): Promise<number | null> {
    const { timeColumn } = this.columns;
    if (timeColumn === null) return null;
    const [row] = await connection.query<{ millis: string | null }>({
      text: `SELECT CASE WHEN pg_catalog.isfinite(at) THEN
                      pg_catalog.floor(EXTRACT(epoch FROM at) * 1000)::pg_catalog.int8::pg_catalog.text END AS millis
             FROM (SELECT ${quoteIdentifier(timeColumn)} AS at
                   FROM ${this.table.qualified} WHERE ${this.index} = $1::pg_catalog.int8 LIMIT 1) AS event`,
      values: [literal(index)],
    });
    return row?.millis ? Number(row.millis) : null;
  }

  /** Events between lowest and highest index, as if there were no gaps: for progress only. */
  async estimateCount(connection: Connection): Promise<number> {
    const [row] = await connection.query<{ count: string }>({
      text: `SELECT COALESCE(pg_catalog.max(${this.index})::pg_catalog.numeric
                             - pg_catalog.min(${this.index}) + 1, 0)::pg_catalog.text AS count
             FROM ${this.table.qualified}`,
    });
    return Math.min(Number(row?.count ?? 0), Number.MAX_SAFE_INTEGER);
  }

  /** The COPY statement for a range; without bounds it also reads rows whose index is NULL, last. */
  copyStatement(range: TupleRange = {}, { expressions }: MessageColumns = this.columns.inForce): string {
    const bounds = range.unindexed ? [`${this.index} IS NULL`] : this.boundsOf(range);
    const where = bounds.length === 0 ? '' : ` WHERE ${bounds.join(' AND ')}`;
    const select = `SELECT ${expressions.join(', ')} FROM ${this.table.qualified}${where} ORDER BY ${this.index}`;
    return `COPY (${select}) TO STDOUT (FORMAT binary)`;
  }

  private boundsOf({ from, to }: { readonly from?: number; readonly to?: number }): string[] {
    return [
      ...(from === undefined ? [] : [`${this.index} >= ${literal(from)}`]),
      ...(to === undefined ? [] : [`${this.index} <= ${literal(to)}`]),
    ];
  }
}
