import { DIGEST_BYTES, sha256 } from '../digests';

const NODE_PREFIX = Buffer.from([1]);

/** Hashes Merkle nodes many at a time; `DigestEngine` is one, and can vectorise it. */
export interface NodeHasher {
  /** SHA-256(0x01 || left || right) of `pairs` adjacent 64-byte pairs of `children` into `parents`. */
  nodes(children: Uint8Array, pairs: number, parents: Uint8Array): void;
}

/** The plain hasher, for proofs and small trees. */
export const plainNodeHasher: NodeHasher = {
  nodes(children, pairs, parents) {
    for (let pair = 0; pair < pairs; pair++) {
      const start = pair * 2 * DIGEST_BYTES;
      parents.set(
        sha256(NODE_PREFIX, children.subarray(start, start + 2 * DIGEST_BYTES)),
        pair * DIGEST_BYTES,
      );
    }
  },
};

export function hashNode(left: Uint8Array, right: Uint8Array): Buffer {
  return sha256(NODE_PREFIX, left, right);
}
