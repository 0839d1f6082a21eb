import type { ObjectVersion } from '../../application/ports';

/**
 * Puts the versions and delete markers of one page into the order in which S3 lists them: by key in UTF-8
 * order, for one key the newest first.
 *
 * Times have whole seconds, so two writes within one second can only be told apart by their place in the reply.
 * That place is believed when it is possible at all (keys ascending, the latest entry of a key before its
 * others); endpoints that print all versions before all delete markers are sorted by time instead.
 * @param entries in the order of the reply
 */
export function inVersionOrder(entries: readonly ObjectVersion[]): readonly ObjectVersion[] {
  if (isPossibleOrder(entries)) return entries;
  return [...entries].sort(
    (a, b) =>
      compareKeys(a.key, b.key) || Number(b.isLatest) - Number(a.isLatest) || b.lastModified - a.lastModified,
  );
}

function isPossibleOrder(entries: readonly ObjectVersion[]): boolean {
  return entries.every((entry, index) => {
    const before = entries[index - 1];
    if (before === undefined) return true;
    const order = compareKeys(before.key, entry.key);
    return order < 0 || (order === 0 && !entry.isLatest);
  });
}

/** Order of keys in S3: by UTF-8 bytes, which differs from JavaScript's order beyond the basic plane. */
export function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'));
}
