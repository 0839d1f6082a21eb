import { HashField } from '../../domain/chain/hash-field';
import type { TupleLayout } from '../../domain/chain/tuple-layout';
import { TupleReader } from '../../domain/chain/tuple-reader';
import type { FirstEvent } from '../../domain/sharding/part-result';

/**
 * Notes the first event of a COPY stream as it goes by, so that its link can be held against the part before.
 * Costs nothing once the event was seen.
 */
export class FirstEventObserver {
  private chunks: Buffer[] = [];
  private collected = 0;
  /** Bytes worth another look: twice as many each time, so that a huge event is not read over and over. */
  private enough = 0;
  private done = false;
  private seen: FirstEvent | null = null;

  private tuples: TupleLayout | null = null;

  see(chunk: Uint8Array, tuples: TupleLayout): void {
    if (this.done) return;
    this.tuples = tuples;
    // A copy: whoever sends the chunk may use it again.
    this.chunks.push(Buffer.from(chunk));
    this.collected += chunk.length;
    if (this.collected >= this.enough) this.look(tuples);
  }

  /** The first event; null when the stream had none with a chain index. Call at the end of the stream. */
  finish(): FirstEvent | null {
    if (!this.done && this.tuples) this.look(this.tuples);
    return this.seen;
  }

  private look(tuples: TupleLayout): void {
    const bytes = Buffer.concat(this.chunks);
    this.chunks = [bytes];
    this.enough = 2 * bytes.length;
    const reader = new TupleReader(tuples);
    const start = reader.readHeader(bytes, bytes.length);
    if (start < 0) return;
    const read = reader.read(bytes, start, bytes.length);
    if (read === 'partial') return;
    if (read === 'tuple') this.note(reader, bytes, tuples);
    this.done = true;
    this.chunks = [];
  }

  private note(reader: TupleReader, bytes: Buffer, { prevHashForm }: TupleLayout): void {
    const index = reader.index(bytes);
    if (typeof index !== 'number') return;
    const { prevHashAt, prevHashLength } = reader.fields;
    const link = new HashField(prevHashForm);
    link.take(bytes, prevHashAt, prevHashLength);
    const prevHash = link.sound ? link.bytes.toString('hex', link.at, link.at + link.length) : null;
    this.seen = { index, prevHash };
  }
}
