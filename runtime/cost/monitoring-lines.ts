import type { Bill, CostLine } from './line';
import { amount, priced } from './line';
import { alarmCount, metricCount } from './monitored';
import { DAYS_PER_YEAR, MONTHS } from './units';

/** Metrics, alarms, dashboard and logs of CloudWatch; nothing where no task emits any. */
export function monitoringLines(bill: Bill): CostLine[] {
  const { settings, work } = bill;
  const metrics = settings.metrics ?? metricCount(settings);
  const alarms = settings.alarms ?? alarmCount(settings);
  const { dashboards } = settings;
  return [
    ...(metrics === 0 ? [] : [monthly(bill, 'metrics', 'monitoring.metrics', 'custom metrics', metrics)]),
    ...(alarms === 0 ? [] : [monthly(bill, 'alarms', 'monitoring.alarms', 'alarms', alarms)]),
    ...(dashboards === 0
      ? []
      : [monthly(bill, 'dashboards', 'monitoring.dashboards', 'dashboards', dashboards)]),
    ...(work.logGb === 0 ? [] : logLines(bill)),
  ];
}

const MONTHLY_PRICES = {
  metrics: 'metricMonth',
  alarms: 'alarmMonth',
  dashboards: 'dashboardMonth',
} as const;

/** Something that is paid by the month, after what is free. */
export function monthly(
  { prices, free }: Bill,
  item: keyof typeof MONTHLY_PRICES,
  id: `monitoring.${string}` | `replica.${string}`,
  title: string,
  count: number,
): CostLine {
  const months = count * MONTHS;
  const quantity = free.billed(item, months);
  const formula = `${amount(count)}${free.note(months, quantity)}`;
  return priced(prices, MONTHLY_PRICES[item], { id, title, quantity, formula });
}

function logLines({ settings, work, prices, free }: Bill): CostLine[] {
  const { logGb } = work;
  const days = settings.logRetentionDays;
  // What has been kept is what was written in as many days, or in all the days there were.
  const kept = settings.year === 'steady' ? days : Math.min(days, (settings.year - 0.5) * DAYS_PER_YEAR);
  const gbMonths = ((logGb * kept) / DAYS_PER_YEAR) * MONTHS;
  const ingested = free.billed('logGb', logGb);
  const stored = free.billed('logGb', gbMonths);
  return [
    priced(prices, 'logIngestGb', {
      id: 'monitoring.logIngest',
      title: 'log lines, ingested',
      quantity: ingested,
      formula: `${amount(logGb)} GB, metrics included${free.note(logGb, ingested)}`,
    }),
    priced(prices, 'logStorageGbMonth', {
      id: 'monitoring.logStorage',
      title: 'log lines, kept',
      quantity: stored,
      formula: `those of ${amount(kept)} days${free.note(gbMonths, stored)}`,
    }),
  ];
}
