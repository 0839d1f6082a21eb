import type { Column, ColumnType } from '../../../domain/chain/columns';
import { encodeMessage, type FieldValue } from '../../../domain/chain/message';
import { millisToTimestamp, parseTimestamp } from '../../../domain/chain/timestamp';
import type { ByteWriter } from './byte-writer';

/**
 * What a gateway says about one event, by column name; index, key id, hashes are the chain's own and not given.
 * - int8, int4, int2: `bigint`, or a safe integer `number`
 * - timestamptz: ISO 8601 text with an offset (digits beyond microseconds are cut off), or a `Date`
 * - text, varchar: `string` without NUL and lone surrogates
 * - json: JSON text, stored and hashed as it is
 * - bytea: bytes, or hex text; uuid: text; bool: `boolean`
 * - `null`, or absent where the column allows NULL: NULL
 * - a uuid column named `salt` is filled with 16 random bytes where the event has none; a caller who gives one, to
 *   copy an event as it is, answers for its randomness
 */
export type EventValues = Readonly<Record<string, unknown>>;

/** Longest piece of a value that an error shows. */
const SHOWN = 40;

const HEX = /^(?:\\x)?((?:[0-9a-fA-F]{2})*)$/;
const UUID = /^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$/;

/** A value as errors show it: short, and by its type when it has no short form. */
export function showValue(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'string') {
    const start = JSON.stringify(value.slice(0, SHOWN));
    return value.length > SHOWN ? `${start}... (${value.length} characters)` : start;
  }
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
    return String(value);
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  return Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`;
}

/** A value that is not stored; whoever knows which event it belongs to words the error. */
export class Refused extends Error {
  constructor(column: Column, found: string, allowed: string) {
    super(`column "${column.name}" (${column.type}): found ${found}, allowed ${allowed}`);
  }
}

function toInteger(column: Column, value: unknown): FieldValue {
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value))) return value;
  throw new Refused(column, showValue(value), 'an integer');
}

function toTimestamp(column: Column, value: unknown): bigint {
  const allowed = 'ISO 8601 with an offset, such as 2025-01-15T14:00:00.123456Z';
  if (value instanceof Date && !Number.isNaN(value.getTime())) return millisToTimestamp(value.getTime());
  if (typeof value !== 'string') throw new Refused(column, showValue(value), allowed);
  try {
    return parseTimestamp(value);
  } catch {
    throw new Refused(
      column,
      showValue(value),
      `${allowed}, of a day and time that exist; infinity is refused`,
    );
  }
}

function toText(column: Column, value: unknown): string {
  if (typeof value === 'string') return value;
  throw new Refused(column, showValue(value), 'text');
}

function toJson(column: Column, value: unknown): string {
  if (typeof value !== 'string') throw new Refused(column, showValue(value), 'JSON as text');
  try {
    JSON.parse(value);
  } catch {
    throw new Refused(column, showValue(value), 'valid JSON text');
  }
  return value;
}

function toBytes(column: Column, value: unknown): FieldValue {
  if (value instanceof Uint8Array) return value;
  const hex = typeof value === 'string' ? HEX.exec(value)?.[1] : undefined;
  if (hex === undefined) throw new Refused(column, showValue(value), 'bytes, or hex text');
  return Buffer.from(hex, 'hex');
}

function toUuid(column: Column, value: unknown): FieldValue {
  if (typeof value === 'string' && UUID.test(value)) return Buffer.from(value.replaceAll('-', ''), 'hex');
  throw new Refused(column, showValue(value), 'a UUID, such as 0b8f8b3e-6c0f-4d1e-9a55-2f6b1c9d7e10');
}

function toBool(column: Column, value: unknown): FieldValue {
  if (typeof value === 'boolean') return value;
  throw new Refused(column, showValue(value), 'true or false');
}

/** Checks one value and writes it with its length. */
export type FieldWriter = (bytes: ByteWriter, column: Column, value: unknown) => void;

/** What a text must be looked at more closely for: NUL, and halves of surrogate pairs. */
const SUSPECT = /[\0\uD800-\uDFFF]/;

function writeAs(convert: (column: Column, value: unknown) => FieldValue): FieldWriter {
  return (bytes, column, value) => bytes.raw(encodeMessage([column], [convert(column, value)]));
}

/** The same for types that nearly every row has, without an object per field. */
function writeTextAs(convert: (column: Column, value: unknown) => string): FieldWriter {
  return (bytes, column, value) => {
    const text = convert(column, value);
    if (SUSPECT.test(text)) bytes.raw(encodeMessage([column], [text]));
    else bytes.textField(text);
  };
}

/** How the values of each type are written; they throw `Refused` or `FormatError` for what is not allowed. */
export const FIELD_WRITERS: Readonly<Record<ColumnType, FieldWriter>> = {
  int8: writeAs(toInteger),
  int4: writeAs(toInteger),
  int2: writeAs(toInteger),
  timestamptz: (bytes, column, value) => bytes.int64Field(toTimestamp(column, value)),
  text: writeTextAs(toText),
  varchar: writeTextAs(toText),
  json: writeTextAs(toJson),
  bytea: writeAs(toBytes),
  uuid: writeAs(toUuid),
  bool: writeAs(toBool),
};
