import { LIMITS } from '../../contract';

const { min, max } = LIMITS.hmacKeyBytes;

export const SECRET_RULE = `standard base64 of ${min} to ${max} bytes`;

const BASE64URL = /^[A-Za-z0-9_-]*[_-][A-Za-z0-9_-]*={0,2}$/;
/** Valid base64 too, but of other bytes; no random base64 text of this length looks like it. */
const HEX = /^[0-9a-f]{64,}$/;
const UNPADDED = /^[A-Za-z0-9+/]+$/;

function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** Says what kind of text it is; its characters stay secret. */
function notBase64(text: string): string {
  if (/\s/.test(text)) return 'white space in its secret (remove it)';
  if (BASE64URL.test(text)) return 'a secret in base64url (replace "-" by "+" and "_" by "/")';
  if (UNPADDED.test(text)) return 'a secret in base64 without its padding or with bits after its end';
  return 'a secret that is not base64';
}

/**
 * The bytes of a secret, or a description of what is wrong that shows nothing of it.
 * Strict: whatever is not the one standard base64 text of these bytes is refused, because a lenient decoder
 * makes another key out of a damaged one without saying so.
 */
export function decodeSecret(value: unknown): Uint8Array | string {
  if (typeof value !== 'string') return `${typeName(value)} as its secret`;
  if (value === '') return 'an empty secret';
  if (HEX.test(value)) return 'a secret in hex (write its bytes in base64)';
  const decoded = Buffer.from(value, 'base64');
  if (decoded.toString('base64') !== value) return notBase64(value);
  if (decoded.length < min || decoded.length > max) {
    const unit = decoded.length === 1 ? 'byte' : 'bytes';
    return `a secret of ${decoded.length} ${unit}`;
  }
  // A copy of its own: small Buffers share a pool, which would outlive the wiping of the ring.
  const secret = new Uint8Array(decoded);
  decoded.fill(0);
  return secret;
}
