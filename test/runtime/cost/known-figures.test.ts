import { LIST_PRICES } from '../../../runtime/cost/prices';
import type { CostSettings } from '../../../runtime/cost/settings';
import { DEFAULT_COST_SETTINGS } from '../../../runtime/cost/settings';
import { sourceDocumentClaim } from '../../../runtime/cost/source-document';
import type { YearlyCost } from '../../../runtime/cost/yearly-cost';
import { yearlyCost } from '../../../runtime/cost/yearly-cost';

/**
 * A calculation made by hand, line by line, before this one was written: an anchor an hour of 2 KiB, 400 days, one
 * verification of the newest anchor an hour on a machine that is there anyway, a key that does not rotate, one secret,
 * four metrics and alarms.
 */
const BY_HAND: CostSettings = {
  ...DEFAULT_COST_SETTINGS,
  anchoring: { mode: 'scheduled', everyMinutes: 60, taskSeconds: 60 },
  eventsPerDay: 0,
  keyRotationsPerYear: 0,
  kmsKeyRotation: false,
  verification: {
    ...DEFAULT_COST_SETTINGS.verification,
    runsAs: 'external',
    latestEveryMinutes: 60,
    fullEveryHours: 0,
  },
  secrets: 1,
  metrics: 4,
  alarms: 4,
  accessLogs: false,
  availabilityZones: 1,
};

function usd(cost: YearlyCost, ...ids: string[]): number {
  const lines = cost.sections.flatMap((section) => section.lines);
  return ids.reduce((sum, id) => {
    const found = lines.find((line) => line.id === id);
    if (!found) throw new Error(`there is no line ${id}`);
    return sum + found.usd;
  }, 0);
}

/** Whether a figure is another one than this, whose parts were rounded by hand to so many digits. */
function differsBy(figure: number, rounded: number, digits: number): boolean {
  return Math.abs(figure - rounded) > 0.51 * 10 ** -digits;
}

function sectionOf(cost: YearlyCost, group: string): number {
  return cost.sections.find((section) => section.group === group)?.usd ?? 0;
}

const cost = (change: Partial<CostSettings> = {}): YearlyCost => yearlyCost({ ...BY_HAND, ...change });
const paid = { freeTier: false } as const;
const service = { anchoring: { mode: 'service' } } as const;
const x86 = { task: { architecture: 'x86_64', vcpu: 0.25, memoryGb: 0.5 } } as const;
const FARGATE = ['compute.anchoringVcpu', 'compute.anchoringMemory'];

describe('lines of the calculation by hand', () => {
  test.each<[name: string, bill: YearlyCost, ids: string[], usd: number, digits: number]>([
    ['storage', cost(), ['anchors.storage'], 0.005, 3],
    ['PUT', cost(), ['anchors.put'], 0.0438, 4],
    ['KMS key', cost(), ['encryption.key'], 12, 9],
    [
      'a secret and its reads, of which there are two a start',
      cost(),
      ['compute.secrets', 'compute.secretCalls'],
      4.8876,
      9,
    ],
    ['metrics, paid', cost(paid), ['monitoring.metrics'], 14.4, 9],
    ['metrics, in the free tier', cost(), ['monitoring.metrics'], 0, 9],
    ['alarms, paid', cost(paid), ['monitoring.alarms'], 4.8, 9],
    ['dashboard, paid', cost({ ...paid, dashboards: 1 }), ['monitoring.dashboards'], 36, 9],
    ['dashboard, in the free tier', cost({ dashboards: 1 }), ['monitoring.dashboards'], 0, 9],
    ['images', cost(), ['compute.images'], 0.12, 9],
    ['scheduler, paid', cost(paid), ['compute.scheduler'], 0.009, 3],
    ['hourly task, ARM', cost(), FARGATE, 1.44, 2],
    ['hourly task, x86', cost(x86), FARGATE, 1.8, 2],
    ['always on, ARM', cost(service), FARGATE, 86.51, 2],
    ['always on, x86', cost({ ...service, ...x86 }), FARGATE, 108.12, 2],
    ['public address, hourly task', cost({ network: 'public-ip' }), ['network.addresses'], 0.73, 2],
    ['public address, always on', cost({ ...service, network: 'public-ip' }), ['network.addresses'], 43.8, 2],
    ['NAT gateway', cost({ network: 'nat' }), ['network.natGateways'], 394.2, 6],
    ['interface endpoints', cost({ network: 'interface-endpoints' }), ['network.endpoints'], 350.4, 6],
    ['transfer to the replica', cost({ replica: { alarms: 3 } }), ['replica.transfer'], 0.0003, 4],
    ['time control', cost({ replica: { alarms: 3 } }), ['replica.timeControl'], 0.0003, 4],
    ['replication metrics, paid', cost({ ...paid, replica: { alarms: 3 } }), ['replica.metrics'], 14.4, 9],
    ['key of the replica', cost({ replica: { alarms: 3 } }), ['replica.key'], 12, 9],
  ])('%s', (_name, bill, ids, expected, digits) => {
    expect(differsBy(usd(bill, ...ids), expected, digits)).toBe(false);
  });

  test('reads: an anchor twice an hour, two settings of the bucket before each write, a lock after it', () => {
    const expected = ((8_760 * 2 + 8_760 * 3) / 1_000) * 0.0004;
    expect(usd(cost(), 'anchors.get')).toBeCloseTo(expected, 9);
  });

  test('LIST, by the hour: one for each of two looks, and two around the anchor before and the new one', () => {
    expect(usd(cost(), 'anchors.list')).toBeCloseTo(4 * 0.0438, 9);
  });

  test('KMS requests are free up to 240,000 a year', () => {
    expect(usd(cost(), 'encryption.requests')).toBe(0);
    expect(usd(cost(paid), 'encryption.requests')).toBeCloseTo(((8_760 * 3) / 10_000) * 0.03, 9);
  });
});

