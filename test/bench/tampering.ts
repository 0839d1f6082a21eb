import type { Client } from 'pg';
import { LAYOUT } from './chain';

/** Events of the tampered copies. */
export const TAMPERED_EVENTS = 30_000;

const CONTENTS = [...LAYOUT.columns.map(({ name }) => name), 'event_hash'].filter(
  (name) => name !== LAYOUT.indexColumn,
);
/** Among the newest events too, so that what reads only those has to find it. */
const VICTIM = 23_456;
const OTHER = 23_510;
/** A copy that nothing is done to: what finds something there, finds something everywhere. */
export const CONTROL = 'none';

/** What is done to a copy of the beginning of the chain. */
export const TAMPERINGS: Readonly<Record<string, (table: string) => string>> = {
  [CONTROL]: () => 'SELECT',
  content: (table) => `UPDATE ${table} SET actor = 'nobody' WHERE chain_index = ${VICTIM}`,
  deletion: (table) => `DELETE FROM ${table} WHERE chain_index = ${VICTIM}`,
  swap: (table) => `UPDATE ${table} SET (${CONTENTS.join(', ')}) =
      (SELECT ${CONTENTS.map((name) => `other.${name}`).join(', ')} FROM ${table} other
       WHERE other.chain_index = ${VICTIM + OTHER} - ${table}.chain_index)
    WHERE chain_index IN (${VICTIM}, ${OTHER})`,
  truncation: (table) => `DELETE FROM ${table} WHERE chain_index > ${TAMPERED_EVENTS - 1000}`,
};

export function tamperedTable(kind: string): string {
  return `tampered_${kind}`;
}

export async function makeTamperedCopies(client: Client, source: string): Promise<void> {
  for (const [kind, statement] of Object.entries(TAMPERINGS)) {
    const table = tamperedTable(kind);
    await client.query(`DROP TABLE IF EXISTS ${table}`);
    await client.query(`CREATE TABLE ${table} (LIKE ${source} INCLUDING ALL)`);
    await client.query(
      `INSERT INTO ${table} SELECT * FROM ${source} WHERE chain_index <= ${TAMPERED_EVENTS}`,
    );
    await client.query(statement(table));
    await client.query(`VACUUM (ANALYZE) ${table}`);
  }
}
