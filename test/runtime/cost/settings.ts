import fc from 'fast-check';
import type { Anchoring, CostSettings } from '../../../runtime/cost/settings';
import { DEFAULT_COST_SETTINGS } from '../../../runtime/cost/settings';

const anchoring: fc.Arbitrary<Anchoring> = fc.oneof(
  fc.constant({ mode: 'service' } as const),
  fc.constant({ mode: 'external' } as const),
  fc.record({
    mode: fc.constant('scheduled' as const),
    everyMinutes: fc.integer({ min: 1, max: 1_440 }),
    taskSeconds: fc.integer({ min: 0, max: 600 }),
  }),
);

const age = fc.option(fc.integer({ min: 1, max: 3_000 }));

/** Any settings that are allowed, more or less as people have them. */
export const costSettings: fc.Arbitrary<CostSettings> = fc
  .record({
    anchoring,
    intervalMinutes: fc.integer({ min: 1, max: 1_440 }),
    eventThreshold: fc.integer({ min: 1, max: 100_000 }),
    eventsPerDay: fc.integer({ min: 0, max: 10_000_000 }),
    keyRotationsPerYear: fc.integer({ min: 0, max: 400 }),
    anchorBytes: fc.integer({ min: 500, max: 16_384 }),
    retentionDays: fc.integer({ min: 1, max: 3_000 }),
    year: fc.oneof(fc.constant('steady' as const), fc.integer({ min: 1, max: 20 })),
    expireAfterRetention: fc.boolean(),
    encryption: fc.constantFrom('kms' as const, 's3' as const),
    kmsKeyRotation: fc.boolean(),
    verification: fc.record({
      runsAs: fc.constantFrom('task' as const, 'external' as const),
      latestEveryMinutes: fc.integer({ min: 0, max: 1_440 }),
      fullEveryHours: fc.integer({ min: 0, max: 168 }),
      latestTaskSeconds: fc.integer({ min: 0, max: 600 }),
      fullTaskSeconds: fc.option(fc.integer({ min: 0, max: 3_600 })),
    }),
    metrics: fc.option(fc.integer({ min: 0, max: 40 })),
    alarms: fc.option(fc.integer({ min: 0, max: 40 })),
    dashboards: fc.integer({ min: 0, max: 5 }),
    network: fc.constantFrom('existing', 'public-ip', 'nat', 'interface-endpoints'),
    s3GatewayEndpoint: fc.boolean(),
    replica: fc.option(fc.record({ alarms: fc.integer({ min: 0, max: 5 }) })),
    accessLogs: fc.boolean(),
    dataEvents: fc.boolean(),
    gatewayMetrics: fc.boolean(),
    archive: fc.record({ glacierInstantRetrievalAfterDays: age, deepArchiveAfterDays: age }),
    freeTier: fc.boolean(),
  })
  .map((settings) => ({ ...DEFAULT_COST_SETTINGS, ...settings, anchoring: inTime(settings) }));

/** A task looks at least as often as an anchor is due. */
function inTime({
  anchoring: made,
  intervalMinutes,
}: Pick<CostSettings, 'anchoring' | 'intervalMinutes'>): Anchoring {
  return made.mode === 'scheduled'
    ? { ...made, everyMinutes: Math.min(made.everyMinutes, intervalMinutes) }
    : made;
}
