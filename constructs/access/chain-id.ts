import { CHAIN_ID_RULE, isChainId } from '../../runtime/contract/chain-id';
import type { PropCheck, TextRule } from '../validation';

/** The runtime's rule for chain ids. */
export const CHAIN_ID: TextRule = { test: isChainId, allowed: CHAIN_ID_RULE };

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
