import type { CostSettings } from './settings';
import { DAYS_PER_YEAR } from './units';

/** How many days' worth of anchors exist on average, and how many reach an age in a year. */
export interface Population {
  /** Days' worth of anchors that are younger than `age` days, averaged over the year. */
  daysYoungerThan(age: number): number;
  /** Days of the year on which a day's worth of anchors reaches `age` days. */
  daysReaching(age: number): number;
  /** Days' worth of all anchors that exist, averaged over the year. */
  readonly days: number;
  /** Age in days at which an anchor is gone; infinite when none ever is. */
  readonly lifetime: number;
}

/** Integral of min(day, cap) from `begin` to `end`, over its length. */
function averageUpTo(cap: number, begin: number, end: number): number {
  const growing = Math.min(Math.max(cap, begin), end);
  const flat = cap * (end - growing);
  return ((growing ** 2 - begin ** 2) / 2 + (Number.isFinite(flat) ? flat : 0)) / (end - begin);
}

export function populationOf({
  year,
  retentionDays,
  expireAfterRetention,
}: Pick<CostSettings, 'year' | 'retentionDays' | 'expireAfterRetention'>): Population {
  if (year === 'steady') {
    return {
      daysYoungerThan: (age) => Math.min(age, retentionDays),
      daysReaching: (age) => (age < retentionDays ? DAYS_PER_YEAR : 0),
      days: retentionDays,
      lifetime: retentionDays,
    };
  }
  const lifetime = expireAfterRetention ? retentionDays : Infinity;
  const begin = (year - 1) * DAYS_PER_YEAR;
  const end = begin + DAYS_PER_YEAR;
  const daysYoungerThan = (age: number): number => averageUpTo(Math.min(age, lifetime), begin, end);
  return {
    daysYoungerThan,
    daysReaching: (age) => (age < lifetime ? Math.max(0, end - Math.max(begin, age)) : 0),
    days: daysYoungerThan(Infinity),
    lifetime,
  };
}
