/** Finds the slot of a key id given as bytes; events in a row mostly share one, so the last answer is tried first. */
export class KeySlots {
  private readonly slots = new Map<string, number>();
  private lastId = Buffer.alloc(0);
  private lastSlot = -1;

  constructor(ids: readonly string[]) {
    ids.forEach((id, slot) => this.slots.set(id, slot));
  }

  /** Slot of the id at `bytes[at, at + length)`, or -1 when it is not known (or NULL, length -1). */
  find(bytes: Uint8Array, at: number, length: number): number {
    if (length < 0) return -1;
    if (this.isLast(bytes, at, length)) return this.lastSlot;
    this.lastId = Buffer.from(bytes.subarray(at, at + length));
    this.lastSlot = this.slots.get(this.lastId.toString('utf8')) ?? -1;
    return this.lastSlot;
  }

  /** Text of the id last looked up. */
  get lastText(): string {
    return this.lastId.toString('utf8');
  }

  private isLast(bytes: Uint8Array, at: number, length: number): boolean {
    const { lastId } = this;
    if (length !== lastId.length) return false;
    for (let offset = 0; offset < length; offset++) if (bytes[at + offset] !== lastId[offset]) return false;
    return true;
  }
}
