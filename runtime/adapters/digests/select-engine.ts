import type { DigestEngine, DigestEngineFactory } from '../../domain/chain/digest-engine';
import { requireUnwiped } from './chain-keys';
import { FallbackEngine } from './fallback-engine';
import { createNodeCryptoEngine } from './node-crypto-engine';
import { createWasmSimdEngine, wasmSimdSupported } from './wasm-simd-engine';

/** The implementations to choose from. */
export interface EngineChoices {
  readonly wasmSimdSupported: () => boolean;
  readonly wasmSimd: DigestEngineFactory;
  readonly nodeCrypto: DigestEngineFactory;
}

/**
 * A factory that prefers `wasm-simd` and takes `node-crypto` where the former is not supported, does not start or
 * comes to want more memory than there is. The chain keys have to last as long as the engine.
 */
export function selectEngine(choices: EngineChoices): DigestEngineFactory {
  return (chainKeys): DigestEngine => {
    requireUnwiped(chainKeys);
    if (!choices.wasmSimdSupported()) return choices.nodeCrypto(chainKeys);
    try {
      return new FallbackEngine(choices.wasmSimd(chainKeys), () => choices.nodeCrypto(chainKeys));
    } catch {
      // WebAssembly did not start, for example under a limit of address space. A bad key is refused once more.
      return choices.nodeCrypto(chainKeys);
    }
  };
}

/**
 * The fastest engine that this machine and this Node can run.
 * @throws RangeError when a chain key is not 32 bytes; Error when it was wiped
 */
export const createDigestEngine: DigestEngineFactory = selectEngine({
  wasmSimdSupported,
  wasmSimd: createWasmSimdEngine,
  nodeCrypto: createNodeCryptoEngine,
});
