import fc from 'fast-check';
import { LIST_PRICES, PRICE_NAMES, PRICE_TABLE } from '../../../runtime/cost/prices';
import type { CostSettings } from '../../../runtime/cost/settings';
import { cheapestSensible, DEFAULT_COST_SETTINGS } from '../../../runtime/cost/settings';
import type { YearlyCost } from '../../../runtime/cost/yearly-cost';
import { yearlyCost } from '../../../runtime/cost/yearly-cost';
import { ConfigError } from '../../../runtime/errors';
import { costSettings } from './settings';

const linesOf = (cost: YearlyCost) => cost.sections.flatMap(({ lines }) => lines);

describe('every bill', () => {
  test('is the sum of its sections, each the sum of its lines, each quantity times price', () => {
    fc.assert(
      fc.property(costSettings, (settings) => {
        const cost = yearlyCost(settings);
        const lines = linesOf(cost);
        for (const { quantity, unitPrice, usd, id } of lines) {
          expect([id, usd]).toEqual([id, quantity * unitPrice]);
          expect([id, Number.isFinite(usd) && usd >= 0]).toEqual([id, true]);
        }
        expect(new Set(lines.map(({ id }) => id)).size).toBe(lines.length);
        expect(cost.usd).toBeCloseTo(
          lines.reduce((sum, { usd }) => sum + usd, 0),
          6,
        );
      }),
      { numRuns: 300 },
    );
  });

  test('is not lower without the free tier, with a replica, with data events, or with other prices doubled', () => {
    fc.assert(
      fc.property(costSettings, (settings) => {
        const bare: CostSettings = { ...settings, freeTier: true, replica: null, dataEvents: false };
        const { usd } = yearlyCost(bare);
        expect(yearlyCost({ ...bare, freeTier: false }).usd).toBeGreaterThanOrEqual(usd);
        expect(yearlyCost({ ...bare, replica: { alarms: 2 } }).usd).toBeGreaterThan(usd);
        expect(yearlyCost({ ...bare, dataEvents: true }).usd).toBeGreaterThan(usd);
        const doubled = Object.fromEntries(PRICE_NAMES.map((name) => [name, LIST_PRICES[name] * 2]));
        expect(yearlyCost(bare, doubled as typeof LIST_PRICES).usd).toBeCloseTo(usd * 2, 6);
      }),
      { numRuns: 100 },
    );
  });
});

test('every price is used by some bill, and a bill uses no other', () => {
  const everything: CostSettings = {
    ...DEFAULT_COST_SETTINGS,
    freeTier: false,
    dashboards: 1,
    dataEvents: true,
    replica: { alarms: 2 },
    archive: { glacierInstantRetrievalAfterDays: 30, deepArchiveAfterDays: 90 },
  };
  const bills = [
    yearlyCost({ ...everything, network: 'public-ip' }),
    yearlyCost({ ...everything, network: 'nat' }),
    yearlyCost({ ...everything, network: 'interface-endpoints' }),
    yearlyCost({ ...everything, task: { ...everything.task, architecture: 'x86_64' } }),
  ];
  const used = bills.flatMap(linesOf).map(({ unit, unitPrice }) => `${unit}: ${unitPrice}`);
  const known = Object.values(PRICE_TABLE).map(({ unit, usd }) => `${unit}: ${usd}`);
  expect([...new Set(used)].sort()).toEqual([...new Set(known)].sort());
});

test('every price has a page of AWS as its source', () => {
  const pages = Object.values(PRICE_TABLE).map(({ source }) => source);
  expect(
    pages.filter(
      (page) =>
        !/^https:\/\/aws\.amazon\.com\/[a-z0-9/-]+\/pricing\//.test(page) &&
        !/^https:\/\/aws\.amazon\.com\/[a-z0-9-]+\/pricing\/$/.test(page),
    ),
  ).toEqual([]);
});

