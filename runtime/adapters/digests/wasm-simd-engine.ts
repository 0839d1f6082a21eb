import type { ChainLayout } from '../../domain/chain/columns';
import type { DigestEngine, DigestEngineFactory, MessageBatch } from '../../domain/chain/digest-engine';
import { LEAF_HASH_BYTES } from '../../domain/chain/event-hash';
import { DIGEST_BYTES } from '../../domain/digests';
import { type BatchExtent, messageExtent, requireHeads, requirePairs, requireSlots } from './batch-bounds';
import { engineDisposed, requireChainKeys } from './chain-keys';
import { growMemory } from './kernel-memory';
import {
  KEY_STATE_BYTES,
  OVERREAD_BYTES,
  PAGE_BYTES,
  type Sha256Kernel,
  instantiateKernel,
} from './wasm-kernel';
import { WasmScanKernel } from './wasm-scan-kernel';

export { wasmSimdSupported } from './wasm-kernel';

const WORD_BYTES = 4;
/** Regions of the memory start at multiples of a vector. */
const ALIGNMENT = 16;
/** Pages the memory grows by: 1 MiB, so that a run of ever larger batches does not grow it each time. */
const GROWTH_PAGES = 16;
/** Pairs per pass over the children: a level of any size needs 384 KiB of memory. */
const PAIRS_PER_PASS = 4_096;

function aligned(address: number): number {
  return Math.ceil(address / ALIGNMENT) * ALIGNMENT;
}

class WasmSimdEngine implements DigestEngine {
  readonly name = 'wasm-simd';
  private kernel: Sha256Kernel | undefined;
  private readonly keyCount: number;
  private readonly keyStates: number;
  /** First address behind the keys: every call lays out its regions from here. */
  private readonly workBase: number;
  private readonly scans: WasmScanKernel[] = [];

  constructor(chainKeys: readonly Uint8Array[]) {
    requireChainKeys(chainKeys);
    const kernel = instantiateKernel();
    this.kernel = kernel;
    this.keyCount = chainKeys.length;
    this.keyStates = aligned(kernel.heapBase.value);
    this.workBase = this.keyStates + KEY_STATE_BYTES * chainKeys.length;
    chainKeys.forEach((key, slot) => {
      const [at] = this.reserve(kernel, key.length);
      const copy = new Uint8Array(kernel.memory.buffer, at, key.length);
      copy.set(key);
      kernel.prepareKey(at, this.keyStates + KEY_STATE_BYTES * slot);
      copy.fill(0);
    });
  }

  digests(batch: MessageBatch, digests: Uint8Array): void {
    const kernel = this.usableKernel();
    const { count, messageStart, messageEnd } = batch;
    const extent = messageExtent(batch, digests);
    if (count === 0) return;
    const words = count * WORD_BYTES;
    const length = Math.max(0, extent.end - extent.start) + OVERREAD_BYTES;
    const [starts, ends, order, out, bytes] = this.reserve(
      kernel,
      words,
      words,
      words,
      count * DIGEST_BYTES,
      length,
    );
    const { buffer } = kernel.memory;
    const origin = copyBytes(buffer, bytes, batch.bytes, extent);
    copyWords(buffer, starts, messageStart, count);
    copyWords(buffer, ends, messageEnd, count);
    kernel.digests(origin, starts, ends, count, order, out);
    digests.set(new Uint8Array(buffer, out, count * DIGEST_BYTES));
  }

  macs(digests: Uint8Array, keySlot: Int32Array, count: number, macs: Uint8Array): void {
    const kernel = this.usableKernel();
    const active = requireSlots(digests, keySlot, count, this.keyCount, macs);
    if (active === 0) return;
    const size = count * DIGEST_BYTES;
    const [slots, out, at] = this.reserve(kernel, count * WORD_BYTES, size, size);
    const { buffer } = kernel.memory;
    const result = new Uint8Array(buffer, out, size);
    // The result comes back as a whole, so what must stay untouched has to make the way there and back.
    if (active < count) result.set(macs.subarray(0, size));
    copyBytes(buffer, at, digests, { start: 0, end: size });
    copyWords(buffer, slots, keySlot, count);
    kernel.macs(at, slots, count, this.keyStates, out);
    macs.set(result);
  }

