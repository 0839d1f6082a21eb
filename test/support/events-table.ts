import { initialise } from '../../runtime/adapters/postgres/init';
import { schemaNames } from '../../runtime/adapters/postgres/schema';
import { DEFAULTS } from '../../runtime/contract';
import { LAYOUT } from './chain';
import type { TestDatabase } from './database';

export const TABLE = { table: DEFAULTS.eventsTable, schema: 'public' };

/** Everything of the table that a test may have changed, but not its rows and which triggers are off. */
const SHAPE = `
  WITH events AS (SELECT pg_catalog.to_regclass('${TABLE.schema}.${TABLE.table}') AS oid),
  parts AS (
    SELECT c::text FROM (
      SELECT c.oid, c.relkind, c.relpersistence, c.relowner, c.relacl, c.reloptions, c.relrowsecurity, c.relhassubclass
      FROM pg_class c JOIN events ON c.oid = events.oid) AS c
    UNION ALL SELECT a::text FROM (
      SELECT attnum, attname, atttypid, atttypmod, attcollation, attnotnull, atthasdef, attisdropped, attacl
      FROM pg_attribute JOIN events ON attrelid = events.oid WHERE attnum > 0) AS a
    UNION ALL SELECT t::text FROM (
      SELECT pg_get_triggerdef(t.oid), p.prosrc, p.proowner, p.proacl
      FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN events ON t.tgrelid = events.oid) AS t
    UNION ALL SELECT pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN events ON k.conrelid = events.oid
    UNION ALL SELECT pg_get_indexdef(indexrelid) FROM pg_index JOIN events ON indrelid = events.oid
    UNION ALL SELECT pg_get_ruledef(r.oid) FROM pg_rewrite r JOIN events ON r.ev_class = events.oid
    UNION ALL SELECT y::text FROM pg_policy y JOIN events ON y.polrelid = events.oid
  )
  SELECT string_agg(c, E'\\n' ORDER BY c) AS shape FROM parts`;

/** The default audit table of a test database, as `init` makes it. */
export class EventsTable {
  private shape: string | null = null;

  private constructor(private readonly database: TestDatabase) {}

  static async create(database: TestDatabase): Promise<EventsTable> {
    const table = new EventsTable(database);
    await table.remake();
    return table;
  }

  /** No rows and every protection; made anew only where a test has changed more than that. */
  async empty(): Promise<void> {
    if ((await this.read()) !== this.shape) return this.remake();
    const { triggers } = schemaNames(TABLE.schema, TABLE.table);
    const protect = triggers.map((trigger) => `ENABLE ALWAYS TRIGGER ${trigger}`).join(', ');
    await this.database.pool.query(
      `ALTER TABLE ${TABLE.table} DISABLE TRIGGER ALL; TRUNCATE ${TABLE.table}; ALTER TABLE ${TABLE.table} ${protect}`,
    );
  }

  private async remake(): Promise<void> {
    await this.database.pool.query(`DROP TABLE IF EXISTS ${TABLE.table} CASCADE`);
    await initialise({ connectionString: this.database.url }, LAYOUT, TABLE);
    this.shape = await this.read();
  }

  private async read(): Promise<string | null> {
    const { rows } = await this.database.pool.query<{ shape: string | null }>(SHAPE);
    return rows[0]?.shape ?? null;
  }
}
