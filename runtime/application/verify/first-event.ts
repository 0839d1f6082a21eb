import type { ChainLayout } from '../../domain/chain/columns';
import { TupleReader } from '../../domain/chain/tuple-reader';
import { DIGEST_BYTES } from '../../domain/digests';
import type { FirstEvent } from '../../domain/sharding/part-result';

/**
 * Notes the first event of a COPY stream as it goes by, so that its link can be held against the part before.
 * Costs nothing once the event was seen.
 */
export class FirstEventObserver {
  private readonly reader: TupleReader;
  private chunks: Buffer[] = [];
  private collected = 0;
  /** Bytes worth another look: twice as many each time, so that a huge event is not read over and over. */
  private enough = 0;
  private done = false;
  private seen: FirstEvent | null = null;

  constructor(layout: ChainLayout) {
    this.reader = new TupleReader(layout);
  }

  see(chunk: Uint8Array): void {
    if (this.done) return;
    // A copy: whoever sends the chunk may use it again.
    this.chunks.push(Buffer.from(chunk));
    this.collected += chunk.length;
    if (this.collected >= this.enough) this.look();
  }

  /** The first event; null when the stream had none with a chain index. Call at the end of the stream. */
  finish(): FirstEvent | null {
    if (!this.done) this.look();
    return this.seen;
  }

  private look(): void {
    const bytes = Buffer.concat(this.chunks);
    this.chunks = [bytes];
    this.enough = 2 * bytes.length;
    const start = this.reader.readHeader(bytes, bytes.length);
    if (start < 0) return;
    const read = this.reader.read(bytes, start, bytes.length);
    if (read === 'partial') return;
    if (read === 'tuple') this.note(bytes);
    this.done = true;
    this.chunks = [];
  }

  private note(bytes: Buffer): void {
    const index = this.reader.index(bytes);
    if (typeof index !== 'number') return;
    const { hashLength, prevHashAt, prevHashLength } = this.reader.fields;
    const linked = hashLength === DIGEST_BYTES && prevHashLength === DIGEST_BYTES;
    const prevHash = linked ? bytes.toString('hex', prevHashAt, prevHashAt + DIGEST_BYTES) : null;
    this.seen = { index, prevHash };
  }
}
