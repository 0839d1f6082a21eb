import { CHAIN_ID_RULE, isChainId } from '../../contract/chain-id';
import { ConfigError } from '../../errors';

const TAIL =
  /^(\d{4})\/(\d{2})\/(\d{2})\/(\d{2})\/anchor-(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z\.json$/;

/**
 * Refuses a chain id before anything is written under it.
 * @throws ConfigError `CONFIG_INVALID`
 */
export function requireChainId(chainId: string): void {
  if (isChainId(chainId)) return;
  const fault = { setting: 'chainId', found: JSON.stringify(chainId), allowed: CHAIN_ID_RULE };
  throw new ConfigError('CONFIG_INVALID', `chainId is ${fault.found}; expected ${CHAIN_ID_RULE}`, {
    faults: [fault],
  });
}

/** Everything of a chain sorts below this prefix. A longer chain id may share it: see `classifyKey`. */
export function chainPrefix(chainId: string): string {
  return `${chainId}/`;
}

/** `chain/YYYY/MM/DD/HH/`, the folder of one hour. */
export function hourPrefix(chainId: string, seconds: number): string {
  const iso = new Date(seconds * 1000).toISOString();
  return `${chainPrefix(chainId)}${iso.slice(0, 4)}/${iso.slice(5, 7)}/${iso.slice(8, 10)}/${iso.slice(11, 13)}/`;
}

/**
 * Key of the anchor written at `seconds`.
 * @param seconds whole seconds since 1970-01-01T00:00:00Z, the anchor's `ts_utc`
 */
export function anchorKey(chainId: string, seconds: number): string {
  const compact = new Date(seconds * 1000).toISOString().slice(0, 19).replace(/[-:]/g, '');
  return `${hourPrefix(chainId, seconds)}anchor-${compact}Z.json`;
}

function parseTail(tail: string): number | null {
  const match = TAIL.exec(tail);
  if (!match) return null;
  const [, y, mo, d, h, ...name] = match;
  if (`${y}${mo}${d}${h}` !== name.slice(0, 4).join('')) return null;
  const seconds =
    Date.UTC(Number(y), Number(mo) - 1, Number(d), Number(h), Number(name[4]), Number(name[5])) / 1000;
  // The calendar must agree: Date.UTC turns month 13 or second 60 into a later time.
  return anchorKey('x', seconds) === `x/${tail}` ? seconds : null;
}

/** Seconds since the epoch that an anchor key of this chain names, or null when it is no such key. */
export function parseAnchorKey(chainId: string, key: string): number | null {
  const prefix = chainPrefix(chainId);
  return key.startsWith(prefix) ? parseTail(key.slice(prefix.length)) : null;
}

/**
 * What a key below a chain's prefix is.
 * - `anchor`: of this chain
 * - `other-chain`: an anchor of a chain whose id begins with this one's (`prod` and `prod/eu`)
 * - `foreign`: anything else, which has no business there
 */
export type KeyClass =
  | { readonly kind: 'anchor'; readonly seconds: number }
  | { readonly kind: 'other-chain'; readonly chainId: string }
  | { readonly kind: 'foreign' };

const PATH_PARTS_OF_ANCHOR = 5;

export function classifyKey(chainId: string, key: string): KeyClass {
  const seconds = parseAnchorKey(chainId, key);
  if (seconds !== null) return { kind: 'anchor', seconds };
  const parts = key.split('/');
  const owner = parts.slice(0, -PATH_PARTS_OF_ANCHOR).join('/');
  const nested = owner.startsWith(chainPrefix(chainId)) && isChainId(owner);
  return nested && parseAnchorKey(owner, key) !== null
    ? { kind: 'other-chain', chainId: owner }
    : { kind: 'foreign' };
}