describe('totals of the calculation by hand', () => {
  test.each([
    ['one Region, in the free tier', cost(), 18.6],
    ['one Region, outside of it', cost(paid), 37.8],
  ])('%s', (_name, bill, expected) => {
    expect(Math.abs(bill.usd - expected)).toBeLessThan(0.2);
  });

  test('a replica adds 30 outside of the free tier', () => {
    const replica = sectionOf(cost({ ...paid, replica: { alarms: 3 } }), 'replica');
    expect(Math.abs(replica - 30)).toBeLessThan(0.2);
  });

  test("S3's own encryption saves 12 in the first year and 36 from the third on, twice that with a replica", () => {
    const saved = (change: Partial<CostSettings>): number => {
      const rotating = { ...change, kmsKeyRotation: true };
      return cost(rotating).usd - cost({ ...rotating, encryption: 's3' }).usd;
    };
    expect(saved({ year: 1 })).toBeCloseTo(12, 6);
    expect(saved({ year: 3 })).toBeCloseTo(36, 6);
    expect(saved({ year: 1, replica: { alarms: 3 } })).toBeCloseTo(24, 6);
    expect(saved({ year: 3, replica: { alarms: 3 } })).toBeCloseTo(72, 6);
  });
});

describe('archive classes', () => {
  const STORAGE =
    /^anchors\.(storage|instantTransitions|instantStorage|instantEarlyEnd|deepTransitions|deepStorage|deepIndex|deepEarlyEnd)$/;
  const storage = (instant: number | null, deep: number | null, change: Partial<CostSettings> = {}): number =>
    cost({ ...change, archive: { glacierInstantRetrievalAfterDays: instant, deepArchiveAfterDays: deep } })
      .sections.flatMap(({ lines }) => lines)
      .filter(({ id }) => STORAGE.test(id))
      .reduce((sum, line) => sum + line.usd, 0);
  const sevenYears = { retentionDays: 2_555 };
  const oneKilobyte = { anchorBytes: 1_024 };

  test.each([
    ['none', storage(null, null), 0.0051, 4],
    ['DEEP_ARCHIVE after 90 days', storage(null, 90), 0.458, 3],
    ['GLACIER_IR after 30 and DEEP_ARCHIVE after 90 days', storage(30, 90), 0.645, 3],
    ['none, seven years', storage(null, null, sevenYears), 0.032, 3],
    ['DEEP_ARCHIVE, seven years', storage(null, 90, sevenYears), 0.587, 3],
    ['both, seven years', storage(30, 90, sevenYears), 0.774, 3],
    ['none, 1 KB', storage(null, null, oneKilobyte), 0.0025, 4],
    ['DEEP_ARCHIVE, 1 KB', storage(null, 90, oneKilobyte), 0.457, 3],
    ['both, 1 KB', storage(30, 90, oneKilobyte), 0.644, 3],
  ])('%s', (_name, found, expected, digits) => {
    expect(differsBy(found, expected, digits)).toBe(false);
  });

  test('a class that is reached after a colder one is never entered', () => {
    expect(storage(200, 90)).toBeCloseTo(storage(null, 90), 9);
  });

  test('full verifications read GLACIER_IR at its own price, and ask DEEP_ARCHIVE twice', () => {
    const daily = { verification: { ...BY_HAND.verification, fullEveryHours: 24 } };
    const archived = cost({
      ...daily,
      archive: { glacierInstantRetrievalAfterDays: 30, deepArchiveAfterDays: 90 },
    });
    const instant = 24 * 60;
    const deep = 24 * 310;
    expect(usd(archived, 'anchors.instantGet')).toBeCloseTo(((365 * instant) / 1_000) * 0.01, 9);
    const reads = usd(archived, 'anchors.get') - usd(cost(daily), 'anchors.get');
    expect(reads).toBeCloseTo(((365 * (deep - instant)) / 1_000) * 0.0004, 9);
  });

  test('leaving DEEP_ARCHIVE before 180 days is charged, where anchors are deleted', () => {
    const early = (expireAfterRetention: boolean): number =>
      usd(
        cost({
          year: 3,
          expireAfterRetention,
          archive: { glacierInstantRetrievalAfterDays: null, deepArchiveAfterDays: 300 },
        }),
        'anchors.deepEarlyEnd',
      );
    const months = (80 / 365) * 12;
    expect(early(true)).toBeCloseTo(((8_760 * 34 * 1_024) / 2 ** 30) * months * 0.00099, 9);
    expect(early(false)).toBe(0);
  });
});

test("the source document's own figures", () => {
  const claim = sourceDocumentClaim(LIST_PRICES);
  expect(usd(claim, 'anchors.storage')).toBeCloseTo(0.00505, 5);
  expect(usd(claim, 'anchors.put')).toBeCloseTo(0.0438, 5);
  expect(usd(claim, 'encryption.requests')).toBeCloseTo(0.02628, 5);
  expect(usd(claim, 'anchors.get')).toBeCloseTo(0.0035, 4);
  expect(claim.usd.toFixed(2)).toBe('0.08');
});
