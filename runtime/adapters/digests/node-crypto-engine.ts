import * as crypto from 'node:crypto';
import type { DigestEngine, DigestEngineFactory, MessageBatch } from '../../domain/chain/digest-engine';
import { LEAF_HASH_BYTES } from '../../domain/chain/event-hash';
import { DIGEST_BYTES } from '../../domain/digests';
import { messageExtent, requireHeads, requirePairs, requireSlots } from './batch-bounds';
import { engineDisposed, requireChainKeys } from './chain-keys';
import { oneShotSha256, type OneShotSha256 } from './one-shot-sha256';

const BLOCK_BYTES = 64;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;
const LEAF_PREFIX = 0;
const NODE_PREFIX = 1;

function padded(key: Uint8Array, pad: number): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES, pad);
  key.forEach((byte, position) => (block[position] = byte ^ pad));
  return block;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A padded key, and room for the digest behind it. */
function keyed(key: Uint8Array, pad: number): Buffer {
  return Buffer.concat([padded(key, pad), Buffer.alloc(DIGEST_BYTES)]);
}

class NodeCryptoEngine implements DigestEngine {
  readonly name = 'node-crypto';
  private readonly inner: readonly Buffer[];
  private readonly outer: readonly Buffer[];
  private readonly leaf = Buffer.alloc(1 + DIGEST_BYTES + LEAF_HASH_BYTES, LEAF_PREFIX);
  private readonly node = Buffer.alloc(1 + 2 * DIGEST_BYTES, NODE_PREFIX);
  private disposed = false;

  constructor(
    chainKeys: readonly Uint8Array[],
    private readonly sha256: OneShotSha256,
  ) {
    requireChainKeys(chainKeys);
    this.inner = chainKeys.map((key) => keyed(key, INNER_PAD));
    this.outer = chainKeys.map((key) => keyed(key, OUTER_PAD));
  }

  digests(batch: MessageBatch, digests: Uint8Array): void {
    this.requireUsable();
    messageExtent(batch, digests);
    const { bytes, count, messageStart, messageEnd } = batch;
    const target = asBuffer(digests);
    for (let number = 0; number < count; number++) {
      const digest = this.sha256(bytes.subarray(messageStart[number], messageEnd[number]));
      target.write(digest, number * DIGEST_BYTES, DIGEST_BYTES, 'latin1');
    }
  }

  macs(digests: Uint8Array, keySlot: Int32Array, count: number, macs: Uint8Array): void {
    this.requireUsable();
    requireSlots(digests, keySlot, count, this.inner.length, macs);
    const target = asBuffer(macs);
    for (let event = 0; event < count; event++) {
      const slot = keySlot[event]!;
      if (slot < 0) continue;
      const at = event * DIGEST_BYTES;
      const inner = this.inner[slot]!;
      const outer = this.outer[slot]!;
      inner.set(digests.subarray(at, at + DIGEST_BYTES), BLOCK_BYTES);
      outer.write(this.sha256(inner), BLOCK_BYTES, DIGEST_BYTES, 'latin1');
      target.write(this.sha256(outer), at, DIGEST_BYTES, 'latin1');
    }
  }

  leaves(digests: Uint8Array, hashHeads: Uint8Array, count: number, leaves: Uint8Array): void {
    this.requireUsable();
    requireHeads(digests, hashHeads, count, leaves);
    const target = asBuffer(leaves);
    for (let event = 0; event < count; event++) {
      const at = event * DIGEST_BYTES;
      const head = event * LEAF_HASH_BYTES;
      this.leaf.set(digests.subarray(at, at + DIGEST_BYTES), 1);
      this.leaf.set(hashHeads.subarray(head, head + LEAF_HASH_BYTES), 1 + DIGEST_BYTES);
      target.write(this.sha256(this.leaf), at, DIGEST_BYTES, 'latin1');
    }
  }

  nodes(children: Uint8Array, pairs: number, parents: Uint8Array): void {
    this.requireUsable();
    requirePairs(children, pairs, parents);
    const source = asBuffer(children);
    const target = asBuffer(parents);
    for (let pair = 0; pair < pairs; pair++) {
      const left = pair * 2 * DIGEST_BYTES;
      source.copy(this.node, 1, left, left + 2 * DIGEST_BYTES);
      target.write(this.sha256(this.node), pair * DIGEST_BYTES, DIGEST_BYTES, 'latin1');
    }
  }

  /** Nothing to gain: each digest costs a call. */
  scanKernel(): null {
    return null;
  }

  dispose(): void {
    this.disposed = true;
    for (const secret of [...this.inner, ...this.outer]) secret.fill(0);
  }

  private requireUsable(): void {
    if (this.disposed) throw engineDisposed(this.name);
  }
}

/** The engine over a given SHA-256, for runtimes without `crypto.hash`. */
export function nodeCryptoEngineWith(sha256: OneShotSha256): DigestEngineFactory {
  return (chainKeys) => new NodeCryptoEngine(chainKeys, sha256);
}

/**
 * The engine that runs everywhere: one `crypto.hash` per SHA-256.
 * @throws RangeError when a chain key is not 32 bytes
 */
export const createNodeCryptoEngine: DigestEngineFactory = nodeCryptoEngineWith(oneShotSha256(crypto));
