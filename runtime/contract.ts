/**
 * The names and defaults that both halves of the package agree on: `constructs/` writes them into task
 * definitions, policies and alarms; `runtime/` reads and emits them. Imports nothing. The folder `contract` beside it
 * holds the rules of settings, by which one half refuses at synth what the other would refuse in the task.
 */

/** Environment variables read by the runtime. */
export const ENV = {
  bucket: 'AUDIT_ANCHOR_BUCKET',
  chainId: 'AUDIT_ANCHOR_CHAIN_ID',
  retentionDays: 'AUDIT_ANCHOR_RETENTION_DAYS',
  intervalMinutes: 'AUDIT_ANCHOR_INTERVAL_MINUTES',
  eventThreshold: 'AUDIT_ANCHOR_EVENT_THRESHOLD',
  pollSeconds: 'AUDIT_ANCHOR_POLL_SECONDS',
  kmsKeyArn: 'AUDIT_ANCHOR_KMS_KEY_ARN',
  verifyRetentionDays: 'AUDIT_VERIFY_RETENTION_DAYS',
  verifyIntervalMinutes: 'AUDIT_VERIFY_INTERVAL_MINUTES',
  verifyFullIntervalHours: 'AUDIT_VERIFY_FULL_INTERVAL_HOURS',
  clockToleranceSeconds: 'AUDIT_VERIFY_CLOCK_TOLERANCE_SECONDS',
  verifyWorkers: 'AUDIT_VERIFY_WORKERS',
  verifyDatabaseUrl: 'AUDIT_VERIFY_DATABASE_URL',
  hmacKeys: 'AUDIT_HMAC_KEYS',
  hmacKeysFile: 'AUDIT_HMAC_KEYS_FILE',
  hmacActiveKeyId: 'AUDIT_HMAC_ACTIVE_KEY_ID',
  chainFormat: 'AUDIT_CHAIN_FORMAT',
  eventsTable: 'AUDIT_EVENTS_TABLE',
  eventsSchema: 'AUDIT_EVENTS_SCHEMA',
  eventsRelation: 'AUDIT_EVENTS_RELATION',
  eventsColumns: 'AUDIT_EVENTS_COLUMNS',
  indexColumn: 'AUDIT_EVENTS_INDEX_COLUMN',
  prevHashColumn: 'AUDIT_EVENTS_PREV_HASH_COLUMN',
  hashColumn: 'AUDIT_EVENTS_HASH_COLUMN',
  keyIdColumn: 'AUDIT_EVENTS_KEY_ID_COLUMN',
  httpHost: 'AUDIT_HTTP_HOST',
  httpPort: 'AUDIT_HTTP_PORT',
  output: 'AUDIT_OUTPUT',
  databaseUrl: 'DATABASE_URL',
  databasePasswordFile: 'AUDIT_DATABASE_PASSWORD_FILE',
  region: 'AWS_REGION',
  s3Endpoint: 'AWS_ENDPOINT_URL_S3',
} as const;

/** Values that hold when a setting is absent. */
export const DEFAULTS = {
  /** Days an anchor stays locked: about 13 months, an audit year and a buffer. */
  retentionDays: 400,
  /** Minutes between interval anchors, on the wall-clock grid. */
  intervalMinutes: 60,
  /** Events after the newest anchor that make an anchor due. */
  eventThreshold: 10_000,
  /** Seconds between two looks of the daemon at the head of the chain. */
  pollSeconds: 5,
  /** Minutes between two verifications of the newest anchor; 0 switches them off. */
  verifyIntervalMinutes: 60,
  /** Hours between two full verifications. */
  verifyFullIntervalHours: 24,
  /** Seconds by which an anchor's `ts_utc` may differ from S3's own LastModified. */
  clockToleranceSeconds: 300,
  /** Readers of events at the same time; more pay where PostgreSQL has processors of its own. */
  verifyWorkers: 1,
  eventsTable: 'audit_events',
  /** Address of the health endpoints: whoever is not on this machine has to be let in by name. */
  httpHost: '127.0.0.1',
} as const;

/** Bounds of settings, for validation on both sides and for the texts of its errors. */
export const LIMITS = {
  /** S3 Object Lock accepts 1 day to 100 years. */
  retentionDays: { min: 1, max: 36_500 },
  intervalMinutes: { min: 1, max: 1_440 },
  eventThreshold: { min: 1, max: 1_000_000_000 },
  pollSeconds: { min: 1, max: 3_600 },
  verifyIntervalMinutes: { min: 0, max: 10_080 },
  verifyFullIntervalHours: { min: 1, max: 8_760 },
  clockToleranceSeconds: { min: 0, max: 86_400 },
  verifyWorkers: { min: 1, max: 64 },
  httpPort: { min: 0, max: 65_535 },
  /** HMAC secrets shorter than the hash output weaken it. */
  hmacKeyBytes: { min: 32, max: 1_024 },
} as const;

