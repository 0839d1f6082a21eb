/** One request, noted when all it asks for was understood and before any fault or further check. */
export interface LoggedRequest {
  readonly operation: string;
  readonly bucket: string;
  readonly key: string;
}

/** Entries kept; older ones are dropped, so that a server left running does not grow. */
const MAX_ENTRIES = 10_000;

/** What clients asked for, so that a test can count requests. */
export class RequestLog {
  private seen: LoggedRequest[] = [];
  private readonly counts = new Map<string, number>();

  /** The newest 10,000 requests since the start or the last `clear()`, oldest first. */
  get entries(): readonly LoggedRequest[] {
    return this.seen.slice(-MAX_ENTRIES);
  }

  /** Requests since the start or the last `clear()`, of one operation or of all. */
  count(operation?: string): number {
    if (operation !== undefined) return this.counts.get(operation) ?? 0;
    let total = 0;
    for (const count of this.counts.values()) total += count;
    return total;
  }

  clear(): void {
    this.seen = [];
    this.counts.clear();
  }

  add(entry: LoggedRequest): void {
    this.seen.push(entry);
    if (this.seen.length > 2 * MAX_ENTRIES) this.seen = this.seen.slice(-MAX_ENTRIES);
    this.counts.set(entry.operation, (this.counts.get(entry.operation) ?? 0) + 1);
  }
}
