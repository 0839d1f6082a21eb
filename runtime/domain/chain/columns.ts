import {
  type Column,
  type ColumnNames,
  type ColumnType,
  type ListedColumn,
  DEFAULT_COLUMN_LIST,
  DEFAULT_COLUMN_NAMES,
  INDEX_TYPES,
  KEY_ID_TYPES,
  readColumnList,
} from '../../contract/columns';
import { FormatError } from '../../errors';
import { readListedColumns } from './column-list';

export type { Column, ColumnNames, ColumnType, ListedColumn };
export { DEFAULT_COLUMN_LIST };

/**
 * - `v1`: `event_hash` is the HMAC that this project defines; contents are recomputed.
 * - `links`: a foreign chain; its hashes are taken as they are, and contents are covered by anchors.
 */
export type ChainFormat = 'v1' | 'links';

/** What an anchor can say of the format of its chain. */
export const CHAIN_FORMATS = ['v1', 'links', 'rows'] as const;

/** Which columns of the audit table make the chain. */
export interface ChainLayout {
  readonly format: ChainFormat;
  /** Hashed columns of `v1`, in order; empty for `links`, whose columns are those of the table. */
  readonly columns: readonly Column[];
  /** Column list of `links` that a setting names; null for every column of the table. */
  readonly list: string | null;
  readonly indexColumn: string;
  readonly prevHashColumn: string;
  readonly hashColumn: string;
  /** Null only for a foreign chain without one. */
  readonly keyIdColumn: string | null;
}

/** Whether a column holds the salt of an event, which our writers fill in: without it a digest could be guessed at. */
export function isSaltColumn({ name, type }: Column): boolean {
  return name === 'salt' && type === 'uuid';
}

function invalid(message: string): FormatError {
  return new FormatError('COLUMN_LIST_INVALID', message);
}

/**
 * Parses `name:type,name:type`, the column list of the chain format.
 * @throws FormatError `COLUMN_LIST_INVALID` naming the entry
 */
export function parseColumnList(text: string): readonly Column[] {
  const { columns, problems } = readColumnList(text);
  const [problem] = problems;
  if (problem) throw invalid(`${problem.found}; allowed: ${problem.allowed}`);
  return columns;
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
    list: null,
    indexColumn: names.index,
    prevHashColumn: names.prevHash,
    hashColumn: names.hash,
    keyIdColumn: names.keyId,
  };
}

/**
 * Layout of a foreign chain.
 * @param list column list that messages cover; null for every column of the table
 * @throws FormatError `COLUMN_LIST_INVALID` when columns have several roles, or the list lacks one of the chain's
 */
export function linksLayout(
  names: ColumnNames = DEFAULT_COLUMN_NAMES,
  list: string | null = null,
): ChainLayout {
  const distinct = new Set([names.index, names.prevHash, names.hash, names.keyId]);
  if (distinct.size !== 4)
    throw invalid('index, previous hash, hash and key id must be four different columns');
  const listed = list === null ? null : readListedColumns(list).map(({ name }) => name);
  const absent = [names.index, names.prevHash, names.hash].find((name) => listed?.includes(name) === false);
  if (absent !== undefined)
    throw invalid(`column "${absent}" is not in the column list, so nothing would cover it`);
  return {
    format: 'links',
    columns: [],
    list,
    indexColumn: names.index,
    prevHashColumn: names.prevHash,
    hashColumn: names.hash,
    keyIdColumn: names.keyId,
  };
}
