import { ENV } from '../contract';
import { formatColumnList } from '../domain/chain/column-list';
import type { ChainLayout } from '../domain/chain/columns';
import { ConfigError } from '../errors';
import type { KnownAnchor } from '../domain/anchor/known-anchor';

/**
 * What is wrong when settings are not those of the chain: all its anchors have one format, and those of a `v1` chain one
 * column list, which its hashes are bound to.
 * @param newest null when there is no anchor yet
 * @returns `CONFIG_INVALID` naming the setting and the anchor; null when nothing is
 */
export function otherChain(newest: KnownAnchor | null, layout: ChainLayout): ConfigError | null {
  if (!newest) return null;
  const { chainFormat, columns, key } = newest;
  if (chainFormat !== null && chainFormat !== layout.format) {
    return differs(ENV.chainFormat, layout.format, chainFormat, key);
  }
  const list = layout.format === 'v1' ? formatColumnList(layout.columns) : null;
  return list !== null && columns !== null && columns !== list
    ? differs(ENV.eventsColumns, list, columns, key)
    : null;
}

/** @throws ConfigError of `otherChain` */
export function requireSameChain(newest: KnownAnchor | null, layout: ChainLayout): void {
  const other = otherChain(newest, layout);
  if (other) throw other;
}

function differs(setting: string, found: string, expected: string, key: string): ConfigError {
  const allowed = `${expected}, as the newest anchor says (${key})`;
  return new ConfigError('CONFIG_INVALID', `${setting} is ${found}; expected ${allowed}`, {
    faults: [{ setting, found, allowed }],
    hint: `Set ${setting} to that value, or give another chain another ${ENV.chainId}.`,
  });
}
