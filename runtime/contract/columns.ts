/** Columns of an audit table, as settings name them and as the chain format knows them. */

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
export type ColumnType = (typeof COLUMN_TYPES)[number];

/** A hashed column, as named in the column list. */
export interface Column {
  readonly name: string;
  readonly type: ColumnType;
}

/** The columns that make the chain. */
export interface ColumnNames {
  readonly index: string;
  readonly prevHash: string;
  readonly hash: string;
  /** Null only for a foreign chain without one. */
  readonly keyId: string | null;
}

/** The hashed columns of the default table; `event_hash` follows them. */
export const DEFAULT_COLUMN_LIST =
  'chain_index:int8,occurred_at:timestamptz,actor:text,action:text,resource:text,outcome:text,details:json,salt:uuid,key_id:text,prev_hash:bytea';

export const DEFAULT_COLUMN_NAMES = {
  index: 'chain_index',
  prevHash: 'prev_hash',
  hash: 'event_hash',
  keyId: 'key_id',
} as const;

export const INDEX_TYPES = ['int8', 'int4', 'int2'] as const;
export const KEY_ID_TYPES = ['text', 'varchar'] as const;

/** PostgreSQL keeps 63 bytes of an identifier. */
const MAX_NAME_BYTES = 63;
/**
 * What PostgreSQL refuses (NUL, and half of a surrogate pair, which is no character), and what is a slip of the pen: a
 * URL above all, whose password errors would show.
 */
const NO_NAME = /[\0\p{Cs}]|^\s|\s$|^".*"$|:\/\//su;
export const NAME_RULE = `1 to ${MAX_NAME_BYTES} bytes, no NUL, no "://", no white space at its ends, not in double quotes`;
/** What stands in a column list for the separators, and for the mark that says so. */
const CODES: Readonly<Record<string, string>> = { '%': '%25', ',': '%2C', ':': '%3A' };
const MARKS: Readonly<Record<string, string>> = { '%25': '%', '%2C': ',', '%3A': ':' };

/**
 * Whether a setting may name a table or column so: statements quote every name, so it may have what PostgreSQL allows,
 * but for what stands around a name by mistake.
 */
export function isName(text: string): boolean {
  return text !== '' && !NO_NAME.test(text) && Buffer.byteLength(text) <= MAX_NAME_BYTES;
}

/** A name or a type as it stands in a column list. */
export function encodeColumnText(text: string): string {
  return text.replace(/[%,:]/g, (mark) => CODES[mark] ?? mark);
}

/** The name or the type that an entry stands for; null when a percent sign stands for nothing. */
export function decodeColumnText(text: string): string | null {
  const decoded = text.replace(/%(?:25|2C|3A)/g, (code) => MARKS[code] ?? code);
  return encodeColumnText(decoded) === text ? decoded : null;
}

/** What is wrong with a text, and what is allowed instead. */
export interface Problem {
  readonly found: string;
  readonly allowed: string;
}

/** An entry `name:type` of a column list, or what is wrong with it. */
export function readColumn(entry: string): Column | Problem {
  const separator = entry.lastIndexOf(':');
  const name = decodeColumnText(entry.slice(0, separator)) ?? '';
  const type = COLUMN_TYPES.find((known) => known === entry.slice(separator + 1));
  if (separator < 1 || !isName(name)) {
    return {
      found: `entry "${entry}" is not name:type`,
      allowed: `name:type with a name of ${NAME_RULE}; %25, %2C and %3A stand for percent, comma and colon in it`,
    };
  }
  if (type === undefined) {
    return {
      found: `column "${name}" has type "${entry.slice(separator + 1)}"`,
      allowed: COLUMN_TYPES.join(', '),
    };
  }
  return { name, type };
}

/** What a column list says; its columns count only when there is no problem. */
export interface ColumnList<C = Column> {
  readonly columns: readonly C[];
  readonly problems: readonly Problem[];
}

function readList<C extends { readonly name: string }>(
  text: string,
  read: (entry: string) => C | Problem,
): ColumnList<C> {
  const entries = text.split(',').map(read);
  const columns = entries.filter((entry): entry is C => !('found' in entry));
  const twice = columns.find(({ name }, at) => columns.findIndex((other) => other.name === name) !== at);
  const problems = entries.filter((entry): entry is Problem => 'found' in entry);
  if (problems.length > 0 || twice === undefined) return { columns, problems };
  return { columns, problems: [{ found: `column "${twice.name}" is listed twice`, allowed: LIST_RULE }] };
}

/** Reads `name:type,name:type` entry by entry, so that every wrong one is reported. */
export function readColumnList(text: string): ColumnList {
  return readList(text, readColumn);
}

/** A column whose bytes a message covers. */
export interface ListedColumn {
  readonly name: string;
  /** Of `v1` a type of the chain format, of the other formats what PostgreSQL's `format_type` says. */
  readonly type: string;
}

function readListedColumn(entry: string): ListedColumn | Problem {
  const parts = entry.split(':');
  const [name, type] = parts.map(decodeColumnText);
  if (parts.length === 2 && name && type) return { name, type };
  return {
    found: `entry ${JSON.stringify(entry.slice(0, 80))} is not name:type`,
    allowed: 'a name and a type, with %25, %2C and %3A for percent, comma and colon in them',
  };
}

/** As `readColumnList`, of columns of any type. */
export function readListedColumnList(text: string): ColumnList<ListedColumn> {
  return readList(text, readListedColumn);
}

const LIST_RULE = 'name:type,name:type,... in the order of the hash, each name once';
