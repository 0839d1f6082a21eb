import type { Bill, CostGroup, CostLine } from './line';
import { amount, priced } from './line';
import type { CostSettings } from './settings';
import { MONTHS } from './units';

/** KMS charges for the first two rotations of a key. */
const CHARGED_ROTATIONS = 2;

function rotations({ kmsKeyRotation, year }: CostSettings): number {
  if (!kmsKeyRotation) return 0;
  return year === 'steady' ? CHARGED_ROTATIONS : Math.min(CHARGED_ROTATIONS, year - 1);
}

/** A key and what its rotations add. */
export function keyLines(
  { settings, prices }: Bill,
  group: CostGroup & ('encryption' | 'replica'),
): CostLine[] {
  const rotated = rotations(settings);
  const key = priced(prices, 'kmsKeyMonth', {
    id: `${group}.key`,
    title: 'KMS key',
    quantity: MONTHS,
    formula: '1 key',
  });
  if (!settings.kmsKeyRotation) return [key];
  const when = settings.year === 'steady' ? 'from the third year on' : `in year ${settings.year}`;
  return [
    key,
    priced(prices, 'kmsRotationMonth', {
      id: `${group}.keyRotations`,
      title: 'rotations of the KMS key',
      quantity: rotated * MONTHS,
      formula: `${rotated} earlier rotations are charged ${when}`,
    }),
  ];
}

/** The key of the bucket and its use; nothing with S3's own encryption. */
export function encryptionLines(bill: Bill): CostLine[] {
  const { settings, work, prices, free } = bill;
  if (settings.encryption === 's3') return [];
  // A bucket key saves calls only within one session of one caller, and every anchor was written in another one.
  const requests = work.anchors + work.anchorReads;
  const billed = free.billed('kmsRequests', requests);
  return [
    ...keyLines(bill, 'encryption'),
    priced(prices, 'kmsRequestsPer10000', {
      id: 'encryption.requests',
      title: 'KMS requests',
      quantity: billed / 10_000,
      formula: `at most ${amount(requests)}: one for each PUT, and one for each GET of an anchor${free.note(requests, billed)}`,
    }),
  ];
}
