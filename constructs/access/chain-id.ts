import type { PropCheck, TextRule } from '../validation';

/** Characters that keys of anchors leave for a chain's id. */
export const LONGEST_CHAIN_ID = 900;

/** The runtime's rule for chain ids. It has no wildcard characters, so an id is safe inside a policy. */
export const CHAIN_ID: TextRule = {
  test: (id) =>
    id.length <= LONGEST_CHAIN_ID &&
    /^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/.test(id) &&
    !id.split('/').some((part) => part === '.' || part === '..'),
  allowed: `letters, digits, ".", "_", "-" in parts joined by "/" (no part "." or ".."), at most ${LONGEST_CHAIN_ID} characters`,
};

export const CHAIN_ID_FIX = 'give the value of AUDIT_ANCHOR_CHAIN_ID, without a slash at its end';

/** Records faults of a list of chains, which has to have at least one. */
export function checkChainIds(check: PropCheck, prop: string, chainIds: readonly string[] | undefined): void {
  check.list(prop, chainIds, CHAIN_ID, CHAIN_ID_FIX);
  check.rule(chainIds === undefined || chainIds.length > 0, {
    prop,
    found: 'an empty list',
    allowed: 'at least one chain',
    fix: CHAIN_ID_FIX,
  });
}
