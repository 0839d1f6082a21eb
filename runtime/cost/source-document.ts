import { priced } from './line';
import type { Prices } from './prices';
import { BYTES_PER_GB, DAYS_PER_YEAR, MONTHS } from './units';
import type { YearlyCost } from './yearly-cost';
import { billOf } from './yearly-cost';

const ANCHORS_PER_DAY = 24;
const RETENTION_DAYS = 400;
const ANCHOR_BYTES = 2_048;

/**
 * The bill of the document this package was made from, "~$0.08/year": one anchor and one read an hour, S3 and KMS by the
 * request, and nothing else.
 */
export function sourceDocumentClaim(prices: Prices): YearlyCost {
  const anchors = ANCHORS_PER_DAY * DAYS_PER_YEAR;
  return billOf([
    priced(prices, 's3StandardGbMonth', {
      id: 'anchors.storage',
      title: 'storage',
      quantity: ((ANCHORS_PER_DAY * RETENTION_DAYS * ANCHOR_BYTES) / BYTES_PER_GB) * MONTHS,
      formula: '24 anchors a day for 400 days, 2 KB each',
    }),
    priced(prices, 's3PutPer1000', {
      id: 'anchors.put',
      title: 'PUT',
      quantity: anchors / 1_000,
      formula: 'one an hour',
    }),
    priced(prices, 's3GetPer1000', {
      id: 'anchors.get',
      title: 'GET and HEAD',
      quantity: anchors / 1_000,
      formula: 'one an hour',
    }),
    priced(prices, 'kmsRequestsPer10000', {
      id: 'encryption.requests',
      title: 'KMS requests',
      quantity: anchors / 10_000,
      formula: 'one an hour, without the free tier',
    }),
  ]);
}