/** CloudWatch metrics that the program emits as EMF lines, and their namespace. */
export const METRIC_NAMESPACE = 'AuditAnchor';
export const METRICS = {
  /** Seconds since the newest anchor. */
  anchorAgeSeconds: 'AnchorAgeSeconds',
  /** Events after the newest anchor. */
  unanchoredEvents: 'UnanchoredEvents',
  /** 1 for each anchor that was written. */
  anchorsWritten: 'AnchorsWritten',
  /** Events that each anchor covers. */
  anchoredEvents: 'AnchoredEvents',
  /** 1 for each attempt that failed or was refused, 0 for each that did not, also when another anchorer was at work. */
  anchorFailures: 'AnchorFailures',
  /** Exit code of each verification: 0 verified, 1 tampered, 3 not evaluated. */
  verificationResult: 'VerificationResult',
  /**
   * Findings of each verification; one value for each severity, also when it is 0. `unproven` leaves out that the
   * contents of a foreign chain cannot be recomputed, which every verification of one finds. An attempt to anchor that
   * is refused for tampering tells how much of it there was, too.
   */
  findingsBySeverity: 'FindingsBySeverity',
  /** Events that a verification read. */
  verifiedEvents: 'VerifiedEvents',
  /** Days that the newest anchor stays locked. */
  retentionDaysLeft: 'RetentionDaysLeft',
} as const;

/** Dimensions of the metrics. Every combination that occurs is a metric of its own on the bill. */
export const DIMENSIONS = {
  /** On every metric. */
  chainId: 'ChainId',
  /** On `FindingsBySeverity`, besides `ChainId`. */
  severity: 'Severity',
  /**
   * On a second copy of `VerificationResult`, besides `ChainId`: what was verified. And, for a foreign chain only, on a
   * second copy of `FindingsBySeverity` of severity `unproven`: its results cannot tell what was not looked at.
   */
  scope: 'Scope',
  /**
   * On a second copy of `AnchorFailures`, besides `ChainId`: what has to be mended, where that is known. Emitted with
   * such a failure only, so that it costs nothing as long as there is none.
   */
  cause: 'Cause',
} as const;

/** Values of the `Severity` dimension, worst first. */
export const SEVERITIES = ['tampering', 'unproven', 'warning', 'info'] as const;

/**
 * Values of the `Cause` dimension: the clock of the machine, the bucket, the database that is connected to, and what the
 * writer may do (a login or a permission that is refused). None of them passes by itself.
 */
export const CAUSES = ['clock', 'bucket', 'database', 'access'] as const;
export type Cause = (typeof CAUSES)[number];

/** Values of the `Scope` dimension. */
export const SCOPES = ['full', 'latest', 'since-last', 'anchors-only', 'range'] as const;

/** Values of the `event` field of log lines. */
export const EVENTS = {
  started: 'service.started',
  stopped: 'service.stopped',
  anchorWritten: 'anchor.written',
  anchorNotDue: 'anchor.not_due',
  anchorBusy: 'anchor.busy',
  anchorRefused: 'anchor.refused',
  anchorFailed: 'anchor.failed',
  anchorSiblings: 'anchor.siblings',
  verificationDone: 'verification.done',
  verificationFailed: 'verification.failed',
} as const;

/**
 * Values of `AUDIT_OUTPUT`: `report` prints for people; `log` prints one JSON log line for each anchor and each
 * verification, and metrics, on stdout, which is what a task of ECS ships.
 */
export const OUTPUTS = ['report', 'log'] as const;

/** What the image holds, for the health check and the entry point of task definitions. */
export const IMAGE = {
  node: '/nodejs/bin/node',
  program: '/app/audit-anchor.cjs',
  /** Certificates of RDS, which Node.js trusts in the image besides its own. */
  rdsCertificates: '/app/rds-global-bundle.pem',
  /** `nonroot` of distroless images. */
  user: '65532',
} as const;

/** Exit codes of every command. */
export const EXIT = {
  /** Done, or verified. */
  ok: 0,
  /** Tampering was found. */
  tampered: 1,
  /** The command line or the configuration has to change before a retry can succeed. */
  usage: 2,
  /** It could not be evaluated: nothing is known to be wrong, and nothing is proven. */
  notEvaluated: 3,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/**
 * What `verify --plan` keeps beside a plan: a JSON list of the numbers of its shards, from which a state machine
 * starts a task for each.
 */
export const SHARD_NUMBERS = 'shards.json';
