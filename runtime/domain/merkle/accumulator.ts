import { DIGEST_BYTES, sha256 } from '../digests';
import type { NodeHasher } from './node-hasher';
import { hashNode } from './node-hasher';

/** Root of the tree without leaves: SHA-256 of nothing. */
export const EMPTY_ROOT = sha256().toString('hex');

/**
 * Root of an RFC 9162 tree over a stream of leaves, in memory that grows with the logarithm of their number.
 * At each level at most one node waits for its sibling; leaves come in batches so that the nodes of a level can
 * be hashed together.
 */
export class MerkleAccumulator {
  private readonly waiting: (Buffer | null)[] = [];
  private scratch = [Buffer.alloc(0), Buffer.alloc(0)] as [Buffer, Buffer];
  private leaves = 0;

  constructor(private readonly hasher: NodeHasher) {}

  /** Number of leaves so far. */
  get size(): number {
    return this.leaves;
  }

  /** Appends `count` leaves of 32 bytes each. */
  append(leaves: Uint8Array, count: number): void {
    this.leaves += count;
    let level = 0;
    let nodes: Uint8Array = leaves;
    let length = count;
    while (length > 0) {
      const waiting = this.waiting[level] ?? null;
      const row = this.row(level, length + 1);
      const own = waiting ? DIGEST_BYTES : 0;
      // From the second level on the nodes lie in this row already, and make room for the one before them.
      if (nodes !== row || waiting) row.set(nodes.subarray(0, length * DIGEST_BYTES), own);
      if (waiting) row.set(waiting, 0);
      if (waiting) length += 1;
      const pairs = length >> 1;
      const odd = length % 2 === 1;
      this.waiting[level] = odd
        ? Buffer.from(row.subarray((length - 1) * DIGEST_BYTES, length * DIGEST_BYTES))
        : null;
      if (pairs > 0) {
        const parents = this.row(level + 1, pairs);
        this.hasher.nodes(row.subarray(0, pairs * 2 * DIGEST_BYTES), pairs, parents);
        nodes = parents;
      }
      length = pairs;
      level += 1;
    }
  }

  /** Root over all leaves so far. */
  root(): Buffer {
    let root: Buffer | null = null;
    for (const node of this.waiting) {
      if (node) root = root ? hashNode(node, root) : node;
    }
    return root ?? sha256();
  }

  /** Starts a new tree. */
  reset(): void {
    this.waiting.length = 0;
    this.leaves = 0;
  }

  /** One of two alternating rows, so that a level is never written over the one it is read from. */
  private row(level: number, digests: number): Buffer {
    const side = (level & 1) as 0 | 1;
    if (this.scratch[side].length < digests * DIGEST_BYTES) {
      this.scratch[side] = Buffer.allocUnsafe(Math.max(digests, 2 * 1024) * DIGEST_BYTES);
    }
    return this.scratch[side];
  }
}
