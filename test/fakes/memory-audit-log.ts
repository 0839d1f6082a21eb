import type { AuditLog, AuditLogSnapshot } from '../../runtime/application/ports';
import { MAX_INDEX_STEP } from '../../runtime/domain/chain/index-bounds';
import type { ReadRelation } from '../../runtime/domain/findings/report';
import { DEFAULT_COLUMN_LIST } from '../../runtime/domain/chain/columns';
import { v1Tuples } from '../../runtime/domain/chain/tuple-layout';
import { UnavailableError } from '../../runtime/errors';
import type { StoredEvent } from '../support/chain';
import { copyStream, LAYOUT } from '../support/chain';

/** Bytes of one piece of the stream: small, so that tuples are split everywhere. */
const CHUNK_BYTES = 97;

/** The index is the first column of the layout, behind its length. */
const INDEX_AT = 4;

/** What the adapter asks for besides the stream: an index that a chain can have. */
function isPossible({ index }: StoredEvent): boolean {
  return Number.isSafeInteger(index);
}

/** The table that it poses as. */
export const RELATION: ReadRelation = {
  schema: 'public',
  name: 'audit_events',
  kind: 'table',
  oid: 16_384,
  nonTableChild: null,
};

/**
 * An audit table in memory: rows in any state, read in the order of their index as binary COPY. For reading only,
 * since exclusion between writers is nothing a fake could prove.
 */
export class MemoryAuditLog implements AuditLog {
  constructor(
    readonly rows: readonly StoredEvent[],
    private readonly relation: ReadRelation = RELATION,
  ) {}

  head(): ReturnType<AuditLog['head']> {
    let last: StoredEvent | undefined;
    for (const row of this.ordered().filter(isPossible)) {
      if (row.index - (last?.index ?? row.index) > MAX_INDEX_STEP) break;
      last = row;
    }
    return Promise.resolve(last ? { index: last.index, hash: last.hash.toString('hex'), keyId: 'k1' } : null);
  }

  snapshot<T>(use: (snapshot: AuditLogSnapshot) => Promise<T>): Promise<T> {
    const rows = this.ordered();
    return use({
      relation: this.relation,
      export: () => Promise.resolve('00000003-0000001B-1'),
      identity: () => Promise.resolve({ systemId: '7', timeline: 1, standby: false, lsn: '0/9F000A50' }),
      head: () => this.head(),
      columns: DEFAULT_COLUMN_LIST,
      tuples: () => Promise.resolve(v1Tuples(LAYOUT)),
      firstIndex: () => Promise.resolve(rows.find(isPossible)?.index ?? null),
      eventAfter: (from, count) => {
        const row = rows.filter((each) => isPossible(each) && each.index >= from)[count - 1];
        return Promise.resolve(
          row ? { index: row.index, hash: row.hash.toString('hex'), keyId: 'k1' } : null,
        );
      },
      hashAt: (index) =>
        Promise.resolve(rows.find((row) => row.index === index)?.hash.toString('hex') ?? null),
      timeAt: () => Promise.resolve(null),
      estimateCount: () => Promise.resolve(rows.length),
      async *readTuples(range = {}) {
        // Its rows always have an index.
        const { from = -Infinity, to = Infinity } = range.unindexed ? { to: -Infinity } : range;
        const asked = rows.filter(({ index }) => index >= from && index <= to);
        const stream = copyStream(asked);
        for (let at = 0; at < stream.length; at += CHUNK_BYTES) {
          yield await Promise.resolve(stream.subarray(at, at + CHUNK_BYTES));
        }
        return asked.length;
      },
    });
  }

  exclusive(): Promise<never> {
    return Promise.reject(new UnavailableError('LOCK_BUSY', 'the fake has no lock to give'));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** By the index that the stored columns say, as the server would. */
  private ordered(): StoredEvent[] {
    return this.rows
      .map((row) => ({ ...row, index: Number(row.message.readBigInt64BE(INDEX_AT)) }))
      .sort((a, b) => a.index - b.index);
  }
}
