import { FormatError } from '../../errors';

/** PostgreSQL types whose binary form the chain format fixes. */
export const COLUMN_TYPES = [
  'int8',
  'int4',
  'int2',
  'timestamptz',
  'text',
  'varchar',
  'json',
  'bytea',
  'uuid',
  'bool',
] as const;
/** Types that a hashed column may have. */
export type ColumnType = (typeof COLUMN_TYPES)[number];

/** A hashed column, as named in the column list. */
export interface Column {
  readonly name: string;
  readonly type: ColumnType;
}

/**
 * - `v1`: `event_hash` is the HMAC that this project defines; contents are recomputed.
 * - `links`: a foreign chain; only links, gaps and anchored hashes can be checked.
 */
export type ChainFormat = 'v1' | 'links';

/** Which columns of the audit table make the chain. */
export interface ChainLayout {
  readonly format: ChainFormat;
  /**
   * Columns read before `event_hash`, in order. For `v1` exactly the hashed columns; for `links` the index,
   * the key id (if any) and the previous hash.
   */
  readonly columns: readonly Column[];
  readonly indexColumn: string;
  readonly prevHashColumn: string;
  readonly hashColumn: string;
  /** Null only for a foreign chain without one. */
  readonly keyIdColumn: string | null;
}

/** The hashed columns of the default table; `event_hash` follows them. */
export const DEFAULT_COLUMN_LIST =
  'chain_index:int8,occurred_at:timestamptz,actor:text,action:text,resource:text,outcome:text,details:json,key_id:text,prev_hash:bytea';

export const DEFAULT_COLUMN_NAMES = {
  index: 'chain_index',
  prevHash: 'prev_hash',
  hash: 'event_hash',
  keyId: 'key_id',
} as const;

const INDEX_TYPES: readonly ColumnType[] = ['int8', 'int4', 'int2'];
const KEY_ID_TYPES: readonly ColumnType[] = ['text', 'varchar'];

/** PostgreSQL keeps 63 bytes of an identifier; the separators of the list itself cannot be part of a name. */
const COLUMN_NAME = /^[^\s,:"\0]+$/u;
const MAX_NAME_BYTES = 63;

function invalid(message: string): FormatError {
  return new FormatError('COLUMN_LIST_INVALID', message);
}

function parseColumn(entry: string): Column {
  const separator = entry.lastIndexOf(':');
  const name = entry.slice(0, separator);
  const type = entry.slice(separator + 1);
  if (separator < 1 || !COLUMN_NAME.test(name) || Buffer.byteLength(name) > MAX_NAME_BYTES) {
    throw invalid(
      `entry "${entry}" is not name:type; a name has 1 to ${MAX_NAME_BYTES} bytes without white space, comma, colon or quote`,
    );
  }
  if (!(COLUMN_TYPES as readonly string[]).includes(type)) {
    throw invalid(`column "${name}" has type "${type}"; allowed: ${COLUMN_TYPES.join(', ')}`);
  }
  return { name, type: type as ColumnType };
}

/**
 * Parses `name:type,name:type`, the column list of the chain format.
 * @throws FormatError `COLUMN_LIST_INVALID` naming the entry
 */
export function parseColumnList(text: string): readonly Column[] {
  const columns = text.split(',').map(parseColumn);
  const seen = new Set<string>();
  for (const { name } of columns) {
    if (seen.has(name)) throw invalid(`column "${name}" is listed twice`);
    seen.add(name);
  }
  return columns;
}

/** The exact text that is bound into the chain key. */
export function formatColumnList(columns: readonly Column[]): string {
  return columns.map(({ name, type }) => `${name}:${type}`).join(',');
}

/** Names of the chain's own columns in the table. */
export interface ColumnNames {
  readonly index: string;
  readonly prevHash: string;
  readonly hash: string;
  readonly keyId: string | null;
}

function requireColumn(
  columns: readonly Column[],
  name: string,
  types: readonly ColumnType[],
  role: string,
): void {
  const column = columns.find((candidate) => candidate.name === name);
  if (!column)
    throw invalid(`the ${role} column "${name}" is not in the column list, so nothing would bind it`);
  if (!types.includes(column.type)) {
    throw invalid(`the ${role} column "${name}" has type ${column.type}; allowed: ${types.join(', ')}`);
  }
}

/**
 * Layout of a version 1 chain.
 * @throws FormatError `COLUMN_LIST_INVALID` when a chain column is missing, has another type, or the hash is listed
 */
export function v1Layout(
  columns: readonly Column[] = parseColumnList(DEFAULT_COLUMN_LIST),
  names: ColumnNames = DEFAULT_COLUMN_NAMES,
): ChainLayout {
  if (names.keyId === null) throw invalid('a version 1 chain needs a key id column');
  requireColumn(columns, names.index, INDEX_TYPES, 'index');
  requireColumn(columns, names.prevHash, ['bytea'], 'previous hash');
  requireColumn(columns, names.keyId, KEY_ID_TYPES, 'key id');
  if (columns.some(({ name }) => name === names.hash)) {
    throw invalid(`the hash column "${names.hash}" cannot be among the columns it covers`);
  }
  return {
    format: 'v1',
    columns,
    indexColumn: names.index,
    prevHashColumn: names.prevHash,
    hashColumn: names.hash,
    keyIdColumn: names.keyId,
  };
}

/**
 * Layout of a foreign chain.
 * @param indexType type of its index column
 */
export function linksLayout(
  names: ColumnNames = DEFAULT_COLUMN_NAMES,
  indexType: 'int8' | 'int4' | 'int2' = 'int8',
): ChainLayout {
  const distinct = new Set([names.index, names.prevHash, names.hash, names.keyId]);
  if (distinct.size !== 4)
    throw invalid('index, previous hash, hash and key id must be four different columns');
  return {
    format: 'links',
    columns: [
      { name: names.index, type: indexType },
      ...(names.keyId === null ? [] : [{ name: names.keyId, type: 'text' as const }]),
      { name: names.prevHash, type: 'bytea' },
    ],
    indexColumn: names.index,
    prevHashColumn: names.prevHash,
    hashColumn: names.hash,
    keyIdColumn: names.keyId,
  };
}
