import type { NodeHasher } from '../merkle/node-hasher';
import type { ChainLayout } from './columns';
import type { ScanKernel } from './scan-kernel';

/** Messages of complete tuples of a COPY stream, as slices of one buffer. */
export interface MessageBatch {
  /** The buffer that every offset below points into. */
  readonly bytes: Uint8Array;
  /** Number of messages. */
  readonly count: number;
  /** Start of each message (the length word of the first column). */
  readonly messageStart: Int32Array;
  /** End (exclusive) of each message. */
  readonly messageEnd: Int32Array;
}

/**
 * The arithmetic of verification, in batches so that it can be vectorised. Two implementations give the same
 * bytes: `node-crypto` runs everywhere, `wasm-simd` is several times faster.
 */
export interface DigestEngine extends NodeHasher {
  readonly name: 'node-crypto' | 'wasm-simd';
  /** SHA-256 of each message, 32 bytes a message into `digests`. */
  digests(batch: MessageBatch, digests: Uint8Array): void;
  /**
   * HMAC-SHA256 of each digest, 32 bytes an event into `macs`.
   * @param keySlot index into the engine's chain keys for each event; where it is -1, `macs` stays as it is
   */
  macs(digests: Uint8Array, keySlot: Int32Array, count: number, macs: Uint8Array): void;
  /**
   * Merkle leaves, 32 bytes an event into `leaves`: SHA-256(0x00 || digest || first 16 bytes of the event hash).
   * @param hashHeads these 16 bytes of each event
   */
  leaves(digests: Uint8Array, hashHeads: Uint8Array, count: number, leaves: Uint8Array): void;
  /**
   * A clean path for chains of this layout; null where the engine has none for it.
   * @param keyIds in the order of the engine's slots
   */
  scanKernel(layout: ChainLayout, keyIds: readonly string[]): ScanKernel | null;
  /** Wipes key material; the engine and its kernels cannot be used afterwards. */
  dispose(): void;
}

/** Makes an engine for the given 32-byte chain keys; a `keySlot` is an index into this list. */
export type DigestEngineFactory = (chainKeys: readonly Uint8Array[]) => DigestEngine;
