import { PAGE_BYTES, type Sha256Kernel } from './wasm-kernel';

/** There is no memory for a batch, for example under a limit of address space: nothing was computed. */
export class KernelMemoryError extends Error {
  constructor(bytes: number, cause: unknown) {
    super(`WebAssembly memory cannot grow by ${bytes} bytes`, { cause });
    this.name = 'KernelMemoryError';
  }
}

/**
 * Grows the memory of a kernel.
 * @throws KernelMemoryError when the machine, or a limit of it, does not give that much
 */
export function growMemory({ memory }: Sha256Kernel, pages: number): void {
  try {
    memory.grow(pages);
  } catch (error) {
    throw new KernelMemoryError(pages * PAGE_BYTES, error);
  }
}
