import type { ChainLayout } from './columns';
import { formatColumnList } from './column-list';
import { chainKey } from './event-hash';

/** Where secrets come from; null-safe look-up by key id. */
export interface SecretRing {
  readonly ids: readonly string[];
  secretFor(id: string): Uint8Array | undefined;
}

/** The chain keys of a ring, in the order of their slots. */
export interface ChainKeys {
  readonly ids: readonly string[];
  readonly keys: readonly Uint8Array[];
}

/** No keys: contents of a foreign chain are not recomputed. */
export const NO_CHAIN_KEYS: ChainKeys = { ids: [], keys: [] };

/** Overwrites the keys with zeros, which no engine takes for keys. */
export function wipeChainKeys({ keys }: ChainKeys): void {
  for (const key of keys) key.fill(0);
}

/** Derives the chain key of every secret once, for one chain and its columns. */
export function deriveChainKeys(ring: SecretRing, chainId: string, layout: ChainLayout): ChainKeys {
  const columnList = formatColumnList(layout.columns);
  const known = ring.ids.flatMap((id) => {
    const secret = ring.secretFor(id);
    return secret ? [{ id, key: chainKey(secret, chainId, columnList) }] : [];
  });
  return { ids: known.map(({ id }) => id), keys: known.map(({ key }) => key) };
}
