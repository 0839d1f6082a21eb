import * as crypto from 'node:crypto';
import { nodeCryptoEngineWith } from '../../../../runtime/adapters/digests/node-crypto-engine';
import { type OneShotSha256, oneShotSha256 } from '../../../../runtime/adapters/digests/one-shot-sha256';
import type * as WasmKernel from '../../../../runtime/adapters/digests/wasm-kernel';
import { createWasmSimdEngine } from '../../../../runtime/adapters/digests/wasm-simd-engine';
import { batchOf, hashedBy, patterned, tupleOf } from './tuple-batches';

const kernels: WasmKernel.Sha256Kernel[] = [];

jest.mock('../../../../runtime/adapters/digests/wasm-kernel', () => {
  const actual = jest.requireActual<typeof WasmKernel>('../../../../runtime/adapters/digests/wasm-kernel');
  return {
    ...actual,
    instantiateKernel: () => {
      const kernel = actual.instantiateKernel();
      kernels.push(kernel);
      return kernel;
    },
  };
});

const KEYS = [patterned(32, 1), patterned(32, 2)];
const tuples = [tupleOf(300, 1), tupleOf(9_000, 2, 1), tupleOf(0, 3), tupleOf(64, 4, 1), tupleOf(65, 5)];
const batch = batchOf(tuples);
const holds = (memory: Uint8Array, bytes: Uint8Array) => Buffer.from(memory).includes(Buffer.from(bytes));
const zeros = (bytes: Uint8Array) => bytes.every((byte) => byte === 0);

describe('wasm-simd', () => {
  const lastKernel = () => kernels.at(-1)!;
  const memoryBytes = () => lastKernel().memory.buffer.byteLength;

  it('leaves nothing in its memory after dispose', () => {
    const engine = createWasmSimdEngine(KEYS);
    hashedBy(engine, batch);
    const memory = new Uint8Array(lastKernel().memory.buffer);
    expect(holds(memory, tuples[1]!.message)).toBe(true);
    engine.dispose();
    expect(memory.length).toBeGreaterThan(0);
    expect(zeros(memory)).toBe(true);
  });

  it('keeps the states of a key, not the key', () => {
    const engine = createWasmSimdEngine(KEYS);
    const memory = new Uint8Array(lastKernel().memory.buffer);
    for (const key of KEYS) {
      expect(holds(memory, key)).toBe(false);
      expect(
        holds(
          memory,
          key.map((byte) => byte ^ 0x36),
        ),
      ).toBe(false);
      expect(
        holds(
          memory,
          key.map((byte) => byte ^ 0x5c),
        ),
      ).toBe(false);
    }
    engine.dispose();
  });

  it('grows its memory with the largest batch, once, and never for smaller ones', () => {
    const engine = createWasmSimdEngine(KEYS);
    const hash = (messageBytes: number) => {
      hashedBy(engine, batchOf([tupleOf(messageBytes, 1)]));
      return memoryBytes();
    };
    expect(hash(65_536)).toBeLessThanOrEqual(2 * 1_048_576);
    const large = hash(3 * 1_048_576);
    expect(large).toBeGreaterThan(3 * 1_048_576);
    expect(large).toBeLessThanOrEqual(5 * 1_048_576);
    for (const bytes of [100, 65_536, 3 * 1_048_576, 0]) expect(hash(bytes)).toBe(large);
    engine.dispose();
  });

  it('copies no more of a batch than its tuples cover', () => {
    const engine = createWasmSimdEngine(KEYS);
    const bytes = new Uint8Array(64 * 1_048_576);
    const at = bytes.length - batch.bytes.length;
    bytes.set(batch.bytes, at);
    const shifted = (offsets: Int32Array) => offsets.map((offset) => offset + at);
    const digests = new Uint8Array(batch.count * 32);
    const expected = new Uint8Array(batch.count * 32);
    engine.digests(batch, expected);
    const before = memoryBytes();
    engine.digests(
      {
        bytes,
        count: batch.count,
        messageStart: shifted(batch.messageStart),
        messageEnd: shifted(batch.messageEnd),
      },
      digests,
    );
    expect(digests).toEqual(expected);
    expect(memoryBytes()).toBe(before);
    engine.dispose();
  });

  it('hashes a level of any size in a bounded memory', () => {
    const engine = createWasmSimdEngine([]);
    engine.nodes(new Uint8Array(8 * 1_048_576), 131_072, new Uint8Array(4 * 1_048_576));
    expect(memoryBytes()).toBeLessThanOrEqual(2 * 1_048_576);
    engine.dispose();
  });

  it('gives every engine a memory of its own', () => {
    const first = createWasmSimdEngine([KEYS[0]!]);
    const one = batchOf([tupleOf(100, 1)]);
    const { macs } = hashedBy(first, one);
    const second = createWasmSimdEngine([KEYS[1]!]);
    second.dispose();
    expect(hashedBy(first, one).macs).toEqual(macs);
    first.dispose();
  });
});

describe('node-crypto', () => {
  it('leaves no key in any buffer it hashed after dispose', () => {
    const real = oneShotSha256(crypto);
    const hashed: Uint8Array[] = [];
    const capture: OneShotSha256 = (bytes) => {
      hashed.push(bytes);
      return real(bytes);
    };
    const engine = nodeCryptoEngineWith(capture)(KEYS);
    const keyed = (): Uint8Array[] =>
      KEYS.flatMap((key) => [0x36, 0x5c].map((pad) => key.map((byte) => byte ^ pad)));
    hashedBy(engine, batch);
    engine.nodes(patterned(64, 7), 1, new Uint8Array(32));
    // A digest, two hashes for an HMAC and one for a leaf of each event, and one for the node.
    expect(hashed).toHaveLength(4 * batch.count + 1);
    const withKey = (): number =>
      hashed.filter((bytes) => keyed().some((padded) => holds(bytes, padded))).length;
    expect(withKey()).toBe(2 * batch.count);
    engine.dispose();
    expect(withKey()).toBe(0);
  });
});
