/** Position in PostgreSQL's log, bytes. */
function bytesOf(lsn: string): bigint {
  const [high = '0', low = '0'] = lsn.split('/');
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
}

/** Orders two PostgreSQL LSNs (`0/9F000A50`): negative when `a` is before `b`. */
export function compareLsn(a: string, b: string): number {
  const difference = bytesOf(a) - bytesOf(b);
  return difference < 0n ? -1 : Number(difference > 0n);
}

/** How a server divides its log, bytes. */
export interface WalLayout {
  readonly block: number;
  readonly segment: number;
}

/** Headers of a page of the log: the first page of a segment has the long one. */
const SHORT_HEADER = 24n;
const LONG_HEADER = 40n;

/**
 * True when everything before `insert` is on disk. The position to insert at stands behind the header of a page that
 * was not begun, that to which is flushed before it: between the two there is no record.
 * @param insert `pg_current_wal_insert_lsn()`
 * @param flush `pg_current_wal_flush_lsn()`
 */
export function isFlushed(insert: string, flush: string, { block, segment }: WalLayout): boolean {
  const flushed = bytesOf(flush);
  const missing = bytesOf(insert) - flushed;
  if (missing <= 0n) return true;
  if (flushed % BigInt(block) !== 0n) return false;
  return missing === (flushed % BigInt(segment) === 0n ? LONG_HEADER : SHORT_HEADER);
}
