/** An S3 key has at most 1,024 bytes; the date path and the name need 44 of them, and a prefix before the id some more. */
export const MAX_CHAIN_ID_BYTES = 900;

/**
 * Has no wildcard characters, so that an id is safe inside a policy. "." and ".." as whole parts are left out: HTTP
 * clients and S3 gateways rewrite such paths. "_" begins the prefixes of a bucket that hold something else than anchors.
 */
const CHAIN_ID = /^(?!_)(?!\.{1,2}(?:\/|$))[A-Za-z0-9._-]+(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._-]+)*$/;

export const CHAIN_ID_RULE = `letters, digits, ".", "_", "-" in parts joined by "/" (no part "." or "..", the first not beginning with "_"), at most ${MAX_CHAIN_ID_BYTES} bytes`;

/** Whether a chain can be called so. */
export function isChainId(text: string): boolean {
  return text.length <= MAX_CHAIN_ID_BYTES && CHAIN_ID.test(text);
}
