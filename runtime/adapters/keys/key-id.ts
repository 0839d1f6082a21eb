import { quoted } from '../../config-faults';

const MAX_ID_BYTES = 255;
/**
 * Shorter than the base64 of the shortest secret (44 characters): whoever swaps id and secret must not read
 * the secret in the error.
 */
const MAX_SHOWN_CHARACTERS = 40;
const FORBIDDEN = /[\p{Cc}\p{Cs}]/u;

/** Whether a text is short enough to be a name and not a secret in the wrong place. */
export function isPlausibleName(id: string): boolean {
  return id.length <= MAX_SHOWN_CHARACTERS;
}

/** How a fault names a key of the ring. */
export function nameKey(id: string, index: number): string {
  const place = `key number ${index + 1}`;
  if (id === '') return place;
  return isPlausibleName(id) ? `key ${quoted(id)}` : `${place} (id of ${id.length} characters)`;
}

/** What is wrong with a key id, or null. */
export function keyIdProblem(id: string): { readonly found: string; readonly allowed: string } | null {
  const bytes = Buffer.byteLength(id);
  if (bytes === 0) return { found: 'is empty', allowed: `an id of 1 to ${MAX_ID_BYTES} bytes` };
  if (bytes > MAX_ID_BYTES) {
    return { found: `has ${bytes} bytes`, allowed: `an id of 1 to ${MAX_ID_BYTES} bytes` };
  }
  return FORBIDDEN.test(id)
    ? { found: 'has a control character or half a surrogate pair', allowed: 'an id of printable text' }
    : null;
}
