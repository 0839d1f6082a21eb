import { MAX_INDEX, MAX_INDEX_STEP } from '../../domain/chain/index-bounds';

/**
 * SQL for the index of the last event of a `v1` chain; NULL when it has none. Events behind a step that is too large
 * are not part of it. Goes up the index of the table in such steps, so that a million events cost one look.
 * @param table qualified name, quoted
 * @param index name of the index column, quoted
 * @param from index of an event that is known to belong to the chain; without it, the lowest from 1 on
 */
export function chainEnd(table: string, index: string, from: number | null): string {
  const next = (above: string, upTo: string, order: string): string =>
    `SELECT ${index}::pg_catalog.int8 FROM ${table}
     WHERE ${index} > ${above} AND ${index} <= ${upTo} ORDER BY ${index} ${order} LIMIT 1`;
  const start = from === null ? next('0', String(MAX_INDEX), 'ASC') : `SELECT ${from}::pg_catalog.int8`;
  const step = next('step.at', `LEAST(step.at + ${MAX_INDEX_STEP}, ${MAX_INDEX})`, 'DESC');
  return `(WITH RECURSIVE step (at) AS (
      (${start}) UNION ALL SELECT (${step}) FROM step WHERE step.at IS NOT NULL
    ) SELECT pg_catalog.max(step.at) FROM step)`;
}
