import type { ChainLayout, Column, ColumnType } from '../../domain/chain/columns';
import { encodeMessage, type FieldValue } from '../../domain/chain/message';
import { millisToTimestamp, parseTimestamp } from '../../domain/chain/timestamp';
import { ConfigError, FormatError } from '../../errors';
import type { Table } from './table';

/**
 * What a gateway says about one event, by column name; index, key id, hashes are the chain's own and not given.
 * - int8, int4, int2: `bigint`, or a safe integer `number`
 * - timestamptz: ISO 8601 text with an offset (digits beyond microseconds are cut off), or a `Date`
 * - text, varchar: `string` without NUL and lone surrogates
 * - json: JSON text, stored and hashed as it is
 * - bytea: bytes, or hex text; uuid: text; bool: `boolean`
 * - `null`, or absent where the column allows NULL: NULL
 */
export type EventValues = Readonly<Record<string, unknown>>;

/** An event that is ready but for its place in the chain. */
export interface PreparedEvent {
  /** For each column of the layout its length and value bytes; null where the chain puts its own. */
  readonly fields: readonly (Buffer | null)[];
  readonly bytes: number;
}

/** Longest piece of a value that an error shows. */
const SHOWN = 40;

const HEX = /^(?:\\x)?((?:[0-9a-fA-F]{2})*)$/;
const UUID = /^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$/;

function show(value: unknown): string {
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

/** Thrown inside this file; the caller adds the event's number. */
class Refused extends Error {
  constructor(column: Column, found: string, allowed: string) {
    super(`column "${column.name}" (${column.type}): found ${found}, allowed ${allowed}`);
  }
}

function toInteger(column: Column, value: unknown): FieldValue {
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value))) return value;
  throw new Refused(column, show(value), 'an integer');
}

function toTimestamp(column: Column, value: unknown): FieldValue {
  const allowed = 'ISO 8601 with an offset, such as 2025-01-15T14:00:00.123456Z';
  if (value instanceof Date && !Number.isNaN(value.getTime())) return millisToTimestamp(value.getTime());
  if (typeof value !== 'string') throw new Refused(column, show(value), allowed);
  try {
    return parseTimestamp(value);
  } catch {
    throw new Refused(column, show(value), `${allowed}, of a day and time that exist; infinity is refused`);
  }
}

function toText(column: Column, value: unknown): FieldValue {
  if (typeof value === 'string') return value;
  throw new Refused(column, show(value), 'text');
}

function toJson(column: Column, value: unknown): FieldValue {
  if (typeof value !== 'string') throw new Refused(column, show(value), 'JSON as text');
  try {
    JSON.parse(value);
  } catch {
    throw new Refused(column, show(value), 'valid JSON text');
  }
  return value;
}

function toBytes(column: Column, value: unknown): FieldValue {
  if (value instanceof Uint8Array) return value;
  const hex = typeof value === 'string' ? HEX.exec(value)?.[1] : undefined;
  if (hex === undefined) throw new Refused(column, show(value), 'bytes, or hex text');
  return Buffer.from(hex, 'hex');
}

function toUuid(column: Column, value: unknown): FieldValue {
  if (typeof value === 'string' && UUID.test(value)) return Buffer.from(value.replaceAll('-', ''), 'hex');
  throw new Refused(column, show(value), 'a UUID, such as 0b8f8b3e-6c0f-4d1e-9a55-2f6b1c9d7e10');
}

function toBool(column: Column, value: unknown): FieldValue {
  if (typeof value === 'boolean') return value;
  throw new Refused(column, show(value), 'true or false');
}

const CONVERTERS: Readonly<Record<ColumnType, (column: Column, value: unknown) => FieldValue>> = {
  int8: toInteger,
  int4: toInteger,
  int2: toInteger,
  timestamptz: toTimestamp,
  text: toText,
  varchar: toText,
  json: toJson,
  bytea: toBytes,
  uuid: toUuid,
  bool: toBool,
};

/** Checks and encodes events of one table. */
export class EventEncoder {
  private readonly given: ReadonlyMap<string, Column>;
  private readonly required: ReadonlySet<string>;

  constructor(
    private readonly layout: ChainLayout,
    table: Table,
  ) {
    const own = [layout.indexColumn, layout.keyIdColumn, layout.prevHashColumn];
    this.given = new Map(
      layout.columns.filter(({ name }) => !own.includes(name)).map((column) => [column.name, column]),
    );
    this.required = new Set(table.columns.filter(({ notNull }) => notNull).map(({ name }) => name));
  }

  /**
   * Checks everything that PostgreSQL would check, before anything is sent.
   * @param position number of the event in its batch or stream, from 1, for errors
   * @throws ConfigError `EVENT_INVALID` naming event, column, what was found and what is allowed
   */
  prepare(values: EventValues, position: number): PreparedEvent {
    try {
      this.requireKnown(values);
      const fields = this.layout.columns.map((column) =>
        this.given.has(column.name) ? this.field(column, values[column.name]) : null,
      );
      return { fields, bytes: fields.reduce((sum, field) => sum + (field?.length ?? 0), 0) };
    } catch (error) {
      if (!(error instanceof Refused || error instanceof FormatError)) throw error;
      throw new ConfigError('EVENT_INVALID', `event ${position}: ${error.message}`, {
        hint: 'No event of its batch was stored.',
      });
    }
  }

  private requireKnown(values: EventValues): void {
    for (const name of Object.keys(values)) {
      if (this.given.has(name)) continue;
      const names = [...this.given.keys()].join(', ');
      throw new FormatError('VALUE_INVALID', `found unknown column ${show(name)}, allowed ${names}`);
    }
  }

  private field(column: Column, value: unknown): Buffer {
    if (value === undefined || value === null) {
      if (!this.required.has(column.name)) return encodeMessage([column], [null]);
      throw new Refused(column, value === null ? 'null' : 'nothing', 'a value: the column is NOT NULL');
    }
    return encodeMessage([column], [CONVERTERS[column.type](column, value)]);
  }
}
