import type { HashPlace } from './hash-field';
import { MAX_HASH_BYTES } from './stored-hash';

/** How far a scan has come, and what the next event must be. */
export class ChainPosition {
  private lowest: number | null = null;
  private last: number | null = null;
  private readonly room = Buffer.alloc(MAX_HASH_BYTES);
  private hash = this.room.subarray(0, 0);
  private readonly firstLink: Buffer | null;

  /**
   * @param begin chain index that the first event must have
   * @param firstLink hex of what its previous hash must be; null when that is not known
   */
  constructor(
    readonly begin: number,
    firstLink: string | null,
  ) {
    this.firstLink = firstLink === null ? null : Buffer.from(firstLink, 'hex');
  }

  /** Chain index of the first event seen, whether or not it belongs to the chain; null before it. */
  get firstIndex(): number | null {
    return this.lowest;
  }

  /** Chain index of the last event of the chain; null before the first. */
  get lastIndex(): number | null {
    return this.last;
  }

  /** Hex of what counts as the hash of that event; null before the first. */
  get lastHash(): string | null {
    return this.last === null ? null : this.hash.toString('hex');
  }

  /** Chain index that the next event must have. */
  get expectedIndex(): number {
    return this.last === null ? this.begin : this.last + 1;
  }

  /** What the next event's previous hash must be; null when that is not known. */
  get link(): Buffer | null {
    return this.last === null ? this.firstLink : this.hash;
  }

  see(index: number): void {
    this.lowest ??= index;
  }

  moveTo(index: number, { bytes, at, length }: HashPlace): void {
    this.last = index;
    if (this.hash.length !== length) this.hash = this.room.subarray(0, length);
    bytes.copy(this.hash, 0, at, at + length);
  }
}
