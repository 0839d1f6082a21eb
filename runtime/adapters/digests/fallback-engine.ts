import type { ChainLayout } from '../../domain/chain/columns';
import type { DigestEngine, MessageBatch } from '../../domain/chain/digest-engine';
import type { ScanKernel } from '../../domain/chain/scan-kernel';
import { KernelMemoryError } from './kernel-memory';

/** The fast engine for as long as it has the memory, then one that needs none. Both give the same bytes. */
export class FallbackEngine implements DigestEngine {
  private inUse: DigestEngine;

  /** @param createFallback called once at most, and not after `dispose` */
  constructor(
    private readonly fast: DigestEngine,
    private readonly createFallback: () => DigestEngine,
  ) {
    this.inUse = fast;
  }

  get name(): DigestEngine['name'] {
    return this.inUse.name;
  }

  digests(batch: MessageBatch, digests: Uint8Array): void {
    this.compute((engine) => engine.digests(batch, digests));
  }

  macs(digests: Uint8Array, keySlot: Int32Array, count: number, macs: Uint8Array): void {
    this.compute((engine) => engine.macs(digests, keySlot, count, macs));
  }

  leaves(digests: Uint8Array, hashHeads: Uint8Array, count: number, leaves: Uint8Array): void {
    this.compute((engine) => engine.leaves(digests, hashHeads, count, leaves));
  }

  nodes(children: Uint8Array, pairs: number, parents: Uint8Array): void {
    this.compute((engine) => engine.nodes(children, pairs, parents));
  }

  /** Of the fast engine, also later: a kernel has a memory of its own, which it has already. */
  scanKernel(layout: ChainLayout, keyIds: readonly string[]): ScanKernel | null {
    return this.fast.scanKernel(layout, keyIds);
  }

  dispose(): void {
    this.fast.dispose();
    if (this.inUse !== this.fast) this.inUse.dispose();
  }

  private compute(call: (engine: DigestEngine) => void): void {
    try {
      call(this.inUse);
    } catch (error) {
      if (!(error instanceof KernelMemoryError)) throw error;
      this.inUse = this.createFallback();
      call(this.inUse);
    }
  }
}
