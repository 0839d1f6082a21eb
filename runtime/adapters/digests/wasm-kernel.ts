import { SHA256_SIMD_WASM } from './sha256-simd.wasm';

/** The part of the WebAssembly JavaScript interface used here; Node's type definitions have none of it. */
interface WebAssemblyApi {
  validate(bytes: Uint8Array): boolean;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { readonly exports: unknown };
}

/** The exports of `assembly/sha256-simd.ts`. Addresses and counts are unsigned 32-bit integers. */
export interface Sha256Kernel {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  /** First address that the caller may use. */
  readonly heapBase: { readonly value: number };
  prepareKey(key: number, states: number): void;
  digests(origin: number, starts: number, ends: number, count: number, order: number, out: number): void;
  macs(digests: number, slots: number, count: number, keys: number, out: number): void;
  leaves(digests: number, hashes: number, count: number, out: number): void;
  nodes(children: number, count: number, out: number): void;
  scanTuples(
    plan: number,
    at: number,
    end: number,
    first: number,
    before: number,
    withLeaves: boolean,
  ): number;
}

/** Bytes of a page of WebAssembly memory. */
export const PAGE_BYTES = 65_536;
/** Bytes that the kernel keeps of a prepared key. */
export const KEY_STATE_BYTES = 64;
/** Bytes beyond the end of a message that the kernel may read, without an influence on any result. */
export const OVERREAD_BYTES = 64;

let compiled: object | undefined;

/** Absent where Node runs without a compiler (`--jitless`). */
function webAssembly(): WebAssemblyApi | undefined {
  return (globalThis as { readonly WebAssembly?: WebAssemblyApi }).WebAssembly;
}

/** True when this machine and this Node have WebAssembly SIMD; the kernel itself is the probe. */
export function wasmSimdSupported(): boolean {
  return webAssembly()?.validate(Buffer.from(SHA256_SIMD_WASM, 'base64')) === true;
}

/**
 * A kernel with a memory of its own. The module is compiled once in a process.
 * @throws Error when there is no WebAssembly, or no address space for one more memory
 */
export function instantiateKernel(): Sha256Kernel {
  const api = webAssembly();
  if (api === undefined) throw new Error('found no WebAssembly in this runtime');
  compiled ??= new api.Module(Buffer.from(SHA256_SIMD_WASM, 'base64'));
  return new api.Instance(compiled).exports as Sha256Kernel;
}
