import { quoted } from '../../config-faults';

/**
 * Shorter than the base64 of the shortest secret (44 characters): whoever swaps id and secret must not read
 * the secret in the error.
 */
const MAX_SHOWN_CHARACTERS = 40;

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
