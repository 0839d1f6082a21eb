import type { Bill, CostLine } from './line';
import { amount, priced } from './line';
import { BYTES_PER_GB, DAYS_PER_YEAR, MONTHS } from './units';

/** GLACIER_IR bills small objects as if they had this many bytes. */
const INSTANT_MIN_BYTES = 128 * 1024;
const INSTANT_MIN_DAYS = 90;
/** DEEP_ARCHIVE adds this to every object: one part at its own rate, one at the Standard rate. */
const DEEP_OVERHEAD_BYTES = { deep: 32 * 1024, standard: 8 * 1024 };
const DEEP_MIN_DAYS = 180;
const DAYS_PER_MONTH = DAYS_PER_YEAR / MONTHS;

/** Anchors of each storage class, averaged over the year, and how many move in it. */
interface Classes {
  readonly standard: number;
  readonly instant: number;
  readonly deep: number;
  readonly toInstant: number;
  readonly toDeep: number;
  /** Days that an anchor spends in each archive class before it leaves; infinite when it stays. */
  readonly instantDays: number;
  readonly deepDays: number;
}

function classesOf({ settings, work }: Bill): Classes {
  const { population, anchorsPerDay, liveAnchors } = work;
  const deepFrom = settings.archive.deepArchiveAfterDays ?? Infinity;
  // A class that is reached together with a colder one, or after it, is never entered.
  const instantFrom = Math.min(settings.archive.glacierInstantRetrievalAfterDays ?? deepFrom, deepFrom);
  const younger = (age: number): number =>
    age === Infinity ? liveAnchors : anchorsPerDay * population.daysYoungerThan(age);
  const reaching = (age: number): number =>
    age === Infinity ? 0 : anchorsPerDay * population.daysReaching(age);
  return {
    standard: younger(instantFrom),
    instant: younger(deepFrom) - younger(instantFrom),
    deep: liveAnchors - younger(deepFrom),
    toInstant: instantFrom < deepFrom ? reaching(instantFrom) : 0,
    toDeep: reaching(deepFrom),
    instantDays: Math.min(deepFrom, population.lifetime) - instantFrom,
    deepDays: population.lifetime - deepFrom,
  };
}

/** Storage and requests of the bucket itself. */
export function anchorLines(bill: Bill): CostLine[] {
  const { settings, work, prices } = bill;
  const classes = classesOf(bill);
  const { anchorBytes } = settings;
  // The body of an archived anchor cannot be read; the verifier asks for its head instead, in a second request.
  const deepReads = work.fullRuns * classes.deep;
  const instantReads = work.fullRuns * classes.instant;
  const standardReads = work.anchorReads + work.otherReads + deepReads - instantReads;
  const lines = [
    priced(prices, 's3StandardGbMonth', {
      id: 'anchors.storage',
      title: 'storage',
      quantity: ((classes.standard * anchorBytes) / BYTES_PER_GB) * MONTHS,
      formula: `${amount(classes.standard)} anchors of ${amount(anchorBytes)} bytes on average`,
    }),
    priced(prices, 's3PutPer1000', {
      id: 'anchors.put',
      title: 'PUT',
      quantity: work.anchors / 1_000,
      formula: `${amount(work.anchors)} anchors`,
    }),
    priced(prices, 's3GetPer1000', {
      id: 'anchors.get',
      title: 'GET and HEAD',
      quantity: standardReads / 1_000,
      formula: `${amount(work.fullRuns)} full verifications of ${amount(work.liveAnchors)} anchors, ${amount(work.latestRuns)} of the newest, ${amount(work.anchorRuns)} scheduled looks, the bucket's settings and a lock`,
    }),
    priced(prices, 's3PutPer1000', {
      id: 'anchors.list',
      title: 'LIST',
      quantity: work.lists / 1_000,
      formula:
        'one for each look at the newest anchor and around it, one after each anchor, one page for each 1,000 anchors of a full verification',
    }),
  ];
  return [...lines, ...archiveLines(bill, classes, instantReads)];
}

function archiveLines(bill: Bill, classes: Classes, instantReads: number): CostLine[] {
  const { settings, prices } = bill;
  const { anchorBytes, archive } = settings;
  const instantGb = Math.max(anchorBytes, INSTANT_MIN_BYTES) / BYTES_PER_GB;
  const deepGb = (anchorBytes + DEEP_OVERHEAD_BYTES.deep) / BYTES_PER_GB;
  const lines: CostLine[] = [];
  if (archive.glacierInstantRetrievalAfterDays !== null) {
    const missing = Math.max(0, INSTANT_MIN_DAYS - classes.instantDays) / DAYS_PER_MONTH;
    lines.push(
      priced(prices, 's3InstantTransitionPer1000', {
        id: 'anchors.instantTransitions',
        title: 'moves to GLACIER_IR',
        quantity: classes.toInstant / 1_000,
        formula: `${amount(classes.toInstant)} anchors`,
      }),
      priced(prices, 's3InstantGbMonth', {
        id: 'anchors.instantStorage',
        title: 'storage in GLACIER_IR',
        quantity: classes.instant * instantGb * MONTHS,
        formula: `${amount(classes.instant)} anchors, each billed as 128 KB`,
      }),
      priced(prices, 's3InstantGbMonth', {
        id: 'anchors.instantEarlyEnd',
        title: 'leaving GLACIER_IR early',
        quantity: classes.toInstant * instantGb * missing,
        formula: `the rest of ${INSTANT_MIN_DAYS} days`,
      }),
      priced(prices, 's3InstantGetPer1000', {
        id: 'anchors.instantGet',
        title: 'GET from GLACIER_IR',
        quantity: instantReads / 1_000,
        formula: 'every full verification reads every anchor there',
      }),
      priced(prices, 's3InstantRetrievalGb', {
        id: 'anchors.instantRetrieval',
        title: 'retrieval from GLACIER_IR',
        quantity: (instantReads * anchorBytes) / BYTES_PER_GB,
        formula: 'the bytes of these reads',
      }),
    );
  }
  if (archive.deepArchiveAfterDays !== null) {
    const missing = Math.max(0, DEEP_MIN_DAYS - classes.deepDays) / DAYS_PER_MONTH;
    lines.push(
      priced(prices, 's3DeepArchiveTransitionPer1000', {
        id: 'anchors.deepTransitions',
        title: 'moves to DEEP_ARCHIVE',
        quantity: classes.toDeep / 1_000,
        formula: `${amount(classes.toDeep)} anchors`,
      }),
      priced(prices, 's3DeepArchiveGbMonth', {
        id: 'anchors.deepStorage',
        title: 'storage in DEEP_ARCHIVE',
        quantity: classes.deep * deepGb * MONTHS,
        formula: `${amount(classes.deep)} anchors with 32 KB of index each`,
      }),
      priced(prices, 's3StandardGbMonth', {
        id: 'anchors.deepIndex',
        title: 'index of DEEP_ARCHIVE',
        quantity: ((classes.deep * DEEP_OVERHEAD_BYTES.standard) / BYTES_PER_GB) * MONTHS,
        formula: '8 KB for each, at the Standard rate',
      }),
      priced(prices, 's3DeepArchiveGbMonth', {
        id: 'anchors.deepEarlyEnd',
        title: 'leaving DEEP_ARCHIVE early',
        quantity: classes.toDeep * deepGb * missing,
        formula: `the rest of ${DEEP_MIN_DAYS} days`,
      }),
    );
  }
  return lines;
}
