const FIRST_BYTES = 4_096;
/** UTF-8 takes at most three bytes for one UTF-16 unit. */
const BYTES_PER_UNIT = 3;
const LENGTH_BYTES = 4;
const NULL_LENGTH = -1;

/** Fields of PostgreSQL's binary COPY, one behind the other, in a buffer that is used again and again. */
export class ByteWriter {
  private buffer = Buffer.allocUnsafe(FIRST_BYTES);
  private at = 0;

  /** Bytes written since `clear`. */
  get length(): number {
    return this.at;
  }

  clear(): void {
    this.at = 0;
  }

  /** A copy of what was written since `clear`. */
  take(): Buffer {
    return Buffer.from(this.buffer.subarray(0, this.at));
  }

  int16(value: number): void {
    this.reserve(2);
    this.at = this.buffer.writeInt16BE(value, this.at);
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** A field of so many bytes, all zero until someone fills them in; returns where they begin. */
  emptyField(bytes: number): number {
    this.fieldLength(bytes, bytes);
    const start = this.at;
    this.at += bytes;
    this.buffer.fill(0, start, this.at);
    return start;
  }

  bytesField(bytes: Uint8Array): void {
    this.fieldLength(bytes.length, bytes.length);
    this.buffer.set(bytes, this.at);
    this.at += bytes.length;
  }

  nullField(): void {
    this.fieldLength(NULL_LENGTH, 0);
  }

  int64Field(value: bigint): void {
    this.fieldLength(8, 8);
    this.at = this.buffer.writeBigInt64BE(value, this.at);
  }

  /** @param value well-formed, without NUL */
  textField(value: string): void {
    this.reserve(LENGTH_BYTES + value.length * BYTES_PER_UNIT);
    const bytes = this.buffer.write(value, this.at + LENGTH_BYTES, 'utf8');
    this.buffer.writeInt32BE(bytes, this.at);
    this.at += LENGTH_BYTES + bytes;
  }

  private fieldLength(length: number, more: number): void {
    this.reserve(LENGTH_BYTES + more);
    this.at = this.buffer.writeInt32BE(length, this.at);
  }

  private reserve(more: number): void {
    if (this.at + more <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(2 * (this.at + more));
    this.buffer.copy(larger, 0, 0, this.at);
    this.buffer = larger;
  }
}
