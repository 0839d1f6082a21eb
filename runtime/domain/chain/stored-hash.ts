import { DIGEST_BYTES, sha256 } from '../digests';

/** Bytes that the hash of a foreign chain may have. */
export const MIN_HASH_BYTES = 16;
export const MAX_HASH_BYTES = 64;

/**
 * How a column holds a hash.
 * - `digest`: 32 bytes, the `bytea` of version 1
 * - `bytes`: 16 to 64 bytes, a `bytea` of a foreign chain
 * - `hex`, `base64`: text of 16 to 64 bytes
 * - `text`: text of either encoding, where the table does not say which
 */
export type HashForm = 'digest' | 'bytes' | 'hex' | 'base64' | 'text';

const HEX = /^(?:[0-9A-Fa-f]{2})+$/;

/** What a text may decode to: longer ones are not even looked at. */
const MAX_TEXT_BYTES = 2 * MAX_HASH_BYTES;

function inBounds(hash: Buffer): Buffer | null {
  return hash.length >= MIN_HASH_BYTES && hash.length <= MAX_HASH_BYTES ? hash : null;
}

/** Text of hex digits only, an even number of them, is hex; all other text is base64. */
function encodingOf(text: string): 'hex' | 'base64' {
  return HEX.test(text) ? 'hex' : 'base64';
}

function decodeText(stored: Buffer, form: 'hex' | 'base64' | 'text'): Buffer | null {
  if (stored.length > MAX_TEXT_BYTES) return null;
  const text = stored.toString('latin1');
  const encoding = encodingOf(text);
  if (form !== 'text' && form !== encoding) return null;
  const hash = Buffer.from(text, encoding);
  // Node.js also takes base64 without padding, with other characters, and with bits left over.
  if (encoding === 'base64' && hash.toString('base64') !== text) return null;
  return inBounds(hash);
}

/** The hash that a column holds; null when what is stored is none. */
export function decodeHash(stored: Buffer, form: HashForm): Buffer | null {
  if (form === 'digest') return stored.length === DIGEST_BYTES ? stored : null;
  return form === 'bytes' ? inBounds(stored) : decodeText(stored, form);
}

/** What counts as the hash of an event that has none: the SHA-256 of its bytes as stored, of NULL that of nothing. */
export function substituteHash(stored: Uint8Array | null): Buffer {
  return sha256(stored ?? Buffer.alloc(0));
}

/** The hash of an event, whatever is stored in place of one. */
export function countedHash(stored: Buffer | null, form: HashForm): Buffer {
  return (stored && decodeHash(stored, form)) ?? substituteHash(stored);
}

/**
 * The encoding of a text column that holds hashes; `text` when none of them says it.
 * @param values the first ones of the column
 */
export function textForm(values: readonly (Buffer | null)[]): HashForm {
  const hash = values.find((stored) => stored !== null && decodeHash(stored, 'text') !== null);
  return hash ? encodingOf(hash.toString('latin1')) : 'text';
}
