import { anchorLines } from './anchor-lines';
import { checkCostSettings } from './check-settings';
import { computeLines } from './compute-lines';
import { encryptionLines } from './encryption-lines';
import { FreeTier } from './free-tier';
import type { Bill, CostGroup, CostLine } from './line';
import { COST_GROUPS } from './line';
import { monitoringLines } from './monitoring-lines';
import { networkLines } from './network-lines';
import type { Prices } from './prices';
import { LIST_PRICES } from './prices';
import { recordLines } from './record-lines';
import { replicaLines } from './replica-lines';
import type { CostSettings } from './settings';
import { workloadOf } from './workload';

/** Lines of one group, at least one, and their sum. */
export interface CostSection {
  readonly group: CostGroup;
  readonly title: string;
  readonly lines: readonly CostLine[];
  /** US dollars in a year, not rounded. */
  readonly usd: number;
}

/** A bill for one year, in US dollars. Nothing in it is rounded; whoever prints it does that. */
export interface YearlyCost {
  readonly sections: readonly CostSection[];
  readonly usd: number;
}

/** What no line counts, because it depends on what else the account does. */
export const NOT_INCLUDED =
  'Not included: the database and the reading of it, traffic between availability zones, notifications of SNS, files of a CloudTrail trail, support, taxes, discounts.';

/** Groups lines and sums them up. */
export function billOf(lines: readonly CostLine[]): YearlyCost {
  const sections = (Object.keys(COST_GROUPS) as CostGroup[])
    .map((group) => ({ group, lines: lines.filter((line) => line.group === group) }))
    .filter((section) => section.lines.length > 0)
    .map((section) => ({ ...section, title: COST_GROUPS[section.group], usd: sumOf(section.lines) }));
  return { sections, usd: sumOf(sections) };
}

export function sumOf(parts: readonly { readonly usd: number }[]): number {
  return parts.reduce((sum, { usd }) => sum + usd, 0);
}

/**
 * What a year of anchoring and verification costs on AWS, line by line.
 * @param prices US dollars; the list prices of us-east-1 when absent
 * @throws ConfigError `CONFIG_INVALID` with every setting that is out of its range
 */
export function yearlyCost(settings: CostSettings, prices: Prices = LIST_PRICES): YearlyCost {
  checkCostSettings(settings);
  const bill: Bill = { settings, work: workloadOf(settings), prices, free: new FreeTier(settings.freeTier) };
  // In this order the free tier goes to the chain's own parts before the replica's.
  return billOf([
    ...anchorLines(bill),
    ...encryptionLines(bill),
    ...computeLines(bill),
    ...monitoringLines(bill),
    ...networkLines(bill),
    ...replicaLines(bill),
    ...recordLines(bill),
  ]);
}
