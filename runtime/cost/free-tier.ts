import { MONTHS } from './units';

/** What every account has for nothing, for good, in a month. Offers to new accounts only are left out. */
export const FREE_TIER = {
  kmsRequests: 20_000,
  metrics: 10,
  /** Standard resolution. */
  alarms: 10,
  dashboards: 3,
  /** Ingestion and storage together. */
  logGb: 5,
  schedulerRuns: 14_000_000,
} as const;

export type FreeItem = keyof typeof FREE_TIER;

/** The free tier of one year, used up line by line. */
export class FreeTier {
  private readonly left: Record<FreeItem, number>;

  /** @param granted false when the rest of the account has used it up */
  constructor(private readonly granted: boolean) {
    const entries = Object.entries(FREE_TIER).map(([item, monthly]) => [
      item,
      granted ? monthly * MONTHS : 0,
    ]);
    this.left = Object.fromEntries(entries) as Record<FreeItem, number>;
  }

  /** What of a year's quantity remains to be paid. */
  billed(item: FreeItem, quantity: number): number {
    const free = Math.min(quantity, this.left[item]);
    this.left[item] -= free;
    return quantity - free;
  }

  /** For a formula: what was taken off. */
  note(quantity: number, billed: number): string {
    if (!this.granted || billed === quantity) return '';
    return billed === 0 ? ', all in the free tier' : ', less the free tier';
  }
}
