import { createNodeCryptoEngine } from '../../../../runtime/adapters/digests/node-crypto-engine';
import { createDigestEngine, selectEngine } from '../../../../runtime/adapters/digests/select-engine';
import {
  createWasmSimdEngine,
  wasmSimdSupported,
} from '../../../../runtime/adapters/digests/wasm-simd-engine';
import type { DigestEngineFactory } from '../../../../runtime/domain/chain/digest-engine';
import { batchOf, digestsIn, expectedMacs, patterned, tupleOf } from './tuple-batches';

const KEYS = [patterned(32, 1)];

function withoutWebAssembly<T>(run: () => T): T {
  const descriptor = Object.getOwnPropertyDescriptor(globalThis, 'WebAssembly')!;
  Object.defineProperty(globalThis, 'WebAssembly', { ...descriptor, value: undefined });
  try {
    return run();
  } finally {
    Object.defineProperty(globalThis, 'WebAssembly', descriptor);
  }
}

function nameOf(factory: DigestEngineFactory): string {
  const engine = factory(KEYS);
  const tuples = [tupleOf(100, 1)];
  const macs = new Uint8Array(32);
  engine.macs(batchOf(tuples), macs);
  engine.dispose();
  expect(digestsIn(macs, 1)).toEqual(expectedMacs(tuples, KEYS, 0));
  return engine.name;
}

describe('createDigestEngine', () => {
  it('takes wasm-simd where it is supported', () => {
    expect(wasmSimdSupported()).toBe(true);
    expect(nameOf(createDigestEngine)).toBe('wasm-simd');
  });

  it('takes node-crypto in a runtime without WebAssembly', () => {
    expect(withoutWebAssembly(wasmSimdSupported)).toBe(false);
    expect(withoutWebAssembly(() => nameOf(createDigestEngine))).toBe('node-crypto');
    expect(() => withoutWebAssembly(() => createWasmSimdEngine(KEYS))).toThrow('found no WebAssembly');
  });

  it('refuses a bad key whichever engine it takes', () => {
    const create = () => createDigestEngine([new Uint8Array(16)]);
    const refusal = new RangeError('chain key of slot 0: found 16 bytes, allowed exactly 32');
    expect(create).toThrow(refusal);
    expect(() => withoutWebAssembly(create)).toThrow(refusal);
  });
});

describe('selectEngine', () => {
  it('does not start wasm-simd where it is not supported', () => {
    const wasmSimd = jest.fn(createWasmSimdEngine);
    const factory = selectEngine({
      wasmSimdSupported: () => false,
      wasmSimd,
      nodeCrypto: createNodeCryptoEngine,
    });
    expect(nameOf(factory)).toBe('node-crypto');
    expect(wasmSimd).not.toHaveBeenCalled();
  });

  it('takes node-crypto where wasm-simd is supported but does not start', () => {
    const wasmSimd = jest.fn<never, []>(() => {
      throw new RangeError(
        'WebAssembly.Instance(): Out of memory: Cannot allocate Wasm memory for new instance',
      );
    });
    const factory = selectEngine({
      wasmSimdSupported: () => true,
      wasmSimd,
      nodeCrypto: createNodeCryptoEngine,
    });
    expect(nameOf(factory)).toBe('node-crypto');
    expect(wasmSimd).toHaveBeenCalledTimes(1);
  });
});