  leaves(digests: Uint8Array, hashHeads: Uint8Array, count: number, leaves: Uint8Array): void {
    const kernel = this.usableKernel();
    requireHeads(digests, hashHeads, count, leaves);
    if (count === 0) return;
    const size = count * DIGEST_BYTES;
    const [out, at, heads] = this.reserve(kernel, size, size, count * LEAF_HASH_BYTES);
    const { buffer } = kernel.memory;
    copyBytes(buffer, at, digests, { start: 0, end: size });
    copyBytes(buffer, heads, hashHeads, { start: 0, end: count * LEAF_HASH_BYTES });
    kernel.leaves(at, heads, count, out);
    leaves.set(new Uint8Array(buffer, out, size));
  }

  nodes(children: Uint8Array, pairs: number, parents: Uint8Array): void {
    const kernel = this.usableKernel();
    requirePairs(children, pairs, parents);
    const largestPass = Math.min(pairs, PAIRS_PER_PASS);
    const [out, at] = this.reserve(kernel, largestPass * DIGEST_BYTES, largestPass * 2 * DIGEST_BYTES);
    const { buffer } = kernel.memory;
    for (let done = 0; done < pairs; done += largestPass) {
      const count = Math.min(pairs - done, largestPass);
      const start = done * 2 * DIGEST_BYTES;
      copyBytes(buffer, at, children, { start, end: start + count * 2 * DIGEST_BYTES });
      kernel.nodes(at, count, out);
      parents.set(new Uint8Array(buffer, out, count * DIGEST_BYTES), done * DIGEST_BYTES);
    }
  }

  scanKernel(layout: ChainLayout, keyIds: readonly string[]): WasmScanKernel | null {
    const { memory } = this.usableKernel();
    // Nothing is hashed of a foreign chain; and each id has to stand for one key.
    const fits = keyIds.length === this.keyCount && new Set(keyIds).size === keyIds.length;
    if (layout.format !== 'v1' || !fits) return null;
    const keyStates = new Uint8Array(memory.buffer, this.keyStates, KEY_STATE_BYTES * this.keyCount);
    try {
      const scan = new WasmScanKernel(layout, keyIds, keyStates);
      this.scans.push(scan);
      return scan;
    } catch {
      // No address space for one more memory, for example under a limit: batches go through this one.
      return null;
    }
  }

  dispose(): void {
    if (this.kernel === undefined) return;
    for (const scan of this.scans) scan.dispose();
    new Uint8Array(this.kernel.memory.buffer).fill(0);
    this.kernel = undefined;
  }

  private usableKernel(): Sha256Kernel {
    if (this.kernel === undefined) throw engineDisposed(this.name);
    return this.kernel;
  }

  /** Lays regions of the given sizes behind the keys, growing the memory when it is too small; their addresses. */
  private reserve<const Sizes extends readonly number[]>(
    kernel: Sha256Kernel,
    ...sizes: Sizes
  ): { -readonly [Region in keyof Sizes]: number } {
    let next = this.workBase;
    const addresses = sizes.map((size) => {
      const address = next;
      next = aligned(next + size);
      return address;
    });
    const missingPages = Math.ceil((next - kernel.memory.buffer.byteLength) / PAGE_BYTES);
    if (missingPages > 0) growMemory(kernel, Math.ceil(missingPages / GROWTH_PAGES) * GROWTH_PAGES);
    return addresses as { -readonly [Region in keyof Sizes]: number };
  }
}

/** Copies a range of `bytes` to an address; gives the address that offset 0 of `bytes` would then have. */
function copyBytes(memory: ArrayBuffer, address: number, bytes: Uint8Array, range: BatchExtent): number {
  new Uint8Array(memory, address).set(bytes.subarray(range.start, range.end));
  return address - range.start;
}

function copyWords(memory: ArrayBuffer, address: number, words: Int32Array, count: number): void {
  new Int32Array(memory, address, count).set(words.subarray(0, count));
}

/**
 * The fast engine: four messages at a time in WebAssembly SIMD. Its memory grows with the largest batch and is freed
 * with the engine; a batch that there is no memory for is a `KernelMemoryError` of the call.
 * @throws RangeError when a chain key is not 32 bytes
 * @throws Error when WebAssembly is missing or has no address space left, see `wasmSimdSupported`
 */
export const createWasmSimdEngine: DigestEngineFactory = (chainKeys) => new WasmSimdEngine(chainKeys);
