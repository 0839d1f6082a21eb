import { DIGEST_BYTES } from '../digests';

/** How far a scan has come, and what the next event must be. */
export class ChainPosition {
  private lowest: number | null = null;
  private last: number | null = null;
  private readonly hash = Buffer.alloc(DIGEST_BYTES);
  private hashKnown = false;
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

  /** Hex hash of that event; null when it has none that its successor can be held against. */
  get lastHash(): string | null {
    return this.hashKnown ? this.hash.toString('hex') : null;
  }

  /** Chain index that the next event must have. */
  get expectedIndex(): number {
    return this.last === null ? this.begin : this.last + 1;
  }

  /** What the next event's previous hash must be; null when that is not known. */
  get link(): Buffer | null {
    if (this.last === null) return this.firstLink;
    return this.hashKnown ? this.hash : null;
  }

  see(index: number): void {
    this.lowest ??= index;
  }

  /** To an event whose hash is at `hashAt` of `bytes`. */
  moveTo(index: number, bytes: Buffer, hashAt: number): void {
    this.last = index;
    this.hashKnown = true;
    bytes.copy(this.hash, 0, hashAt, hashAt + DIGEST_BYTES);
  }

  /** To an event without a hash that its successor could be held against. */
  moveToUnusable(index: number): void {
    this.last = index;
    this.hashKnown = false;
  }
}
