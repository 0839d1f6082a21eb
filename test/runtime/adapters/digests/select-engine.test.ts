import { createNodeCryptoEngine } from '../../../../runtime/adapters/digests/node-crypto-engine';
import { createDigestEngine, selectEngine } from '../../../../runtime/adapters/digests/select-engine';
import {
  createWasmSimdEngine,
  wasmSimdSupported,
} from '../../../../runtime/adapters/digests/wasm-simd-engine';
import type { DigestEngineFactory } from '../../../../runtime/domain/chain/digest-engine';
import {
  batchOf,
  digestsIn,
  expectedDigests,
  expectedLeaves,
  expectedMacs,
  hashedBy,
  patterned,
  tupleOf,
} from './tuple-batches';

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
  const { macs } = hashedBy(engine, batchOf(tuples));
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

describe('a wiped key', () => {
  it('is refused: with zeros a sound chain would look forged', () => {
    const refusal = 'chain key of slot 1: found it wiped, allowed is a key that is still in use';
    expect(() => createDigestEngine([patterned(32, 1), new Uint8Array(32)])).toThrow(refusal);
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

describe('a batch that there is no memory for', () => {
  const tuples = [tupleOf(3 * 1_048_576, 1), tupleOf(100, 2)];
  const batch = batchOf(tuples);

  function withoutMemory<T>(run: (grow: jest.SpyInstance) => T): T {
    interface Memory {
      grow(pages: number): number;
    }
    const api = (globalThis as unknown as { WebAssembly: { Memory: { prototype: Memory } } }).WebAssembly;
    const grow = jest.spyOn(api.Memory.prototype, 'grow').mockImplementation(() => {
      throw new RangeError('WebAssembly.Memory.grow(): Unable to grow instance memory');
    });
    try {
      return run(grow);
    } finally {
      grow.mockRestore();
    }
  }

  it('is hashed by node-crypto, and so is everything behind it', () => {
    const engine = createDigestEngine(KEYS);
    withoutMemory((grow) => {
      expect(digestsIn(hashedBy(engine, batch).digests, 2)).toEqual(expectedDigests(tuples));
      expect(grow).toHaveBeenCalledTimes(1);
      expect(engine.name).toBe('node-crypto');
      expect(digestsIn(hashedBy(engine, batch).macs, 2)).toEqual(expectedMacs(tuples, KEYS, 0));
      expect(grow).toHaveBeenCalledTimes(1);
    });
    expect(digestsIn(hashedBy(engine, batch).leaves, 2)).toEqual(expectedLeaves(tuples));
    expect(engine.name).toBe('node-crypto');
    engine.dispose();
    expect(() => hashedBy(engine, batch)).toThrow('disposed');
  });

  it('is no defect of a caller, and a defect of a caller is no lack of memory', () => {
    const engine = createDigestEngine(KEYS);
    expect(() => engine.digests(batch, new Uint8Array(1))).toThrow(RangeError);
    expect(engine.name).toBe('wasm-simd');
    engine.dispose();
  });
});
