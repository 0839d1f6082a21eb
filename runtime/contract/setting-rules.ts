import type { Problem } from './columns';

/** Rules of single settings, for the program that reads them and for the constructs that write them. */

const DECIMAL = /^(?:0|-?[1-9]\d*)$/;

/** A whole number in plain decimal digits and within bounds, both included; otherwise null. */
export function wholeNumberOf(
  text: string,
  { min, max }: { readonly min: number; readonly max: number },
): number | null {
  const value = DECIMAL.test(text) ? Number(text) : NaN;
  return value >= min && value <= max ? value : null;
}

const ENDPOINT_RULE =
  'an http or https URL of a host and, if need be, a port and path; credentials go into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY';

/**
 * What keeps a text from being the endpoint of an S3 server, or null. Neither credentials nor a query, which may carry
 * a token, are shown.
 */
export function endpointProblem(text: string, quoted: (text: string) => string): Problem | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url && (url.username !== '' || url.password !== '')) {
    return { found: 'a URL with credentials in it (not shown)', allowed: ENDPOINT_RULE };
  }
  const usable = url && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '';
  const shown = text.replace(/\/\/.*@/s, '//***@').replace(/[?#].*/s, '');
  return usable ? null : { found: quoted(shown), allowed: ENDPOINT_RULE };
}

const MAX_KEY_ID_BYTES = 255;
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u;

/** What is wrong with the id of an HMAC key, or null. */
export function keyIdProblem(id: string): Problem | null {
  const bytes = Buffer.byteLength(id);
  const allowed = `an id of 1 to ${MAX_KEY_ID_BYTES} bytes`;
  if (bytes === 0) return { found: 'is empty', allowed };
  if (bytes > MAX_KEY_ID_BYTES) return { found: `has ${bytes} bytes`, allowed };
  return UNPRINTABLE.test(id)
    ? { found: 'has a control character or half a surrogate pair', allowed: 'an id of printable text' }
    : null;
}

/**
 * How far a login has to be bound to its TLS connection, in libpq's words and with libpq's meaning:
 * - `disable`: it is not
 * - `prefer`: it is when the server offers that
 * - `require`: a login that is not bound is refused before anything made from the password is sent
 */
export const CHANNEL_BINDINGS = ['disable', 'prefer', 'require'] as const;
export type ChannelBinding = (typeof CHANNEL_BINDINGS)[number];
