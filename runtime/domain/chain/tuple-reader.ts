import { FormatError } from '../../errors';
import type { TupleLayout } from './tuple-layout';

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
const HEADER_BYTES = SIGNATURE.length + 8;
const END_OF_DATA = -1;
const NULL_LENGTH = -1;

/** Positions of one tuple's chain fields in the buffer that holds it; -1 stands for NULL. */
export interface TupleFields {
  messageStart: number;
  messageEnd: number;
  indexAt: number;
  indexBytes: number;
  prevHashAt: number;
  prevHashLength: number;
  keyIdAt: number;
  keyIdLength: number;
  hashAt: number;
  hashLength: number;
  /** True when a timestamptz of the tuple is `infinity` or `-infinity`. */
  infinite: boolean;
  /** First byte behind the tuple. */
  end: number;
}

export type TupleRead = 'tuple' | 'partial' | 'end';

function malformed(what: string): FormatError {
  return new FormatError('COPY_MALFORMED', `the COPY stream ${what}`);
}

export function readInt32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]! | 0;
}

function readInt16(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) >> 16) | bytes[at + 1]!;
}

function isInfinity(bytes: Uint8Array, at: number): boolean {
  const high = readInt32(bytes, at);
  const low = readInt32(bytes, at + 4);
  return (high === 0x7fffffff && low === -1) || (high === -0x80000000 && low === 0);
}

/**
 * Finds the fields of binary COPY tuples without copying or decoding them. One instance serves one layout and
 * reuses one `fields` object, since it runs once for every event.
 */
export class TupleReader {
  readonly fields: TupleFields = {
    messageStart: 0,
    messageEnd: 0,
    indexAt: -1,
    indexBytes: 8,
    prevHashAt: -1,
    prevHashLength: -1,
    keyIdAt: -1,
    keyIdLength: -1,
    hashAt: -1,
    hashLength: -1,
    infinite: false,
    end: 0,
  };
  private readonly isTime: readonly boolean[];

  constructor(private readonly layout: TupleLayout) {
    this.isTime = Array.from({ length: layout.fields }, (_, field) => layout.times.includes(field));
  }

  /**
   * Reads the header of the stream.
   * @returns the position behind it, or -1 while it is not complete
   */
  readHeader(bytes: Uint8Array, length: number): number {
    const given = Math.min(length, SIGNATURE.length);
    for (let at = 0; at < given; at++) {
      if (bytes[at] !== SIGNATURE[at]) throw malformed('does not begin with the signature of binary COPY');
    }
    if (length < HEADER_BYTES) return -1;
    const extension = readInt32(bytes, SIGNATURE.length + 4);
    if (extension < 0) throw malformed('has a header extension of negative length');
    return length < HEADER_BYTES + extension ? -1 : HEADER_BYTES + extension;
  }

  /** Reads the tuple at `start` into `fields`; `partial` when it goes beyond `length`. */
  read(bytes: Uint8Array, start: number, length: number): TupleRead {
    if (start + 2 > length) return 'partial';
    const count = readInt16(bytes, start);
    if (count === END_OF_DATA) {
      this.fields.end = start + 2;
      return 'end';
    }
    if (count !== this.layout.fields) {
      throw malformed(`has a tuple of ${count} fields where ${this.layout.fields} were asked for`);
    }
    return this.readFields(bytes, start + 2, length) ? 'tuple' : 'partial';
  }

  private readFields(bytes: Uint8Array, start: number, length: number): boolean {
    const { fields, layout } = this;
    fields.infinite = false;
    fields.messageStart = start;
    let at = start;
    for (let field = 0; field < layout.fields; field++) {
      if (at + 4 > length) return false;
      const size = readInt32(bytes, at);
      if (size < NULL_LENGTH) throw malformed(`has a field of length ${size}`);
      const value = at + 4;
      const end = size === NULL_LENGTH ? value : value + size;
      if (end > length) return false;
      this.note(bytes, field, value, size);
      at = end;
      if (field === layout.messageFields - 1) fields.messageEnd = at;
    }
    fields.end = at;
    return true;
  }

  private note(bytes: Uint8Array, field: number, value: number, size: number): void {
    const { fields, layout } = this;
    if (field === layout.index) {
      if (size !== NULL_LENGTH && !this.isIndexWidth(size)) throw malformed(`has an index of ${size} bytes`);
      fields.indexAt = size === NULL_LENGTH ? -1 : value;
      fields.indexBytes = size;
    } else if (field === layout.hash) {
      fields.hashAt = value;
      fields.hashLength = size;
    } else if (field === layout.prevHash) {
      fields.prevHashAt = value;
      fields.prevHashLength = size;
    } else if (field === layout.keyId) {
      fields.keyIdAt = value;
      fields.keyIdLength = size;
    } else if (this.isTime[field] && size === 8 && isInfinity(bytes, value)) {
      fields.infinite = true;
    }
  }

  private isIndexWidth(size: number): boolean {
    const { indexBytes } = this.layout;
    return indexBytes === null ? size === 8 || size === 4 || size === 2 : size === indexBytes;
  }

  /** The chain index of the tuple just read: an integer, or its text when it is not one a chain can have. */
  index(bytes: Uint8Array): number | string {
    const { indexAt: at, indexBytes } = this.fields;
    if (at < 0) return 'NULL';
    if (indexBytes === 2) return readInt16(bytes, at);
    if (indexBytes === 4) return readInt32(bytes, at);
    const high = readInt32(bytes, at);
    const low = readInt32(bytes, at + 4) >>> 0;
    const index = high * 0x1_0000_0000 + low;
    return Number.isSafeInteger(index) ? index : ((BigInt(high) << 32n) | BigInt(low)).toString();
  }
}
