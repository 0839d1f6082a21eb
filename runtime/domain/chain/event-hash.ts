import { hmacSha256, sha256 } from '../digests';

const LABELS = { v1: 'audit-chain/1', rows: 'audit-rows/1' } as const;
const LEAF_PREFIX = Buffer.from([0]);
/** Bytes of an event hash that a leaf holds: with them it is one block of SHA-256. */
export const LEAF_HASH_BYTES = 16;

/**
 * The key that the events of one chain are hashed under: it binds the secret to the chain and its columns.
 * @param columnList exact text of the column list, see `formatColumnList`
 */
export function chainKey(
  secret: Uint8Array,
  chainId: string,
  columnList: string,
  format: keyof typeof LABELS = 'v1',
): Buffer {
  return hmacSha256(secret, Buffer.from(`${LABELS[format]}\0${chainId}\0${columnList}`, 'utf8'));
}

/** The digest of a message: what chain and tree know of the contents of an event. */
export function eventDigest(message: Uint8Array): Buffer {
  return sha256(message);
}

/** `event_hash` of a version 1 event. */
export function eventHash(key: Uint8Array, digest: Uint8Array): Buffer {
  return hmacSha256(key, digest);
}

/**
 * Merkle leaf of an event. Half of its hash blinds the digest, which alone would let anybody guess at the contents.
 * @param hash at least 16 bytes
 */
export function eventLeaf(digest: Uint8Array, hash: Uint8Array): Buffer {
  return sha256(LEAF_PREFIX, digest, hash.subarray(0, LEAF_HASH_BYTES));
}
