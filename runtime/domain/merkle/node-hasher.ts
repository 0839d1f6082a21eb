import { sha256 } from '../digests';

const NODE_PREFIX = Buffer.from([1]);

/** Hashes Merkle nodes many at a time; `DigestEngine` is one, and can vectorise it. */
export interface NodeHasher {
  /** SHA-256(0x01 || left || right) of `pairs` adjacent 64-byte pairs of `children` into `parents`. */
  nodes(children: Uint8Array, pairs: number, parents: Uint8Array): void;
}

export function hashNode(left: Uint8Array, right: Uint8Array): Buffer {
  return sha256(NODE_PREFIX, left, right);
}
