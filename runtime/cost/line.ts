import { formatCount } from '../terminal/duration';
import type { FreeTier } from './free-tier';
import type { PriceName, Prices } from './prices';
import { PRICE_TABLE } from './prices';
import type { CostSettings } from './settings';
import type { Workload } from './workload';

/** Parts of the bill, in the order of the table. */
export const COST_GROUPS = {
  anchors: 'Anchors in S3',
  encryption: 'Encryption',
  compute: 'Compute and secrets',
  monitoring: 'Monitoring',
  network: 'Network path',
  replica: 'Replica in another Region',
  records: 'Access logs and trail',
} as const;
/** A group of lines of the bill. */
export type CostGroup = keyof typeof COST_GROUPS;

/** One line of the yearly bill: `usd` is `quantity` times `unitPrice`. */
export interface CostLine {
  /** Stable name: group, dot, what. */
  readonly id: string;
  readonly group: CostGroup;
  /** For people. */
  readonly title: string;
  /** In a year, in units of the price, after the free tier. */
  readonly quantity: number;
  readonly unit: string;
  /** US dollars. */
  readonly unitPrice: number;
  /** US dollars in a year, not rounded. */
  readonly usd: number;
  /** Where the quantity comes from, in words. */
  readonly formula: string;
}

/** What every part of the bill is computed from. */
export interface Bill {
  readonly settings: CostSettings;
  readonly work: Workload;
  readonly prices: Prices;
  readonly free: FreeTier;
}

/** One line, priced. */
export function priced(
  prices: Prices,
  name: PriceName,
  line: {
    readonly id: `${CostGroup}.${string}`;
    readonly title: string;
    readonly quantity: number;
    readonly formula: string;
  },
): CostLine {
  const { id, title, quantity, formula } = line;
  const unitPrice = prices[name];
  return {
    id,
    group: id.slice(0, id.indexOf('.')) as CostGroup,
    title,
    quantity,
    unit: PRICE_TABLE[name].unit,
    unitPrice,
    usd: quantity * unitPrice,
    formula,
  };
}

/** A number for people: whole with thousands separated, or three digits. */
export function amount(value: number): string {
  if (value >= 100 || Number.isInteger(value)) return formatCount(Math.round(value));
  return Number(value.toPrecision(3)).toString();
}
