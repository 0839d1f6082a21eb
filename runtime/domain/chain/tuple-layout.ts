import type { ChainLayout, ColumnType } from './columns';
import type { HashForm } from './stored-hash';

/** Where the fields of a chain stand in a tuple of the COPY stream. Positions count from 0. */
export interface TupleLayout {
  /** Fields of a tuple. */
  readonly fields: number;
  /** Fields that the message covers, from the first on. */
  readonly messageFields: number;
  readonly index: number;
  /** Bytes of an index; null when it may be an integer of any width. */
  readonly indexBytes: number | null;
  readonly prevHash: number;
  readonly prevHashForm: HashForm;
  readonly hash: number;
  readonly hashForm: HashForm;
  /** -1 when it is not read. */
  readonly keyId: number;
  /** Timestamps, of which none may be infinite. */
  readonly times: readonly number[];
}

const INDEX_BYTES: Partial<Record<ColumnType, number>> = { int8: 8, int4: 4, int2: 2 };

/** Tuples of a version 1 chain: the hashed columns, and behind them the hash that covers them. */
export function v1Tuples({ columns, indexColumn, prevHashColumn, keyIdColumn }: ChainLayout): TupleLayout {
  const position = (name: string | null): number => columns.findIndex((column) => column.name === name);
  const index = position(indexColumn);
  return {
    fields: columns.length + 1,
    messageFields: columns.length,
    index,
    indexBytes: INDEX_BYTES[columns[index]?.type ?? 'int8'] ?? 8,
    prevHash: position(prevHashColumn),
    prevHashForm: 'digest',
    hash: columns.length,
    hashForm: 'digest',
    keyId: position(keyIdColumn),
    times: columns.flatMap(({ type }, at) => (type === 'timestamptz' ? [at] : [])),
  };
}

/** How the hashes of a foreign chain are held. */
export interface HashForms {
  readonly prevHash: HashForm;
  readonly hash: HashForm;
}

/**
 * Tuples of a foreign chain: every listed column, the hash among them.
 * @param names of the listed columns, in order
 */
export function linksTuples(
  names: readonly string[],
  { indexColumn, prevHashColumn, hashColumn }: ChainLayout,
  forms: HashForms,
): TupleLayout {
  return {
    fields: names.length,
    messageFields: names.length,
    index: names.indexOf(indexColumn),
    indexBytes: null,
    prevHash: names.indexOf(prevHashColumn),
    prevHashForm: forms.prevHash,
    hash: names.indexOf(hashColumn),
    hashForm: forms.hash,
    keyId: -1,
    times: [],
  };
}
