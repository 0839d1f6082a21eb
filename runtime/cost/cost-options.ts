import { quoted } from '../config-faults';
import type { ConfigFault } from '../errors';
import { ENV } from '../contract';
import { COST_LIMITS, isInRange, looksTooSeldom, rangeRule } from './check-settings';
import { DEFAULT_ARCHIVE, defaultEveryMinutes, scheduledEvery } from './choices';
import type { Anchoring, CostSettings, NetworkPath, Verification } from './settings';
import { DEFAULT_COST_SETTINGS, DEFAULT_REPLICA } from './settings';

/** Options of `cost` as they stand on the command line. */
export interface CostOptions {
  readonly mode?: string;
  readonly every?: string;
  readonly architecture?: string;
  readonly verifier?: string;
  readonly encryption?: string;
  readonly network?: string;
  readonly zones?: string;
  /** False after `--no-s3-endpoint`. */
  readonly s3Endpoint?: boolean;
  readonly fullTaskSeconds?: string;
  readonly eventsPerDay?: string;
  readonly rotations?: string;
  readonly year?: string;
  readonly expire?: boolean;
  readonly replica?: boolean;
  readonly dashboard?: boolean;
  readonly dataEvents?: boolean;
  readonly gatewayMetrics?: boolean;
  readonly archive?: boolean;
  /** False after `--no-free-tier`. */
  readonly freeTier?: boolean;
  /** Path of a file of prices. */
  readonly prices?: string;
  readonly compare?: boolean;
}

/** Settings that the environment of the program gives. */
export interface ConfiguredCosts {
  readonly intervalMinutes: number;
  readonly eventThreshold: number;
  readonly retentionDays: number;
  readonly verifyIntervalMinutes: number;
  readonly verifyFullIntervalHours: number;
}

const MODES = ['service', 'scheduled', 'external'] as const;
const ARCHITECTURES = ['arm64', 'x86_64'] as const;
const VERIFIERS = ['task', 'external'] as const;
const ENCRYPTIONS = ['kms', 's3'] as const;
const NETWORKS = [
  'existing',
  'public-ip',
  'nat',
  'interface-endpoints',
] as const satisfies readonly NetworkPath[];
const STEADY = 'steady';
const DIGITS = /^\d{1,15}$/;

/** Reads options one by one and keeps every fault. */
class OptionReader {
  readonly faults: ConfigFault[] = [];

  oneOf<const T extends string>(
    setting: string,
    text: string | undefined,
    allowed: readonly T[],
    fallback: T,
  ): T {
    if (text === undefined) return fallback;
    const value = allowed.find((candidate) => candidate === text);
    if (value === undefined) this.fault(setting, quoted(text), allowed.join(', '));
    return value ?? fallback;
  }

  whole<T>(
    setting: string,
    text: string | undefined,
    limit: keyof typeof COST_LIMITS,
    fallback: T,
    or = '',
  ): number | T {
    if (text === undefined) return fallback;
    const value = DIGITS.test(text) ? Number(text) : NaN;
    if (isInRange(value, COST_LIMITS[limit])) return value;
    this.fault(setting, quoted(text), rangeRule(COST_LIMITS[limit]) + or);
    return fallback;
  }

  fault(setting: string, found: string, allowed: string): void {
    this.faults.push({ setting, found, allowed });
  }
}

function readAnchoring(
  reader: OptionReader,
  options: CostOptions,
  { intervalMinutes }: ConfiguredCosts,
): Anchoring {
  const mode = reader.oneOf('--mode', options.mode, MODES, DEFAULT_COST_SETTINGS.anchoring.mode);
  const fallback = defaultEveryMinutes(intervalMinutes);
  const everyMinutes = reader.whole('--every', options.every, 'everyMinutes', fallback);
  if (mode === 'scheduled') {
    const allowed = looksTooSeldom(everyMinutes, intervalMinutes);
    if (allowed !== null)
      reader.fault('--every', quoted(`${everyMinutes}`), `${allowed} (${ENV.intervalMinutes})`);
    return scheduledEvery(everyMinutes);
  }
  if (options.every !== undefined) {
    reader.fault(
      '--every',
      `it with --mode ${mode}`,
      'only with --mode scheduled; leave it out or change the mode',
    );
  }
  return { mode };
}

function readGatewayMetrics(reader: OptionReader, { gatewayMetrics, mode }: CostOptions): boolean {
  if (gatewayMetrics !== false) return true;
  if (mode !== 'external') {
    reader.fault(
      '--no-gateway-metrics',
      'it without --mode external',
      'only with --mode external; leave it out',
    );
  }
  return false;
}

