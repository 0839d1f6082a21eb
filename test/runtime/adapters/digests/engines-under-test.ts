import { createHash } from 'node:crypto';
import {
  createNodeCryptoEngine,
  nodeCryptoEngineWith,
} from '../../../../runtime/adapters/digests/node-crypto-engine';
import { oneShotSha256 } from '../../../../runtime/adapters/digests/one-shot-sha256';
import { createWasmSimdEngine } from '../../../../runtime/adapters/digests/wasm-simd-engine';
import type { DigestEngine } from '../../../../runtime/domain/chain/digest-engine';
import {
  digestsIn,
  expectedDigests,
  expectedLeaves,
  expectedMacs,
  hashedBy,
  hex,
  patterned,
  type TestBatch,
  type Tuple,
} from './tuple-batches';

/** Three chain keys, the last of zeros. */
export const KEYS = [patterned(32, 1), patterned(32, 2), new Uint8Array(32)];
/** What a result is filled with before a call. */
export const UNTOUCHED = 0xa5;

/** Runs everything with room to spare and compares every byte of the results. */
export function expectDigests(
  engine: DigestEngine,
  tuples: readonly Tuple[],
  batch: TestBatch,
  keys: readonly Uint8Array[] = KEYS,
): void {
  const spare = hex(new Uint8Array(32).fill(UNTOUCHED));
  const before = Buffer.from(batch.bytes);
  const { digests, macs, leaves } = hashedBy(engine, batch, UNTOUCHED, 32);
  const count = tuples.length + 1;
  expect(digestsIn(digests, count)).toEqual([...expectedDigests(tuples), spare]);
  expect(digestsIn(macs, count)).toEqual([...expectedMacs(tuples, keys, UNTOUCHED), spare]);
  expect(digestsIn(leaves, count)).toEqual([...expectedLeaves(tuples), spare]);
  expect(before.equals(batch.bytes)).toBe(true);
}

/** Every implementation, and the fallback inside of one. */
export const ENGINES = [
  { title: 'node-crypto', name: 'node-crypto', create: createNodeCryptoEngine },
  {
    title: 'node-crypto without crypto.hash',
    name: 'node-crypto',
    create: nodeCryptoEngineWith(oneShotSha256({ createHash })),
  },
  { title: 'wasm-simd', name: 'wasm-simd', create: createWasmSimdEngine },
] as const;
