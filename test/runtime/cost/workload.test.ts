import { METRICS, SEVERITIES } from '../../../runtime/contract';
import { metricCount } from '../../../runtime/cost/monitored';
import { populationOf } from '../../../runtime/cost/population';
import type { CostSettings } from '../../../runtime/cost/settings';
import { DEFAULT_COST_SETTINGS } from '../../../runtime/cost/settings';
import { workloadOf } from '../../../runtime/cost/workload';

const BASE: CostSettings = { ...DEFAULT_COST_SETTINGS, eventsPerDay: 0, keyRotationsPerYear: 0 };
const work = (change: Partial<CostSettings>) => workloadOf({ ...BASE, ...change });
const scheduled = (everyMinutes: number) =>
  ({ anchoring: { mode: 'scheduled', everyMinutes, taskSeconds: 60 } }) as const;

describe('anchors of a day', () => {
  test.each<[name: string, change: Partial<CostSettings>, anchors: number]>([
    ['one an hour, also without any event', {}, 24],
    ['every five minutes', { intervalMinutes: 5 }, 288],
    ['the threshold is just reached with the interval', { eventsPerDay: 240_000 }, 24],
    ['one event more', { eventsPerDay: 240_001 }, 48],
    ['two and a half thresholds an hour', { eventsPerDay: 600_000 }, 72],
    ['a schedule on the grid of the interval', scheduled(60), 24],
    ['a schedule that is faster than the interval', scheduled(5), 24],
    ['a schedule that is slower than the interval decides', scheduled(180), 8],
    ['a schedule sees the threshold at its next look', { ...scheduled(25), eventsPerDay: 600_000 }, 72],
    ['a schedule that looks once an interval sees no threshold', { ...scheduled(60), eventsPerDay: 9e9 }, 24],
    ['a schedule writes at most one anchor each time', { ...scheduled(5), eventsPerDay: 9e9 }, 288],
  ])('%s', (_name, change, anchors) => {
    expect(work(change).anchorsPerDay).toBeCloseTo(anchors, 9);
  });

  test('each key rotation writes one more', () => {
    expect(work({ keyRotationsPerYear: 12 }).anchors).toBe(8_772);
  });
});

describe('hours that are billed', () => {
  const task = { ...BASE.verification, latestEveryMinutes: 60, fullEveryHours: 24 };

  test('a task is billed for a minute at least', () => {
    const short = work({ verification: { ...task, latestTaskSeconds: 5, fullTaskSeconds: 90 } });
    expect(short.verificationHours).toBeCloseTo(8_760 / 60 + (365 * 90) / 3_600, 9);
  });

  test('a full one is as long as its events need on its processor, and the start', () => {
    const grown = { verification: task, eventsPerDay: 100_000, retentionDays: 400 };
    const latest = 8_760 / 60;
    const full = (change: Partial<CostSettings> = {}): number =>
      (work({ ...grown, ...change }).verificationHours - latest) * (3_600 / 365);
    expect(full()).toBeCloseTo(60 + 40_000_000 / 142_500, 6);
    expect(full({ task: { ...BASE.task, vcpu: 1 } })).toBeCloseTo(60 + 40_000_000 / 570_000, 6);
    expect(full({ task: { ...BASE.task, vcpu: 4 } })).toBeCloseTo(60 + 40_000_000 / 570_000, 6);
    expect(full({ year: 3 })).toBeCloseTo(60 + (2.5 * 365 * 100_000) / 142_500, 6);
    expect(full({ eventsPerDay: 0 })).toBeCloseTo(60, 6);
  });

  test('a verification that runs elsewhere is not, but its requests are', () => {
    const elsewhere = work({ verification: { ...task, runsAs: 'external' } });
    expect(elsewhere).toMatchObject({ verificationHours: 0, taskStarts: 0 });
    expect(elsewhere.anchorReads).toBe(work({ verification: task }).anchorReads);
  });

  test.each([
    [{ mode: 'service' }, 8_760],
    [scheduled(5).anchoring, 1_752],
    [{ mode: 'external' }, 0],
  ] as const)('anchoring as %j: %d', (anchoring, hours) => {
    expect(work({ anchoring }).anchoringHours).toBeCloseTo(hours, 9);
  });
});

describe('anchors that exist', () => {
  const population = (year: CostSettings['year'], expireAfterRetention = false, retentionDays = 400) =>
    populationOf({ year, expireAfterRetention, retentionDays });
  /** The same by counting days. */
  const counted = (year: number, lifetime: number, age = Infinity): number => {
    let sum = 0;
    const steps = 36_500;
    for (let step = 0; step < steps; step++) {
      sum += Math.min(365 * (year - 1) + ((step + 0.5) * 365) / steps, lifetime, age);
    }
    return sum / steps;
  };

  test('in the steady state: those under retention', () => {
    expect(population('steady').days).toBe(400);
    expect(work({ year: 'steady' }).liveAnchors).toBe(9_600);
  });

  test.each([
    [1, false],
    [1, true],
    [2, true],
    [2, false],
    [3, true],
    [5, false],
  ])('in year %d, deleted after retention: %s', (year, expire) => {
    expect(population(year, expire).days).toBeCloseTo(counted(year, expire ? 400 : Infinity), 3);
  });

  test.each([
    [1, 90],
    [2, 399],
    [2, 900],
    [3, 401],
  ])('in year %d, younger than %d days', (year, age) => {
    expect(population(year, true).daysYoungerThan(age)).toBeCloseTo(counted(year, 400, age), 3);
  });

  test.each([
    [1, 90, 275],
    [2, 90, 365],
    [2, 400, 330],
    [1, 400, 0],
    [3, 400, 365],
  ])('in year %d, days on which anchors reach %d days: %d', (year, age, days) => {
    expect(population(year).daysReaching(age)).toBe(days);
    expect(population(year, true, age).daysReaching(age)).toBe(0);
  });
});

describe('metrics on the bill', () => {
  type Tasks = Pick<CostSettings, 'anchoring' | 'verification'>;
  const count = (change: Partial<Tasks['verification']>, mode: 'service' | 'external' = 'service'): number =>
    metricCount({
      anchoring: { mode },
      verification: { ...BASE.verification, ...change },
      gatewayMetrics: false,
    });

  test('names, severities, and the scopes that occur', () => {
    const names = Object.keys(METRICS).length;
    expect(count({})).toBe(names - 1 + SEVERITIES.length + 2);
    expect(count({ latestEveryMinutes: 0 })).toBe(count({}) - 1);
    expect(count({ fullEveryHours: 0 })).toBe(count({}) - 1);
  });

  test('without verification those of anchoring are left', () => {
    expect(count({ latestEveryMinutes: 0, fullEveryHours: 0 })).toBe(6);
  });

  test('a service without a verifier verifies by itself', () => {
    expect(count({ runsAs: 'external' })).toBe(count({}));
  });

  test('a writer elsewhere leaves those of the verifier, and two without tasks none', () => {
    expect(count({}, 'external')).toBe(count({}) - 4);
    expect(count({ runsAs: 'external' }, 'external')).toBe(0);
  });
});

test('without a task nothing is logged here', () => {
  const verification = { ...BASE.verification, runsAs: 'external' as const };
  expect(work({ anchoring: { mode: 'external' }, verification }).logGb).toBe(0);
  expect(work({ anchoring: { mode: 'external' } }).logGb).toBeGreaterThan(0);
  expect(work({ ...scheduled(5), verification }).logGb).toBeGreaterThan(0);
});
