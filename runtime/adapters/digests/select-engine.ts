import type { DigestEngine, DigestEngineFactory } from '../../domain/chain/digest-engine';
import { createNodeCryptoEngine } from './node-crypto-engine';
import { createWasmSimdEngine, wasmSimdSupported } from './wasm-simd-engine';

/** The implementations to choose from. */
export interface EngineChoices {
  readonly wasmSimdSupported: () => boolean;
  readonly wasmSimd: DigestEngineFactory;
  readonly nodeCrypto: DigestEngineFactory;
}

/** A factory that prefers `wasm-simd` and takes `node-crypto` where the former is not supported or does not start. */
export function selectEngine(choices: EngineChoices): DigestEngineFactory {
  return (chainKeys): DigestEngine => {
    if (!choices.wasmSimdSupported()) return choices.nodeCrypto(chainKeys);
    try {
      return choices.wasmSimd(chainKeys);
    } catch {
      // WebAssembly did not start, for example under a limit of address space. A bad key is refused once more.
      return choices.nodeCrypto(chainKeys);
    }
  };
}

/**
 * The fastest engine that this machine and this Node can run.
 * @throws RangeError when a chain key is not 32 bytes
 */
export const createDigestEngine: DigestEngineFactory = selectEngine({
  wasmSimdSupported,
  wasmSimd: createWasmSimdEngine,
  nodeCrypto: createNodeCryptoEngine,
});
