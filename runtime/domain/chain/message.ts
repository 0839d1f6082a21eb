import { FormatError } from '../../errors';
import type { Column, ColumnType } from './columns';
import { TIMESTAMP_INFINITY, TIMESTAMP_MINUS_INFINITY } from './timestamp';

/**
 * A value of a hashed column, before it is encoded.
 * - integers: `bigint`, or `number` when it is a safe integer
 * - timestamptz: `bigint`, microseconds since 2000-01-01T00:00:00Z
 * - text, varchar, json: `string`
 * - bytea: bytes; uuid: 16 bytes
 * - bool: `boolean`
 */
export type FieldValue = null | bigint | number | string | boolean | Uint8Array;

const NULL_LENGTH = -1;
const INTEGER_BYTES = { int8: 8, int4: 4, int2: 2 } as const;
const UUID_BYTES = 16;

function invalid(column: Column, found: string, allowed: string): FormatError {
  return new FormatError(
    'VALUE_INVALID',
    `column "${column.name}" (${column.type}): found ${found}, allowed ${allowed}`,
  );
}

function typeName(value: FieldValue): string {
  return value instanceof Uint8Array ? `${value.length} bytes` : `a ${typeof value}`;
}

function encodeInteger(column: Column, type: 'int8' | 'int4' | 'int2', value: FieldValue): Buffer {
  if (typeof value !== 'bigint' && !(typeof value === 'number' && Number.isSafeInteger(value))) {
    throw invalid(column, typeof value === 'number' ? String(value) : typeName(value), 'an integer');
  }
  const integer = BigInt(value);
  const bytes = INTEGER_BYTES[type];
  if (BigInt.asIntN(bytes * 8, integer) !== integer) {
    throw invalid(column, String(integer), `an integer of ${bytes} bytes`);
  }
  const encoded = Buffer.allocUnsafe(8);
  encoded.writeBigInt64BE(integer);
  return encoded.subarray(8 - bytes);
}

function encodeText(column: Column, value: FieldValue): Buffer {
  if (typeof value !== 'string') throw invalid(column, typeName(value), 'text');
  const nul = value.indexOf('\0');
  if (nul >= 0)
    throw invalid(column, `NUL at character ${nul}`, 'text without NUL, which PostgreSQL cannot store');
  const encoded = Buffer.from(value, 'utf8');
  // A lone surrogate would be stored as U+FFFD: other text than the caller gave.
  if (encoded.toString('utf8') !== value) throw invalid(column, 'a lone surrogate', 'well-formed Unicode');
  return encoded;
}

function encodeTimestamp(column: Column, value: FieldValue): Buffer {
  if (typeof value !== 'bigint') throw invalid(column, typeName(value), 'microseconds since 2000 as bigint');
  if (value >= TIMESTAMP_INFINITY || value <= TIMESTAMP_MINUS_INFINITY) {
    throw invalid(column, 'infinity', 'a finite time');
  }
  return encodeInteger(column, 'int8', value);
}

function encodeBytes(column: Column, value: FieldValue): Buffer {
  if (!(value instanceof Uint8Array)) throw invalid(column, typeName(value), 'bytes');
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

function encodeUuid(column: Column, value: FieldValue): Buffer {
  const bytes = encodeBytes(column, value);
  if (bytes.length !== UUID_BYTES) throw invalid(column, typeName(value), `${UUID_BYTES} bytes`);
  return bytes;
}

function encodeBool(column: Column, value: FieldValue): Buffer {
  if (typeof value !== 'boolean') throw invalid(column, typeName(value), 'true or false');
  return Buffer.from([value ? 1 : 0]);
}

const ENCODERS: Readonly<Record<ColumnType, (column: Column, value: FieldValue) => Buffer>> = {
  int8: (column, value) => encodeInteger(column, 'int8', value),
  int4: (column, value) => encodeInteger(column, 'int4', value),
  int2: (column, value) => encodeInteger(column, 'int2', value),
  timestamptz: encodeTimestamp,
  text: encodeText,
  varchar: encodeText,
  json: encodeText,
  bytea: encodeBytes,
  uuid: encodeUuid,
  bool: encodeBool,
};

/**
 * The hashed message: for each column in order its length as int32 big-endian and its value; NULL is length -1.
 * These are also the bytes of PostgreSQL's binary COPY between the field count and `event_hash`.
 * @throws FormatError `VALUE_INVALID` naming the column
 */
export function encodeMessage(columns: readonly Column[], values: readonly FieldValue[]): Buffer {
  if (values.length !== columns.length) {
    throw new FormatError(
      'VALUE_INVALID',
      `found ${values.length} values, allowed ${columns.length}, one for each column`,
    );
  }
  const parts: Buffer[] = [];
  columns.forEach((column, position) => {
    const value = values[position] ?? null;
    const length = Buffer.allocUnsafe(4);
    parts.push(length);
    if (value === null) {
      length.writeInt32BE(NULL_LENGTH);
      return;
    }
    const encoded = ENCODERS[column.type](column, value);
    length.writeInt32BE(encoded.length);
    parts.push(encoded);
  });
  return Buffer.concat(parts);
}
