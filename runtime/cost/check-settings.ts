import { faultLine } from '../config-faults';
import { LIMITS } from '../contract';
import type { ConfigFault } from '../errors';
import { ConfigError } from '../errors';
import type { CostSettings } from './settings';

interface Range {
  readonly min: number;
  readonly max: number;
  readonly unit: string;
  /** Fractions are allowed. */
  readonly fractions?: boolean;
}

const COUNT_MAX = 1_000_000;

/** What settings of the calculation may be, also for the options of the command. */
export const COST_LIMITS = {
  intervalMinutes: { ...LIMITS.intervalMinutes, unit: 'minutes' },
  eventThreshold: { ...LIMITS.eventThreshold, unit: 'events' },
  eventsPerDay: { min: 0, max: 100_000_000_000, unit: 'events' },
  keyRotationsPerYear: { min: 0, max: 1_000, unit: 'rotations' },
  anchorBytes: { min: 1, max: 16 * 1_024, unit: 'bytes' },
  retentionDays: { ...LIMITS.retentionDays, unit: 'days' },
  year: { min: 1, max: 100, unit: 'years' },
  everyMinutes: { ...LIMITS.intervalMinutes, unit: 'minutes' },
  taskSeconds: { min: 0, max: 86_400, unit: 'seconds', fractions: true },
  vcpu: { min: 0.25, max: 16, unit: 'vCPU', fractions: true },
  memoryGb: { min: 0.5, max: 120, unit: 'GB', fractions: true },
  latestEveryMinutes: { ...LIMITS.verifyIntervalMinutes, unit: 'minutes' },
  fullEveryHours: { min: 0, max: LIMITS.verifyFullIntervalHours.max, unit: 'hours' },
  count: { min: 0, max: COUNT_MAX, unit: '' },
  days: { min: 1, max: LIMITS.retentionDays.max, unit: 'days' },
  availabilityZones: { min: 1, max: 6, unit: 'zones' },
  size: { min: 0, max: COUNT_MAX, unit: '', fractions: true },
} as const satisfies Readonly<Record<string, Range>>;

/** `a whole number of days from 1 to 400`. */
export function rangeRule({ min, max, unit, fractions }: Range): string {
  return `a ${fractions ? '' : 'whole '}number${unit === '' ? '' : ` of ${unit}`} from ${min} to ${max}`;
}

export function isInRange(value: number, { min, max, fractions }: Range): boolean {
  return value >= min && value <= max && (fractions === true || Number.isInteger(value));
}

type Checked = readonly [setting: string, value: number | null, range: Range];

function numbersOf(settings: CostSettings): Checked[] {
  const { anchoring, verification, archive, task, replica, year } = settings;
  const limits = COST_LIMITS;
  const scheduled: Checked[] =
    anchoring.mode === 'scheduled'
      ? [
          ['anchoring.everyMinutes', anchoring.everyMinutes, limits.everyMinutes],
          ['anchoring.taskSeconds', anchoring.taskSeconds, limits.taskSeconds],
        ]
      : [];
  return [
    ...scheduled,
    ['task.vcpu', task.vcpu, limits.vcpu],
    ['task.memoryGb', task.memoryGb, limits.memoryGb],
    ['intervalMinutes', settings.intervalMinutes, limits.intervalMinutes],
    ['eventThreshold', settings.eventThreshold, limits.eventThreshold],
    ['eventsPerDay', settings.eventsPerDay, limits.eventsPerDay],
    ['keyRotationsPerYear', settings.keyRotationsPerYear, limits.keyRotationsPerYear],
    ['anchorBytes', settings.anchorBytes, limits.anchorBytes],
    ['retentionDays', settings.retentionDays, limits.retentionDays],
    ['year', year === 'steady' ? null : year, limits.year],
    ['verification.latestEveryMinutes', verification.latestEveryMinutes, limits.latestEveryMinutes],
    ['verification.fullEveryHours', verification.fullEveryHours, limits.fullEveryHours],
    ['verification.latestTaskSeconds', verification.latestTaskSeconds, limits.taskSeconds],
    ['verification.fullTaskSeconds', verification.fullTaskSeconds, limits.taskSeconds],
    ['secrets', settings.secrets, limits.count],
    ['metrics', settings.metrics, limits.count],
    ['alarms', settings.alarms, limits.count],
    ['dashboards', settings.dashboards, limits.count],
    ['logRetentionDays', settings.logRetentionDays, limits.days],
    ['availabilityZones', settings.availabilityZones, limits.availabilityZones],
    ['imageMegabytes', settings.imageMegabytes, limits.size],
    ['imagesStoredGb', settings.imagesStoredGb, limits.size],
    ['replica.alarms', replica === null ? null : replica.alarms, limits.count],
    ['archive.glacierInstantRetrievalAfterDays', archive.glacierInstantRetrievalAfterDays, limits.days],
    ['archive.deepArchiveAfterDays', archive.deepArchiveAfterDays, limits.days],
  ];
}

/** What a task that looks too seldom is told; null when every interval anchor would be in time. */
export function looksTooSeldom(everyMinutes: number, intervalMinutes: number): string | null {
  return everyMinutes <= intervalMinutes
    ? null
    : `at most the ${intervalMinutes} minutes between two anchors`;
}

function seldomFaults({ anchoring, intervalMinutes }: CostSettings): ConfigFault[] {
  if (anchoring.mode !== 'scheduled' || !isInRange(intervalMinutes, COST_LIMITS.intervalMinutes)) return [];
  const { everyMinutes } = anchoring;
  const allowed = looksTooSeldom(everyMinutes, intervalMinutes);
  return allowed === null || !isInRange(everyMinutes, COST_LIMITS.everyMinutes)
    ? []
    : [{ setting: 'anchoring.everyMinutes', found: String(everyMinutes), allowed }];
}

/** @throws ConfigError `CONFIG_INVALID` with every setting that is out of its range */
export function checkCostSettings(settings: CostSettings): void {
  const outOfRange = numbersOf(settings)
    .filter(([, value, range]) => value !== null && !isInRange(value, range))
    .map(([setting, value, range]) => ({ setting, found: String(value), allowed: rangeRule(range) }));
  const faults: ConfigFault[] = [...outOfRange, ...seldomFaults(settings)];
  if (faults.length === 0) return;
  throw new ConfigError(
    'CONFIG_INVALID',
    [`the cost cannot be computed from these settings`, ...faults.map(faultLine)].join('\n  '),
    { faults },
  );
}
