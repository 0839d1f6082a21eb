import { equalDigests } from '../digests';
import { hashNode } from './node-hasher';

/** Largest power of two below `size`: where RFC 9162 splits a tree. */
function splitPoint(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

function subtreeRoot(leaves: readonly Uint8Array[]): Uint8Array {
  const [first] = leaves;
  if (leaves.length === 1 && first) return first;
  const split = splitPoint(leaves.length);
  return hashNode(subtreeRoot(leaves.slice(0, split)), subtreeRoot(leaves.slice(split)));
}

/**
 * Sibling hashes from a leaf up to the root.
 * @param position of the leaf, from 0
 * @throws RangeError when there is no such leaf
 */
export function inclusionPath(leaves: readonly Uint8Array[], position: number): Uint8Array[] {
  if (!Number.isInteger(position) || position < 0 || position >= leaves.length) {
    throw new RangeError(`leaf ${position} does not exist; the tree has ${leaves.length}`);
  }
  if (leaves.length === 1) return [];
  const split = splitPoint(leaves.length);
  return position < split
    ? [...inclusionPath(leaves.slice(0, split), position), subtreeRoot(leaves.slice(split))]
    : [...inclusionPath(leaves.slice(split), position - split), subtreeRoot(leaves.slice(0, split))];
}

/**
 * True when `path` proves that `leaf` stands at `position` of a tree of `size` leaves with this root
 * (RFC 9162, 2.1.3.2). Every argument may come from an attacker.
 */
export function verifyInclusion(
  leaf: Uint8Array,
  position: number,
  size: number,
  path: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  const inTree =
    Number.isSafeInteger(position) && Number.isSafeInteger(size) && position >= 0 && position < size;
  if (!inTree) return false;
  let node = position;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of path) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      hash = hashNode(sibling, hash);
      while (node % 2 === 0 && node !== 0) {
        node = Math.floor(node / 2);
        last = Math.floor(last / 2);
      }
    } else {
      hash = hashNode(hash, sibling);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && equalDigests(hash, root);
}
