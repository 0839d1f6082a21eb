import type { Connection } from '../connection';

/** A type as the catalogue has it, without the domains over it. */
export interface CatalogType {
  /** As `format_type` shows the type that lies below all domains. */
  readonly base: string;
  /**
   * - `binary`: through its send function
   * - `output`: as the text of its output function: what it sends is not its contents, or is its owner's affair
   * - `refused`: it has no send function
   */
  readonly readAs: 'binary' | 'output' | 'refused';
  /** Its output function, quoted for SQL. */
  readonly output: string;
}

/** A column of the table, to be read as it is. */
export interface CatalogColumn extends CatalogType {
  readonly name: string;
  /** Its name, quoted by the server. */
  readonly quoted: string;
  /** As `format_type` shows it: the type that stands in a column list. */
  readonly type: string;
}

/**
 * What a type is below all domains. Binary are types of `pg_catalog`, with its arrays and ranges, enums, and base types
 * of extensions. What `reg...` sends is the number of an object, which a restore changes, and a composite sends the
 * numbers of its types.
 */
const TYPE_FACTS = `
  pg_catalog.format_type(b.oid, NULL) AS base,
  CASE
    WHEN b.typsend = 0 OR e.typsend = 0 THEN 'refused'
    WHEN b.typtype = 'e' THEN 'binary'
    WHEN n.nspname = 'pg_catalog' AND b.typtype IN ('b', 'r', 'm')
      AND b.typname NOT LIKE 'reg%' AND COALESCE(e.typname, '') NOT LIKE 'reg%' THEN 'binary'
    WHEN b.typtype = 'b' AND b.typcategory <> 'A' AND EXISTS (
      SELECT FROM pg_catalog.pg_depend d
      WHERE d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.objid = b.oid AND d.deptype = 'e') THEN 'binary'
    ELSE 'output'
  END AS "readAs",
  pg_catalog.quote_ident(fn.nspname) || '.' || pg_catalog.quote_ident(f.proname) AS output`;

const TYPE_JOINS = `
  JOIN pg_catalog.pg_namespace n ON n.oid = b.typnamespace
  JOIN pg_catalog.pg_proc f ON f.oid = b.typoutput
  JOIN pg_catalog.pg_namespace fn ON fn.oid = f.pronamespace
  LEFT JOIN pg_catalog.pg_type e ON e.oid = b.typelem AND b.typlen = -1`;

/** Follows every domain down to its base type. */
function below(start: string): string {
  return `WITH RECURSIVE below (start, oid, typtype, typbasetype) AS (
    SELECT t.oid, t.oid, t.typtype, t.typbasetype FROM pg_catalog.pg_type t WHERE ${start}
    UNION ALL
    SELECT below.start, t.oid, t.typtype, t.typbasetype
    FROM below JOIN pg_catalog.pg_type t ON t.oid = below.typbasetype WHERE below.typtype = 'd')`;
}

const FIND_COLUMNS = `
  ${below('t.oid IN (SELECT a.atttypid FROM pg_catalog.pg_attribute a WHERE a.attrelid = $1::pg_catalog.oid AND a.attnum > 0)')}
  SELECT a.attname::pg_catalog.text AS name, pg_catalog.quote_ident(a.attname) AS quoted,
         pg_catalog.format_type(a.atttypid, NULL) AS type, ${TYPE_FACTS}
  FROM pg_catalog.pg_attribute a
  JOIN below ON below.start = a.atttypid AND below.typtype <> 'd'
  JOIN pg_catalog.pg_type b ON b.oid = below.oid
  ${TYPE_JOINS}
  WHERE a.attrelid = $1::pg_catalog.oid AND a.attnum > 0 AND NOT a.attisdropped
  ORDER BY a.attnum`;

const FIND_TYPES = `
  ${below('pg_catalog.format_type(t.oid, NULL) = ANY ($1::pg_catalog.text[])')}
  SELECT pg_catalog.format_type(below.start, NULL) AS type, ${TYPE_FACTS}
  FROM below JOIN pg_catalog.pg_type b ON b.oid = below.oid AND below.typtype <> 'd'
  ${TYPE_JOINS}`;

/**
 * Every column of the table, in its order; generated ones too, since readers see them. Types are shown as under the
 * search path of a reading transaction.
 */
export function findCatalogColumns(connection: Connection, oid: number): Promise<CatalogColumn[]> {
  return connection.query<CatalogColumn>({ text: FIND_COLUMNS, values: [oid] });
}

/** The types of these names that there are. The names may come from an attacker. */
export async function findCatalogTypes(
  connection: Connection,
  names: readonly string[],
): Promise<ReadonlyMap<string, CatalogType>> {
  if (names.length === 0) return new Map();
  const types = await connection.query<CatalogType & { readonly type: string }>({
    text: FIND_TYPES,
    values: [names],
  });
  return new Map(types.map((type) => [type.type, type]));
}