describe('what there is no need for is not on the bill', () => {
  const ids = (change: Partial<CostSettings>) =>
    linesOf(yearlyCost({ ...DEFAULT_COST_SETTINGS, ...change })).map(({ id }) => id);
  const external: Partial<CostSettings> = {
    anchoring: { mode: 'external' },
    verification: { ...DEFAULT_COST_SETTINGS.verification, runsAs: 'external' },
  };

  test('no task: no compute, secrets, images or network path, whatever the settings say of them', () => {
    expect(ids({ ...external, network: 'nat' }).filter((id) => /^(compute|network)/.test(id))).toEqual([]);
  });

  test('requests remain, since the anchors are the same', () => {
    expect(ids(external)).toEqual(
      expect.arrayContaining(['anchors.put', 'anchors.get', 'encryption.requests']),
    );
  });

  test('without a task no alarm, metric or log line, save those that are said to be there', () => {
    const monitoring = (change: Partial<CostSettings>) =>
      ids({ ...external, ...change }).filter((id) => id.startsWith('monitoring'));
    expect(monitoring({})).toEqual(['monitoring.metrics', 'monitoring.alarms']);
    expect(monitoring({ gatewayMetrics: false })).toEqual([]);
    expect(monitoring({ gatewayMetrics: false, metrics: 10, alarms: 1, dashboards: 1 })).toEqual(
      ['metrics', 'alarms', 'dashboards'].map((item) => `monitoring.${item}`),
    );
  });

  test("S3's own encryption: no key, no request, in the replica neither", () => {
    const kms = ids({ replica: { alarms: 2 } }).filter((id) => /key|encryption|kms/i.test(id));
    expect(kms).toHaveLength(6);
    expect(ids({ replica: { alarms: 2 }, encryption: 's3' }).filter((id) => kms.includes(id))).toEqual([]);
  });

  test('a service needs the scheduler for verifications only', () => {
    expect(ids({})).toContain('compute.scheduler');
    expect(
      ids({ verification: { ...DEFAULT_COST_SETTINGS.verification, runsAs: 'external' } }),
    ).not.toContain('compute.scheduler');
  });
});

describe('the price of a KMS key grows with its rotations', () => {
  const keyCost = (year: CostSettings['year'], kmsKeyRotation = true) =>
    linesOf(yearlyCost({ ...DEFAULT_COST_SETTINGS, year, kmsKeyRotation }))
      .filter(({ id }) => id.startsWith('encryption.key'))
      .reduce((sum, { usd }) => sum + usd, 0);

  test.each([
    [1, 12],
    [2, 24],
    [3, 36],
    [10, 36],
    ['steady', 36],
  ] as const)('in year %s: %d', (year, usd) => {
    expect(keyCost(year)).toBeCloseTo(usd, 9);
    expect(keyCost(year, false)).toBe(12);
  });
});

describe('the cheapest sensible setting', () => {
  test('costs no more than what it was made from, for any settings with the same looks', () => {
    fc.assert(
      fc.property(costSettings, (settings) => {
        const from: CostSettings = { ...settings, anchoring: { mode: 'service' } };
        expect(yearlyCost(cheapestSensible(from)).usd).toBeLessThanOrEqual(yearlyCost(from).usd);
      }),
      { numRuns: 200 },
    );
  });

  test('verifies as often, keeps as long, and leaves anchoring elsewhere where it is', () => {
    const cheapest = cheapestSensible({ ...DEFAULT_COST_SETTINGS, anchoring: { mode: 'external' } });
    const { verification, retentionDays, intervalMinutes } = DEFAULT_COST_SETTINGS;
    expect(cheapest).toMatchObject({
      anchoring: { mode: 'external' },
      verification,
      retentionDays,
      intervalMinutes,
    });
  });
});

test('settings out of range are refused, all at once', () => {
  const wrong: CostSettings = {
    ...DEFAULT_COST_SETTINGS,
    anchoring: { mode: 'scheduled', everyMinutes: 0, taskSeconds: 60 },
    retentionDays: 1.5,
    year: 0,
    eventsPerDay: NaN,
    anchorBytes: -1,
  };
  let faults: readonly string[] = [];
  try {
    yearlyCost(wrong);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    faults = error.faults.map(({ setting, found, allowed }) => `${setting}: ${found}, ${allowed}`);
  }
  expect(faults).toEqual([
    'anchoring.everyMinutes: 0, a whole number of minutes from 1 to 1440',
    'eventsPerDay: NaN, a whole number of events from 0 to 100000000000',
    'anchorBytes: -1, a whole number of bytes from 1 to 16384',
    'retentionDays: 1.5, a whole number of days from 1 to 36500',
    'year: 0, a whole number of years from 1 to 100',
  ]);
});

test('a task that looks more seldom than an anchor is due is refused', () => {
  const every = (everyMinutes: number): CostSettings => ({
    ...DEFAULT_COST_SETTINGS,
    anchoring: { mode: 'scheduled', everyMinutes, taskSeconds: 60 },
  });
  expect(yearlyCost(every(60)).usd).toBeGreaterThan(0);
  expect(() => yearlyCost(every(61))).toThrow(
    'anchoring.everyMinutes: found 61, allowed at most the 60 minutes between two anchors',
  );
});
