import { hmacSha256, sha256 } from '../digests';

const CHAIN_KEY_LABEL = 'audit-chain/1';
const LEAF_PREFIX = Buffer.from([0]);

/**
 * The key that the events of one chain are hashed under: it binds the secret to the chain and its columns.
 * @param columnList exact text of the column list, see `formatColumnList`
 */
export function chainKey(secret: Uint8Array, chainId: string, columnList: string): Buffer {
  return hmacSha256(secret, Buffer.from(`${CHAIN_KEY_LABEL}\0${chainId}\0${columnList}`, 'utf8'));
}

/** `event_hash` of a version 1 event. */
export function eventHash(key: Uint8Array, message: Uint8Array): Buffer {
  return hmacSha256(key, message);
}

/** Merkle leaf of an event; `message` is empty for a foreign chain. */
export function eventLeaf(hash: Uint8Array, message: Uint8Array): Buffer {
  return sha256(LEAF_PREFIX, hash, message);
}
