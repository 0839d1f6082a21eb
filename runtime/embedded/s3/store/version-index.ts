import { compareKeys, firstPosition } from './key-order';
import { isObject, type ObjectRecord, type VersionRecord } from './records';

/** The versions of one bucket in memory: keys in S3's order, and for each key its history. */
export class VersionIndex {
  private readonly sorted: string[] = [];
  private readonly histories = new Map<string, VersionRecord[]>();

  /** @param records in any order */
  constructor(records: readonly VersionRecord[] = []) {
    for (const record of [...records].sort((a, b) => a.sequence - b.sequence)) {
      const history = this.histories.get(record.key);
      if (history === undefined) this.histories.set(record.key, [record]);
      else history.push(record);
    }
    this.sorted.push(...[...this.histories.keys()].sort(compareKeys));
  }

  /** Every key that has a version or a delete marker, in UTF-8 binary order. */
  get keys(): readonly string[] {
    return this.sorted;
  }

  /** Oldest first; empty when the key has never existed. */
  history(key: string): readonly VersionRecord[] {
    return this.histories.get(key) ?? [];
  }

  /** The newest entry of a key, which may be a delete marker. */
  latest(key: string): VersionRecord | undefined {
    return this.histories.get(key)?.at(-1);
  }

  /** The object a plain GET finds: the newest version, unless it is a delete marker. */
  current(key: string): ObjectRecord | undefined {
    const latest = this.latest(key);
    return isObject(latest) ? latest : undefined;
  }

  find(key: string, versionId: string): VersionRecord | undefined {
    return this.histories.get(key)?.find((record) => record.versionId === versionId);
  }

  /** Adds the newest entry of its key. */
  add(record: VersionRecord): void {
    const history = this.histories.get(record.key);
    if (history !== undefined) {
      history.push(record);
      return;
    }
    this.histories.set(record.key, [record]);
    const at = firstPosition(this.sorted, (key) => compareKeys(key, record.key) > 0);
    this.sorted.splice(at, 0, record.key);
  }

  /** Puts `record` in the place of the one with the same sequence. */
  replace(record: VersionRecord): void {
    const history = this.histories.get(record.key) ?? [];
    const at = history.findIndex((other) => other.sequence === record.sequence);
    if (at >= 0) history[at] = record;
  }

  remove(record: VersionRecord): void {
    const history = this.histories.get(record.key);
    const at = history?.findIndex((other) => other.sequence === record.sequence) ?? -1;
    if (history === undefined || at < 0) return;
    history.splice(at, 1);
    if (history.length > 0) return;
    this.histories.delete(record.key);
    const place = firstPosition(this.sorted, (key) => compareKeys(key, record.key) >= 0);
    this.sorted.splice(place, 1);
  }
}
