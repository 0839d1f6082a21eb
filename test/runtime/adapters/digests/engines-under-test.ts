import { createHash } from 'node:crypto';
import {
  createNodeCryptoEngine,
  nodeCryptoEngineWith,
} from '../../../../runtime/adapters/digests/node-crypto-engine';
import { oneShotSha256 } from '../../../../runtime/adapters/digests/one-shot-sha256';
import { createWasmSimdEngine } from '../../../../runtime/adapters/digests/wasm-simd-engine';
import type { DigestEngine, TupleBatch } from '../../../../runtime/domain/chain/digest-engine';
import { digestsIn, expectedLeaves, expectedMacs, hex, patterned, type Tuple } from './tuple-batches';

/** Three chain keys, the last of zeros. */
export const KEYS = [patterned(32, 1), patterned(32, 2), new Uint8Array(32)];
/** What a result is filled with before a call. */
export const UNTOUCHED = 0xa5;

/** Runs `macs` and `leaves` with room to spare and compares every byte of the result. */
export function expectDigests(
  engine: DigestEngine,
  tuples: readonly Tuple[],
  batch: TupleBatch,
  keys: readonly Uint8Array[] = KEYS,
): void {
  const spare = hex(new Uint8Array(32).fill(UNTOUCHED));
  const room = () => new Uint8Array((tuples.length + 1) * 32).fill(UNTOUCHED);
  const [macs, leaves, hashLeaves] = [room(), room(), room()];
  const before = Buffer.from(batch.bytes);
  engine.macs(batch, macs);
  engine.leaves(batch, leaves, false);
  engine.leaves(batch, hashLeaves, true);
  const count = tuples.length + 1;
  expect(digestsIn(macs, count)).toEqual([...expectedMacs(tuples, keys, UNTOUCHED), spare]);
  expect(digestsIn(leaves, count)).toEqual([...expectedLeaves(tuples, false), spare]);
  expect(digestsIn(hashLeaves, count)).toEqual([...expectedLeaves(tuples, true), spare]);
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
