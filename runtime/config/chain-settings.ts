import { NOTHING, quoted, shown } from '../config-faults';
import { DEFAULTS, ENV } from '../contract';
import { CHAIN_ID_RULE, isChainId } from '../domain/anchor/object-key';
import {
  DEFAULT_COLUMN_LIST,
  DEFAULT_COLUMN_NAMES,
  linksLayout,
  parseColumnList,
  v1Layout,
  type ChainFormat,
  type ChainLayout,
  type Column,
  type ColumnNames,
} from '../domain/chain/columns';
import { FormatError } from '../errors';
import { chainColumnFaults } from './chain-columns';
import type { SettingReader } from './setting-reader';

const MAX_NAME_BYTES = 63;
const NAME_RULE = `a name of 1 to ${MAX_NAME_BYTES} bytes without white space, quotes, comma and colon`;
const NAME = /^[^\s,:"\0]+$/u;
const NO_KEY_ID = 'none';

function isName(text: string): boolean {
  return NAME.test(text) && Buffer.byteLength(text) <= MAX_NAME_BYTES;
}

function readName(reader: SettingReader, setting: string, fallback: string): string {
  const name = reader.text(setting) ?? fallback;
  if (!isName(name)) reader.fault(setting, quoted(name), NAME_RULE);
  return name;
}

/** Chain id, which is also the first part of every object key; null after a fault. */
export function readChainId(reader: SettingReader): string | null {
  const chainId = reader.required(ENV.chainId, `a name for this chain: ${CHAIN_ID_RULE}`);
  if (chainId === null || isChainId(chainId)) return chainId;
  return reader.fault(ENV.chainId, quoted(chainId), CHAIN_ID_RULE);
}

/** The table, which may be written `schema.table`. */
export function readTable(reader: SettingReader): { readonly table: string; readonly schema: string | null } {
  const text = reader.text(ENV.eventsTable) ?? DEFAULTS.eventsTable;
  const ownSchema = reader.text(ENV.eventsSchema);
  const parts = text.split('.');
  if (parts.length > 2 || !parts.every(isName)) {
    reader.fault(ENV.eventsTable, quoted(text), `table or schema.table, each ${NAME_RULE} and dot`);
  }
  if (ownSchema !== null && (!isName(ownSchema) || ownSchema.includes('.'))) {
    reader.fault(ENV.eventsSchema, quoted(ownSchema), `${NAME_RULE} and dot`);
  }
  const table = parts.at(-1) ?? text;
  const [prefix] = parts.length === 2 ? parts : [];
  if (prefix !== undefined && ownSchema !== null && prefix !== ownSchema) {
    const allowed = `the same schema in both, or no schema in ${ENV.eventsTable}`;
    reader.fault(
      ENV.eventsSchema,
      `${quoted(ownSchema)} next to ${ENV.eventsTable}=${quoted(text)}`,
      allowed,
    );
  }
  return { table, schema: prefix ?? ownSchema };
}

/** The format named in the settings; null after a fault. */
function readFormat(reader: SettingReader): ChainFormat | null {
  const text = reader.text(ENV.chainFormat) ?? 'v1';
  if (text === 'v1' || text === 'links') return text;
  const allowed = 'v1 (events are recomputed) or links (a foreign chain: links and anchored hashes only)';
  return reader.fault(ENV.chainFormat, quoted(text), allowed);
}

/** Names of the chain columns; null after a fault. */
function readNames(reader: SettingReader, format: ChainFormat): ColumnNames | null {
  const before = reader.faults.length;
  const keyId = readName(reader, ENV.keyIdColumn, DEFAULT_COLUMN_NAMES.keyId);
  const withoutKeyId = keyId === NO_KEY_ID;
  if (withoutKeyId && format === 'v1') {
    const allowed = `the name of a column; only ${ENV.chainFormat}=links can do without one`;
    reader.fault(ENV.keyIdColumn, quoted(keyId), allowed);
  }
  const names = {
    index: readName(reader, ENV.indexColumn, DEFAULT_COLUMN_NAMES.index),
    prevHash: readName(reader, ENV.prevHashColumn, DEFAULT_COLUMN_NAMES.prevHash),
    hash: readName(reader, ENV.hashColumn, DEFAULT_COLUMN_NAMES.hash),
    keyId: withoutKeyId ? null : keyId,
  };
  return reader.faults.length > before ? null : names;
}

/** Parses the list entry by entry, so that every wrong one is reported; null after a fault. */
function readColumns(reader: SettingReader, text: string): readonly Column[] | null {
  const entries = text.split(',');
  const before = reader.faults.length;
  for (const entry of entries) attempt(reader, ENV.eventsColumns, COLUMNS_RULE, () => parseColumnList(entry));
  return reader.faults.length > before
    ? null
    : attempt(reader, ENV.eventsColumns, COLUMNS_RULE, () => parseColumnList(text));
}

/** The errors of the domain say what was found and, after a semicolon, what is allowed. */
const PROBLEM_AND_RULE = /^(.*?)(?:; (?:allowed: )?([^;]*))?$/;

/** Runs a parser of the domain and records its refusal as a fault. */
function attempt<T>(reader: SettingReader, setting: string, allowed: string, parse: () => T): T | null {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const [, found = '', rule = allowed] = PROBLEM_AND_RULE.exec(shown(error.message)) ?? [];
    return reader.fault(setting, found, rule);
  }
}

const COLUMNS_RULE = 'name:type,name:type,... in the order of the hash';

function readV1(reader: SettingReader, names: ColumnNames): ChainLayout | null {
  const columns = readColumns(reader, reader.text(ENV.eventsColumns) ?? DEFAULT_COLUMN_LIST);
  if (columns === null) return null;
  const faults = chainColumnFaults(columns, names);
  reader.faults.push(...faults);
  return faults.length > 0
    ? null
    : attempt(reader, ENV.eventsColumns, COLUMNS_RULE, () => v1Layout(columns, names));
}

/** A foreign chain needs no column list, only the type of its index where that is not int8. */
function readLinks(reader: SettingReader, names: ColumnNames): ChainLayout | null {
  const text = reader.text(ENV.eventsColumns);
  const columns = text === null ? [] : readColumns(reader, text);
  if (columns === null) return null;
  const [index] = columns;
  const type = index?.type ?? 'int8';
  const usable = type === 'int8' || type === 'int4' || type === 'int2';
  if (columns.length > 1 || (index && index.name !== names.index) || !usable) {
    const allowed = `${NOTHING}, or the type of the index column alone: ${names.index}:int8, int4 or int2`;
    return reader.fault(ENV.eventsColumns, quoted(text ?? ''), `with ${ENV.chainFormat}=links ${allowed}`);
  }
  return attempt(reader, ENV.indexColumn, 'a column of its own for each of the four', () =>
    linksLayout(names, type),
  );
}

/** The columns that make the chain; null after a fault. */
export function readLayout(reader: SettingReader): ChainLayout | null {
  const format = readFormat(reader);
  if (format === null) return null;
  const names = readNames(reader, format);
  if (names === null) return null;
  return format === 'v1' ? readV1(reader, names) : readLinks(reader, names);
}
