import * as crypto from 'node:crypto';
import type { DigestEngine, DigestEngineFactory, TupleBatch } from '../../domain/chain/digest-engine';
import { DIGEST_BYTES } from '../../domain/digests';
import { leafExtent, macExtent, requirePairs } from './batch-bounds';
import { engineDisposed, requireChainKeys } from './chain-keys';
import { oneShotSha256, type OneShotSha256 } from './one-shot-sha256';

const BLOCK_BYTES = 64;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;
const LEAF_PREFIX = 0;
const NODE_PREFIX = 1;
const NO_SLOT = -1;

/** Where messages lie in the scratch buffer: behind a padded key, or behind a leaf's prefix and event hash. */
const MESSAGE_AT = BLOCK_BYTES;
const LEAF_AT = MESSAGE_AT - DIGEST_BYTES - 1;
/** Room for messages before the scratch buffer has to grow. */
const FIRST_MESSAGE_BYTES = 4_096;

function padded(key: Uint8Array, pad: number): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES, pad);
  key.forEach((byte, position) => (block[position] = byte ^ pad));
  return block;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

class NodeCryptoEngine implements DigestEngine {
  readonly name = 'node-crypto';
  private readonly innerPads: readonly Buffer[];
  /** Of each key, the padded key and room for the inner digest. */
  private readonly outerMessages: readonly Buffer[];
  private readonly node = Buffer.alloc(1 + 2 * DIGEST_BYTES, NODE_PREFIX);
  private scratch = Buffer.alloc(MESSAGE_AT + FIRST_MESSAGE_BYTES);
  private disposed = false;

  constructor(
    chainKeys: readonly Uint8Array[],
    private readonly sha256: OneShotSha256,
  ) {
    requireChainKeys(chainKeys);
    this.innerPads = chainKeys.map((key) => padded(key, INNER_PAD));
    this.outerMessages = chainKeys.map((key) =>
      Buffer.concat([padded(key, OUTER_PAD), Buffer.alloc(DIGEST_BYTES)]),
    );
  }

  macs(batch: TupleBatch, macs: Uint8Array): void {
    this.requireUsable();
    const extent = macExtent(batch, this.innerPads.length, macs);
    const scratch = this.scratchFor(extent.longestMessage);
    const source = asBuffer(batch.bytes);
    const target = asBuffer(macs);
    let scratchSlot = NO_SLOT;
    for (let tuple = 0; tuple < batch.count; tuple++) {
      const slot = batch.keySlot[tuple]!;
      if (slot === NO_SLOT) continue;
      if (slot !== scratchSlot) {
        this.innerPads[slot]!.copy(scratch);
        scratchSlot = slot;
      }
      const start = batch.messageStart[tuple]!;
      const end = batch.messageEnd[tuple]!;
      source.copy(scratch, MESSAGE_AT, start, end);
      const outer = this.outerMessages[slot]!;
      const inner = this.sha256(scratch.subarray(0, MESSAGE_AT + end - start));
      outer.write(inner, BLOCK_BYTES, DIGEST_BYTES, 'latin1');
      target.write(this.sha256(outer), tuple * DIGEST_BYTES, DIGEST_BYTES, 'latin1');
    }
  }

  leaves(batch: TupleBatch, leaves: Uint8Array, hashOnly: boolean): void {
    this.requireUsable();
    const extent = leafExtent(batch, leaves, hashOnly);
    const scratch = this.scratchFor(extent.longestMessage);
    const source = asBuffer(batch.bytes);
    const target = asBuffer(leaves);
    scratch[LEAF_AT] = LEAF_PREFIX;
    for (let tuple = 0; tuple < batch.count; tuple++) {
      const hash = batch.hashStart[tuple]!;
      source.copy(scratch, LEAF_AT + 1, hash, hash + DIGEST_BYTES);
      let end = MESSAGE_AT;
      if (!hashOnly) {
        end += source.copy(scratch, MESSAGE_AT, batch.messageStart[tuple], batch.messageEnd[tuple]);
      }
      const leaf = this.sha256(scratch.subarray(LEAF_AT, end));
      target.write(leaf, tuple * DIGEST_BYTES, DIGEST_BYTES, 'latin1');
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
    for (const secret of [...this.innerPads, ...this.outerMessages, this.node, this.scratch]) secret.fill(0);
  }

  private requireUsable(): void {
    if (this.disposed) throw engineDisposed(this.name);
  }

  private scratchFor(messageBytes: number): Buffer {
    if (this.scratch.length < MESSAGE_AT + messageBytes) {
      this.scratch.fill(0);
      this.scratch = Buffer.alloc(MESSAGE_AT + messageBytes);
    }
    return this.scratch;
  }
}

/** The engine over a given SHA-256, for runtimes without `crypto.hash`. */
export function nodeCryptoEngineWith(sha256: OneShotSha256): DigestEngineFactory {
  return (chainKeys) => new NodeCryptoEngine(chainKeys, sha256);
}

/**
 * The engine that runs everywhere: one `crypto.hash` per SHA-256, over one reused buffer.
 * @throws RangeError when a chain key is not 32 bytes
 */
export const createNodeCryptoEngine: DigestEngineFactory = nodeCryptoEngineWith(oneShotSha256(crypto));
