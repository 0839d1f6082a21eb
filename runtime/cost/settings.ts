import { DEFAULTS } from '../contract';

/** Where anchors are made. */
export type Anchoring =
  /** One task that is always there. */
  | { readonly mode: 'service' }
  /** A task every so many minutes, which looks whether an anchor is due. */
  | { readonly mode: 'scheduled'; readonly everyMinutes: number; readonly taskSeconds: number }
  /** In a program that runs anyway: no compute of ours. */
  | { readonly mode: 'external' };

export interface Verification {
  /** `task`: a scheduled task of its own; `external`: on a machine that is there anyway. */
  readonly runsAs: 'task' | 'external';
  /** Minutes between two verifications of the newest anchor; 0 for none. */
  readonly latestEveryMinutes: number;
  /** Hours between two full verifications; 0 for none. */
  readonly fullEveryHours: number;
  /** Seconds that Fargate bills, from the pull of the image on; less than 60 is billed as 60. */
  readonly latestTaskSeconds: number;
  /** The same for a full verification; null to compute it from the number of events, with which it grows. */
  readonly fullTaskSeconds: number | null;
}

export interface TaskSize {
  readonly architecture: 'arm64' | 'x86_64';
  readonly vcpu: number;
  readonly memoryGb: number;
}

/** How tasks reach ECR, CloudWatch Logs, Secrets Manager and S3. */
export type NetworkPath =
  /** Through what the subnets have already: adds nothing, whatever it costs today. */
  | 'existing'
  /** A public address for each task. */
  | 'public-ip'
  /** NAT gateways of their own. */
  | 'nat'
  /** Interface endpoints of their own; the one for S3 is a gateway endpoint and free. */
  | 'interface-endpoints';

export interface CostSettings {
  readonly anchoring: Anchoring;
  readonly task: TaskSize;
  /** Minutes between interval anchors. */
  readonly intervalMinutes: number;
  /** Events that make an anchor due. */
  readonly eventThreshold: number;
  /** Events that are appended in a day, spread evenly. */
  readonly eventsPerDay: number;
  /** Rotations of the HMAC key in a year; each writes an anchor. */
  readonly keyRotationsPerYear: number;
  /** Bytes of an anchor with its metadata. */
  readonly anchorBytes: number;
  /** Days that an anchor is locked for. */
  readonly retentionDays: number;
  /**
   * Year of operation, from 1, which decides how many anchors there are and what the KMS key costs; or `steady`:
   * exactly those under retention, and a key that was rotated twice.
   */
  readonly year: number | 'steady';
  /** Whether anchors are deleted after their retention; if not, they stay and are verified for ever. */
  readonly expireAfterRetention: boolean;
  readonly encryption: 'kms' | 's3';
  /** Yearly rotation of the KMS keys, which makes them dearer twice. */
  readonly kmsKeyRotation: boolean;
  readonly verification: Verification;
  /** Secrets in Secrets Manager; none are counted when no task runs. */
  readonly secrets: number;
  /** Custom metrics of CloudWatch, combinations of name and dimensions; null for those that the tasks emit. */
  readonly metrics: number | null;
  /** Alarms without those of the replica; null for those that the constructs make. */
  readonly alarms: number | null;
  readonly dashboards: number;
  /** Days that log lines are kept. */
  readonly logRetentionDays: number;
  readonly network: NetworkPath;
  /** Availability zones with a NAT gateway or with interface endpoints. */
  readonly availabilityZones: number;
  /**
   * Whether the subnets have the free gateway endpoint for S3, which also carries the layers of images; without it
   * NAT takes its price for them, also where it is there already. Of no account to `public-ip`, where what comes in
   * is free, and to `interface-endpoints`, which have it.
   */
  readonly s3GatewayEndpoint: boolean;
  /** Compressed size of the image, MB, pulled at every start of a task. */
  readonly imageMegabytes: number;
  /** Images kept in ECR, GB. */
  readonly imagesStoredGb: number;
  /** Copies in another Region; null for none. */
  readonly replica: { readonly alarms: number } | null;
  /** With anchoring `external`: that program emits the metrics, and the alarms on them are made. */
  readonly gatewayMetrics: boolean;
  /** Server access logs of the bucket: delivery is free, storage is not. */
  readonly accessLogs: boolean;
  /** CloudTrail data events of the bucket. */
  readonly dataEvents: boolean;
  /** Age in days at which anchors move to an archive class; null for never. */
  readonly archive: {
    readonly glacierInstantRetrievalAfterDays: number | null;
    readonly deepArchiveAfterDays: number | null;
  };
  /** False when the rest of the account has used the free tier up. */
  readonly freeTier: boolean;
}

const VERIFICATION: Verification = {
  runsAs: 'task',
  latestEveryMinutes: DEFAULTS.verifyIntervalMinutes,
  fullEveryHours: DEFAULTS.verifyFullIntervalHours,
  latestTaskSeconds: 60,
  fullTaskSeconds: null,
};

/** What the constructs deploy when nothing else is asked for, with anchoring and verification in tasks. */
export const DEFAULT_COST_SETTINGS: CostSettings = {
  anchoring: { mode: 'service' },
  task: { architecture: 'arm64', vcpu: 0.25, memoryGb: 0.5 },
  intervalMinutes: DEFAULTS.intervalMinutes,
  eventThreshold: DEFAULTS.eventThreshold,
  eventsPerDay: 100_000,
  keyRotationsPerYear: 4,
  anchorBytes: 2_048,
  retentionDays: DEFAULTS.retentionDays,
  year: 'steady',
  expireAfterRetention: false,
  encryption: 'kms',
  kmsKeyRotation: true,
  verification: VERIFICATION,
  // The writer's database URL, the verifier's, and the HMAC keys.
  secrets: 3,
  metrics: null,
  alarms: null,
  dashboards: 0,
  logRetentionDays: DEFAULTS.retentionDays,
  network: 'existing',
  availabilityZones: 2,
  s3GatewayEndpoint: true,
  imageMegabytes: 60,
  imagesStoredGb: 0.1,
  replica: null,
  gatewayMetrics: true,
  accessLogs: true,
  dataEvents: false,
  archive: { glacierInstantRetrievalAfterDays: null, deepArchiveAfterDays: null },
  freeTier: true,
};

/** Replica as the constructs make it, with its alarms: copies fail, copies lag. */
export const DEFAULT_REPLICA = { alarms: 2 } as const;
/** Seconds billed for a look whether an anchor is due. */
export const SCHEDULED_TASK_SECONDS = 60;

/**
 * The same chain, retention and verification for the least money: anchors by a scheduled task on the interval's own
 * grid, S3's own encryption, the free gateway endpoint for S3, and nothing that is optional. An event or key rotation waits for the next interval.
 */
export function cheapestSensible(settings: CostSettings): CostSettings {
  const { anchoring, intervalMinutes } = settings;
  return {
    ...settings,
    anchoring:
      anchoring.mode === 'external'
        ? anchoring
        : { mode: 'scheduled', everyMinutes: intervalMinutes, taskSeconds: SCHEDULED_TASK_SECONDS },
    task: { ...settings.task, architecture: 'arm64' },
    encryption: 's3',
    dashboards: 0,
    network: 'existing',
    s3GatewayEndpoint: true,
    replica: null,
    dataEvents: false,
    archive: { glacierInstantRetrievalAfterDays: null, deepArchiveAfterDays: null },
  };
}
