import type { NodeHasher } from '../merkle/node-hasher';
import type { ChainLayout } from './columns';
import type { ScanKernel } from './scan-kernel';

/** Complete tuples of a COPY stream, as slices of one buffer, ready to be hashed. */
export interface TupleBatch {
  /** The buffer that every offset below points into. */
  readonly bytes: Uint8Array;
  /** Number of tuples. */
  readonly count: number;
  /** Start of each message (the first length word after the field count). */
  readonly messageStart: Int32Array;
  /** End (exclusive) of each message: start of the length word of `event_hash`. */
  readonly messageEnd: Int32Array;
  /** Start of the 32 bytes of each `event_hash`. */
  readonly hashStart: Int32Array;
  /** Index into the engine's chain keys, or -1: no MAC is computed for that tuple. */
  readonly keySlot: Int32Array;
}

/**
 * The arithmetic of verification, in batches so that it can be vectorised. Two implementations give the same
 * bytes: `node-crypto` runs everywhere, `wasm-simd` is several times faster.
 */
export interface DigestEngine extends NodeHasher {
  readonly name: 'node-crypto' | 'wasm-simd';
  /** HMAC-SHA256 of each message under its chain key: 32 bytes a tuple into `macs` (untouched where the slot is -1). */
  macs(batch: TupleBatch, macs: Uint8Array): void;
  /**
   * Merkle leaves, 32 bytes a tuple into `leaves`: SHA-256(0x00 || event_hash || message), or with
   * `hashOnly` SHA-256(0x00 || event_hash) (foreign chains).
   */
  leaves(batch: TupleBatch, leaves: Uint8Array, hashOnly: boolean): void;
  /**
   * A clean path for chains of this layout; null where the engine has none for it.
   * @param keyIds in the order of the engine's slots
   */
  scanKernel(layout: ChainLayout, keyIds: readonly string[]): ScanKernel | null;
  /** Wipes key material; the engine and its kernels cannot be used afterwards. */
  dispose(): void;
}

/** Makes an engine for the given 32-byte chain keys; a tuple's `keySlot` is an index into this list. */
export type DigestEngineFactory = (chainKeys: readonly Uint8Array[]) => DigestEngine;
