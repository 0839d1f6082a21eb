import { DIGEST_BYTES } from '../../runtime/domain/digests';
import { hashNode, type NodeHasher } from '../../runtime/domain/merkle/node-hasher';

/** Hashes one node after the other: what the engines, which are faster, are held against. */
export const plainNodeHasher: NodeHasher = {
  nodes(children, pairs, parents) {
    for (let pair = 0; pair < pairs; pair++) {
      const left = pair * 2 * DIGEST_BYTES;
      const right = left + DIGEST_BYTES;
      const node = hashNode(children.subarray(left, right), children.subarray(right, right + DIGEST_BYTES));
      parents.set(node, pair * DIGEST_BYTES);
    }
  },
};
