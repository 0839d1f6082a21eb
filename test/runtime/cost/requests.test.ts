import { gaugesOfReport } from '../../../runtime/application/gauges';
import { Metrics } from '../../../runtime/adapters/events/metrics';
import type { CostSettings } from '../../../runtime/cost/settings';
import { metricCount } from '../../../runtime/cost/monitored';
import { DEFAULT_COST_SETTINGS } from '../../../runtime/cost/settings';
import { workloadOf } from '../../../runtime/cost/workload';
import { ANCHORED, Scene } from '../../support/scene';

let scene: Scene;
beforeAll(async () => {
  scene = await Scene.start();
});
afterAll(() => scene.stop());
// A bucket of its own for each test: some of them write anchors.
beforeEach(async () => {
  await scene.restore();
  await scene.refill();
});

interface Requests {
  readonly lists: number;
  readonly anchorReads: number;
  readonly otherReads: number;
  readonly puts: number;
}

/** What the program asked S3 for. */
async function requestsOf(run: () => Promise<unknown>): Promise<Requests> {
  const { requests } = scene.embedded.s3;
  requests.clear();
  await run();
  const [lists, anchorReads, puts] = ['ListObjectVersions', 'GetObject', 'PutObject'].map((name) =>
    requests.count(name),
  ) as [number, number, number];
  return { lists, anchorReads, puts, otherReads: requests.count() - lists - anchorReads - puts };
}

const NEVER: CostSettings = {
  ...DEFAULT_COST_SETTINGS,
  anchoring: { mode: 'external' },
  eventsPerDay: 0,
  keyRotationsPerYear: 0,
  verification: { ...DEFAULT_COST_SETTINGS.verification, latestEveryMinutes: 0, fullEveryHours: 0 },
};

/** What one of something adds to the requests of a year, which is what the bill counts. */
function modelled(change: Partial<CostSettings>, times: number, compared = NEVER): Requests {
  const [with_, without] = [workloadOf({ ...compared, ...change }), workloadOf(compared)];
  const each = (name: 'lists' | 'anchorReads' | 'otherReads'): number =>
    (with_[name] - without[name]) / times;
  return {
    lists: each('lists'),
    anchorReads: each('anchorReads'),
    otherReads: each('otherReads'),
    puts: (with_.anchors - without.anchors) / times,
  };
}

test('a verification of the newest anchor', async () => {
  const verification = { ...NEVER.verification, latestEveryMinutes: 60 };
  expect(await requestsOf(() => scene.verify({ kind: 'latest' }))).toEqual(modelled({ verification }, 8_760));
});

test('the same when the newest anchor is older than the first request reaches', async () => {
  const rare = { ...NEVER, intervalMinutes: 1_440 };
  const verification = { ...NEVER.verification, latestEveryMinutes: 60 };
  scene.embedded.clock.advanceMinutes(24 * 60);
  expect(await requestsOf(() => scene.verify({ kind: 'latest' }))).toEqual(
    modelled({ verification }, 8_760, rare),
  );
});

test('a full verification reads every anchor', async () => {
  const verification = { ...NEVER.verification, fullEveryHours: 24 };
  // As many anchors as the scene has: one a day, for so many days.
  const few = { ...NEVER, intervalMinutes: 1_440, retentionDays: ANCHORED.length };
  expect(await requestsOf(() => scene.verify({ kind: 'full' }))).toEqual(
    modelled({ verification }, 365, few),
  );
});

test('an anchor of the daemon, which knows the one before', async () => {
  const anchorer = scene.embedded.anchorer();
  await anchorer.anchor({ force: 'manual' });
  scene.embedded.clock.advanceMinutes(60);
  const model = workloadOf(NEVER);
  expect(await requestsOf(() => anchorer.anchor())).toEqual({
    lists: model.lists / model.anchors,
    anchorReads: model.anchorReads,
    otherReads: model.otherReads,
    puts: 1,
  });
});

test('an anchor of a scheduled task, and a look that finds none due', async () => {
  const every = (everyMinutes: number): CostSettings => ({
    ...NEVER,
    anchoring: { mode: 'scheduled', everyMinutes, taskSeconds: 60 },
  });
  scene.embedded.clock.advanceMinutes(60);
  const due = await requestsOf(() => scene.embedded.anchorer().anchor());
  const idle = await requestsOf(() => scene.embedded.anchorer().anchor());
  const hourly = workloadOf(every(60));
  expect(due).toEqual({
    lists: hourly.lists / 8_760,
    anchorReads: hourly.anchorReads / 8_760,
    otherReads: hourly.otherReads / 8_760,
    puts: 1,
  });
  // Half of the looks of a schedule every half hour find nothing.
  expect(idle).toEqual(modelled(every(30), 8_760, every(60)));
});

/** Metrics that CloudWatch makes of what is told. */
class Told {
  private readonly seen = new Set<string>();
  readonly metrics = new Metrics(
    'prod',
    () => 0,
    (line) => this.take(line),
  );

  get count(): number {
    return this.seen.size;
  }

  private take(line: string): void {
    const { _aws, ...values } = JSON.parse(line) as Record<string, unknown> & {
      _aws: { CloudWatchMetrics: { Dimensions: string[][]; Metrics: { Name: string }[] }[] };
    };
    for (const { Dimensions, Metrics: named } of _aws.CloudWatchMetrics) {
      for (const { Name } of named) {
        for (const names of Dimensions) this.seen.add([Name, ...names.map((name) => values[name])].join(' '));
      }
    }
  }
}

test('metrics on the bill are the combinations that the program emits', async () => {
  const { verification } = DEFAULT_COST_SETTINGS;
  const [latest, full] = [await scene.verify({ kind: 'latest' }), await scene.verify({ kind: 'full' })];
  const service = new Told();
  service.metrics.gauges({ anchorAgeSeconds: 1, unanchoredEvents: 2, retentionDaysLeft: 3 });
  scene.embedded.clock.advanceMinutes(60);
  service.metrics.anchored(await scene.embedded.anchorer().anchor({ force: 'manual' }));
  service.metrics.anchorFailed({ code: 'S3_UNREACHABLE' });
  expect(service.count).toBe(metricCount({ ...NEVER, anchoring: { mode: 'service' } }));

  const verifier = new Told();
  for (const { metrics } of [service, verifier]) {
    for (const report of [latest, full]) {
      metrics.verified(report);
      metrics.gauges(gaugesOfReport(report));
    }
    metrics.verificationFailed('full');
  }
  expect(service.count).toBe(
    metricCount({ anchoring: { mode: 'service' }, verification, gatewayMetrics: true }),
  );
  expect(verifier.count).toBe(
    metricCount({ anchoring: { mode: 'external' }, verification, gatewayMetrics: false }),
  );
});
