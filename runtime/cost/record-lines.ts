import type { Bill, CostLine } from './line';
import { amount, priced } from './line';
import { BYTES_PER_GB, DAYS_PER_YEAR, MONTHS } from './units';

/** A record of S3's server access log. */
const BYTES_PER_RECORD = 700;

/** What is recorded about requests: access logs, and data events where a trail has them. */
export function recordLines({ settings, work, prices }: Bill): CostLine[] {
  const { accessLogs, dataEvents, retentionDays: days, year } = settings;
  const requests = work.anchors + work.lists + work.anchorReads + work.otherReads;
  // The bucket of the logs keeps them as long as anchors are locked.
  const kept = year === 'steady' ? days : Math.min(days, (year - 0.5) * DAYS_PER_YEAR);
  const stored = (requests * kept) / DAYS_PER_YEAR;
  const logs = priced(prices, 's3StandardGbMonth', {
    id: 'records.accessLogs',
    title: 'access logs',
    quantity: ((stored * BYTES_PER_RECORD) / BYTES_PER_GB) * MONTHS,
    formula: `${amount(stored)} requests of ${amount(kept)} days, ${BYTES_PER_RECORD} bytes each; delivery is free`,
  });
  const events = priced(prices, 'cloudTrailDataEventsPer100000', {
    id: 'records.dataEvents',
    title: 'data events of CloudTrail',
    quantity: requests / 100_000,
    formula: `${amount(requests)} requests`,
  });
  return [...(accessLogs ? [logs] : []), ...(dataEvents ? [events] : [])];
}
