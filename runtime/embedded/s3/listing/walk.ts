import { compareKeys, firstPosition } from '../store/key-order';

/** Where a listing looks. */
export interface Scope {
  readonly prefix: string;
  /** Empty for none. */
  readonly delimiter: string;
  /** Keys up to this one are passed over; null to begin at the first. */
  readonly after: string | null;
  /** Begin with the key `after` itself instead of behind it. */
  readonly inclusive?: boolean;
}

export type Found =
  | { readonly kind: 'key'; readonly key: string }
  /** Every key that begins with this, up to and with the first delimiter after the prefix. */
  | { readonly kind: 'folder'; readonly folder: string };

/**
 * Keys and folders in UTF-8 binary order. A folder that `after` names or lies in has been listed before and is
 * passed over as a whole.
 * @param keys in UTF-8 binary order
 * @param isVisible keys that count; a folder is listed when it holds one
 */
export function* walk(
  keys: readonly string[],
  scope: Scope,
  isVisible: (key: string) => boolean = () => true,
): Generator<Found> {
  const { prefix, delimiter, after } = scope;
  let at = startOf(keys, scope);
  for (let key = keys[at]; key?.startsWith(prefix); key = keys[at]) {
    const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    if (cut < 0) {
      if (isVisible(key)) yield { kind: 'key', key };
      at++;
      continue;
    }
    const folder = key.slice(0, cut + delimiter.length);
    const end = firstPosition(keys, (other) => !other.startsWith(folder), at);
    if (after?.startsWith(folder) !== true && holdsVisible(keys, at, end, isVisible)) {
      yield { kind: 'folder', folder };
    }
    at = end;
  }
}

function startOf(keys: readonly string[], { prefix, after, inclusive = false }: Scope): number {
  const atPrefix = firstPosition(keys, (key) => compareKeys(key, prefix) >= 0);
  if (after === null) return atPrefix;
  return firstPosition(
    keys,
    (key) => (inclusive ? compareKeys(key, after) >= 0 : compareKeys(key, after) > 0),
    atPrefix,
  );
}

function holdsVisible(
  keys: readonly string[],
  from: number,
  to: number,
  isVisible: (key: string) => boolean,
): boolean {
  for (let at = from; at < to; at++) if (isVisible(keys[at] as string)) return true;
  return false;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly truncated: boolean;
}

/** The first `size` items, and whether there are more; nothing of a page of no items is truncated. */
export function takePage<T>(items: Iterable<T>, size: number): Page<T> {
  const taken: T[] = [];
  if (size === 0) return { items: taken, truncated: false };
  for (const item of items) {
    if (taken.length === size) return { items: taken, truncated: true };
    taken.push(item);
  }
  return { items: taken, truncated: false };
}
