import type { Prices } from './prices';
import type { Anchoring, CostSettings, NetworkPath } from './settings';
import { DEFAULT_REPLICA, SCHEDULED_TASK_SECONDS } from './settings';
import { yearlyCost } from './yearly-cost';

/** Minutes between two looks of scheduled anchoring, so that the event trigger is not late. */
const DEFAULT_EVERY_MINUTES = 5;
/** They are never longer than the time between two anchors. */
export function defaultEveryMinutes(intervalMinutes: number): number {
  return Math.min(DEFAULT_EVERY_MINUTES, intervalMinutes);
}

/** Ages at which `archive_anchors` moves anchors. */
export const DEFAULT_ARCHIVE = { glacierInstantRetrievalAfterDays: 30, deepArchiveAfterDays: 90 } as const;

export function scheduledEvery(everyMinutes: number): Anchoring {
  return { mode: 'scheduled', everyMinutes, taskSeconds: SCHEDULED_TASK_SECONDS };
}

/** The choice of subnets without the gateway endpoint for S3. */
export const NO_S3_ENDPOINT = 'noS3Endpoint';

/** One decision changed, everything else as it is. */
export interface Choice {
  /** Stable name. */
  readonly id: string;
  readonly title: string;
  /** US dollars a year more, or less when negative; not rounded. */
  readonly usd: number;
}

const PATHS: Readonly<Record<NetworkPath, string>> = {
  existing: 'the network path is there already',
  'public-ip': 'public addresses for tasks',
  nat: 'NAT gateways of their own',
  'interface-endpoints': 'interface endpoints of their own',
};

type Change = readonly [id: string, title: string, change: Partial<CostSettings> | null];

function changesOf(settings: CostSettings): Change[] {
  const { anchoring, encryption, intervalMinutes, replica, dashboards, dataEvents, archive, freeTier } =
    settings;
  const everyMinutes = anchoring.mode === 'scheduled' ? anchoring.everyMinutes : null;
  const scheduled = [...new Set([defaultEveryMinutes(intervalMinutes), intervalMinutes])].map(
    (minutes): Change => {
      const change = { anchoring: scheduledEvery(minutes) };
      return [
        `scheduled${minutes}`,
        `anchoring by a task every ${minutes} min`,
        minutes === everyMinutes ? null : change,
      ];
    },
  );
  const paths = (Object.keys(PATHS) as NetworkPath[]).map((network): Change => {
    return [network, PATHS[network], network === settings.network ? null : { network }];
  });
  const throughNat = settings.network === 'existing' || settings.network === 'nat';
  const archived = Object.values(archive).some((age) => age !== null);
  return [
    ['service', 'anchoring by a service that is always on', anchoring.mode === 'service' ? null : SERVICE],
    ...scheduled,
    ['external', 'anchoring in a program of yours', anchoring.mode === 'external' ? null : EXTERNAL],
    ['s3Encryption', "S3's own encryption", encryption === 's3' ? null : { encryption: 's3' }],
    ['kmsEncryption', 'a KMS key', encryption === 'kms' ? null : { encryption: 'kms' }],
    ['replica', 'a replica in another Region', replica === null ? { replica: DEFAULT_REPLICA } : null],
    ...paths,
    [
      NO_S3_ENDPOINT,
      'NAT for images: no gateway endpoint for S3',
      throughNat && settings.s3GatewayEndpoint ? { s3GatewayEndpoint: false } : null,
    ],
    ['dashboard', 'the dashboard', dashboards === 0 ? { dashboards: 1 } : null],
    ['dataEvents', 'data events of CloudTrail', dataEvents ? null : { dataEvents: true }],
    ['archive', 'archive classes after 30 and 90 days', archived ? null : { archive: DEFAULT_ARCHIVE }],
    ['noFreeTier', 'the free tier is used up by others', freeTier ? { freeTier: false } : null],
  ];
}

const SERVICE = { anchoring: { mode: 'service' } } as const;
const EXTERNAL = { anchoring: { mode: 'external' } } as const;

/** What every other decision would change. */
export function choicesOf(settings: CostSettings, prices: Prices): Choice[] {
  const { usd } = yearlyCost(settings, prices);
  return changesOf(settings).flatMap(([id, title, change]) =>
    change === null ? [] : [{ id, title, usd: yearlyCost({ ...settings, ...change }, prices).usd - usd }],
  );
}
