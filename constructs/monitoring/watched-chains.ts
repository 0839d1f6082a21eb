import { checkChainIds } from '../access/chain-id';
import { isUnknownAtSynth, type PropCheck } from '../validation';

/** Faults of a list of chains that are watched one by one: their number has to be known, and each is named once. */
export function checkWatchedChains(check: PropCheck, chainIds: readonly string[]): void {
  check.rule(!isUnknownAtSynth(chainIds), {
    prop: 'chainIds',
    found: 'a token for the whole list',
    allowed: 'a list whose length is known at synth; its members may be tokens',
    fix: 'list the chains, each as a variable of its own if need be',
  });
  if (isUnknownAtSynth(chainIds)) return;
  checkChainIds(check, 'chainIds', chainIds);
  const repeated = chainIds.find((id, index) => chainIds.indexOf(id) !== index);
  check.rule(repeated === undefined, {
    prop: 'chainIds',
    found: `${JSON.stringify(repeated)} twice`,
    allowed: 'each chain once',
    fix: 'remove one of the two',
  });
}