function readNetwork(
  reader: OptionReader,
  { network: path, zones, s3Endpoint }: CostOptions,
): Pick<CostSettings, 'network' | 'availabilityZones' | 's3GatewayEndpoint'> {
  const network = reader.oneOf('--network', path, NETWORKS, DEFAULT_COST_SETTINGS.network);
  const { availabilityZones: fallback } = DEFAULT_COST_SETTINGS;
  const availabilityZones = reader.whole('--zones', zones, 'availabilityZones', fallback);
  if (zones !== undefined && network !== 'nat' && network !== 'interface-endpoints') {
    reader.fault('--zones', `it with --network ${network}`, 'only with --network nat or interface-endpoints');
  }
  const s3GatewayEndpoint = s3Endpoint !== false;
  if (!s3GatewayEndpoint && network !== 'existing' && network !== 'nat') {
    reader.fault('--no-s3-endpoint', `it with --network ${network}`, 'only with --network existing or nat');
  }
  return { network, availabilityZones, s3GatewayEndpoint };
}

function readVerification(
  reader: OptionReader,
  { verifier, fullTaskSeconds: seconds }: CostOptions,
  configured: ConfiguredCosts,
): Verification {
  const { verification: defaults } = DEFAULT_COST_SETTINGS;
  const runsAs = reader.oneOf('--verifier', verifier, VERIFIERS, defaults.runsAs);
  const fullTaskSeconds = reader.whole(
    '--full-task-seconds',
    seconds,
    'taskSeconds',
    defaults.fullTaskSeconds,
  );
  if (seconds !== undefined && runsAs !== 'task') {
    reader.fault('--full-task-seconds', `it with --verifier ${runsAs}`, 'only with --verifier task');
  }
  return {
    ...defaults,
    runsAs,
    latestEveryMinutes: configured.verifyIntervalMinutes,
    fullEveryHours: configured.verifyFullIntervalHours,
    fullTaskSeconds,
  };
}

function readYear(
  reader: OptionReader,
  options: CostOptions,
): Pick<CostSettings, 'year' | 'expireAfterRetention'> {
  const { year: fallback } = DEFAULT_COST_SETTINGS;
  const year =
    options.year === STEADY
      ? STEADY
      : reader.whole('--year', options.year, 'year', fallback, `, or ${STEADY}`);
  if (options.expire && (options.year ?? STEADY) === STEADY) {
    reader.fault('--expire', `it with --year ${STEADY}`, 'only with the number of a year');
  }
  return { year, expireAfterRetention: options.expire === true };
}

/** What is to be computed, or everything that is wrong with the options. */
export function readCostOptions(
  options: CostOptions,
  configured: ConfiguredCosts,
): { readonly settings: CostSettings; readonly faults: readonly ConfigFault[] } {
  const reader = new OptionReader();
  const defaults = DEFAULT_COST_SETTINGS;
  const verification = readVerification(reader, options, configured);
  const settings: CostSettings = {
    ...defaults,
    anchoring: readAnchoring(reader, options, configured),
    task: {
      ...defaults.task,
      architecture: reader.oneOf(
        '--architecture',
        options.architecture,
        ARCHITECTURES,
        defaults.task.architecture,
      ),
    },
    intervalMinutes: configured.intervalMinutes,
    eventThreshold: configured.eventThreshold,
    retentionDays: configured.retentionDays,
    verification,
    eventsPerDay: reader.whole(
      '--events-per-day',
      options.eventsPerDay,
      'eventsPerDay',
      defaults.eventsPerDay,
    ),
    keyRotationsPerYear: reader.whole(
      '--rotations',
      options.rotations,
      'keyRotationsPerYear',
      defaults.keyRotationsPerYear,
    ),
    ...readYear(reader, options),
    encryption: reader.oneOf('--encryption', options.encryption, ENCRYPTIONS, defaults.encryption),
    ...readNetwork(reader, options),
    replica: options.replica ? DEFAULT_REPLICA : null,
    gatewayMetrics: readGatewayMetrics(reader, options),
    dashboards: options.dashboard ? 1 : 0,
    dataEvents: options.dataEvents === true,
    archive: options.archive ? DEFAULT_ARCHIVE : defaults.archive,
    freeTier: options.freeTier !== false,
  };
  return { settings, faults: reader.faults };
}
