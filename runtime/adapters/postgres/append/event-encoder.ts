import { type ChainLayout, type Column, isSaltColumn } from '../../../domain/chain/columns';
import { encodeMessage } from '../../../domain/chain/message';
import { DIGEST_BYTES } from '../../../domain/digests';
import { ConfigError, FormatError } from '../../../errors';
import { ByteWriter } from './byte-writer';
import { type EventValues, FIELD_WRITERS, type FieldWriter, Refused, showValue } from './event-values';
import { RandomSalts, type SaltSource } from './salts';
import type { Table } from '../table';

/** Row of the table as binary COPY takes it, complete but for its place in the chain. */
export interface PreparedEvent {
  /** Field count, hashed message, and room for `event_hash` at the end. Index and `prev_hash` are zero. */
  readonly tuple: Buffer;
  /** Where the bytes of the index and of `prev_hash` begin. */
  readonly indexAt: number;
  readonly prevHashAt: number;
}

const INTEGER_BYTES: Readonly<Record<string, number>> = { int8: 8, int4: 4, int2: 2 };

type Role = 'index' | 'key-id' | 'prev-hash' | 'salt' | 'given';

interface Field {
  readonly column: Column;
  readonly role: Role;
  readonly write: FieldWriter;
  readonly required: boolean;
}

/** Checks and encodes events of one table, and gives those a salt that bring none. */
export class EventEncoder {
  private readonly fields: readonly Field[];
  private readonly given: ReadonlySet<string>;
  private readonly keyId: Buffer;
  private readonly bytes = new ByteWriter();

  /** @param keyId of the secret that the events will be hashed under */
  constructor(
    private readonly layout: ChainLayout,
    table: Table,
    keyId: string,
    private readonly salts: SaltSource = new RandomSalts(),
  ) {
    const required = new Set(table.columns.filter(({ notNull }) => notNull).map(({ name }) => name));
    this.fields = layout.columns.map((column) => ({
      column,
      role: this.roleOf(column),
      write: FIELD_WRITERS[column.type],
      required: required.has(column.name),
    }));
    const given = this.fields.filter(({ role }) => role === 'given' || role === 'salt');
    this.given = new Set(given.map(({ column }) => column.name));
    const keyIdColumn = this.fields.find(({ role }) => role === 'key-id');
    this.keyId = keyIdColumn ? encodeMessage([keyIdColumn.column], [keyId]) : Buffer.alloc(0);
  }

  /**
   * Checks everything that PostgreSQL would check, before anything is sent.
   * @param subject what an error calls the event, such as `event 7`
   * @param hint what an error says about the other events
   * @throws ConfigError `EVENT_INVALID` naming event, column, what was found and what is allowed
   */
  prepare(values: EventValues, subject: string, hint = 'No event of its batch was stored.'): PreparedEvent {
    try {
      return this.encode(values);
    } catch (error) {
      if (!(error instanceof Refused || error instanceof FormatError)) throw error;
      throw new ConfigError('EVENT_INVALID', `${subject}: ${error.message}`, { hint });
    }
  }

  private encode(values: EventValues): PreparedEvent {
    this.requireKnown(values);
    const { bytes } = this;
    bytes.clear();
    bytes.int16(this.fields.length + 1);
    let indexAt = 0;
    let prevHashAt = 0;
    for (const { column, role, write, required } of this.fields) {
      if (role === 'index') indexAt = bytes.emptyField(INTEGER_BYTES[column.type] ?? 0);
      else if (role === 'prev-hash') prevHashAt = bytes.emptyField(DIGEST_BYTES);
      else if (role === 'key-id') bytes.raw(this.keyId);
      else {
        const value = values[column.name];
        if (value !== undefined && value !== null) write(bytes, column, value);
        else if (role === 'salt') bytes.bytesField(this.salts.next());
        else if (!required) bytes.nullField();
        else
          throw new Refused(column, value === null ? 'null' : 'nothing', 'a value: the column is NOT NULL');
      }
    }
    bytes.emptyField(DIGEST_BYTES);
    return { tuple: bytes.take(), indexAt, prevHashAt };
  }

  private roleOf(column: Column): Role {
    const { name } = column;
    const { indexColumn, keyIdColumn, prevHashColumn } = this.layout;
    if (name === indexColumn) return 'index';
    if (name === prevHashColumn) return 'prev-hash';
    if (name === keyIdColumn) return 'key-id';
    return isSaltColumn(column) ? 'salt' : 'given';
  }

  private requireKnown(values: EventValues): void {
    for (const name of Object.keys(values)) {
      if (this.given.has(name)) continue;
      const names = [...this.given].join(', ');
      throw new FormatError('VALUE_INVALID', `found unknown column ${showValue(name)}, allowed ${names}`);
    }
  }
}
