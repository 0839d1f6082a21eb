import { BUCKET_NAME } from '../../storage/bucket-name';
import type { WormBucket } from '../../storage/worm-bucket';
import { isUnknownAtSynth, type PropCheck, quoted, type TextRule } from '../../validation';
import type { AnchoredChain } from '../tasks/anchored-chain';
import type { DeadLetterQueue } from '../tasks/dead-letter-queue';
import { checkKeyArn, checkSecretArn, checkSecretsApart } from '../platform/task-secrets';
import { checkTaskSize, type TaskSizeOptions } from '../tasks/task-size';
import type { Writer } from '../tasks/verifier-task-props';
import { checkVerifyWorkers, type VerifyWorkersOptions } from '../tasks/verify-workers';

/** How everything is verified at once, and by how many. */
export interface FullVerificationOptions extends TaskSizeOptions, VerifyWorkersOptions {
  /** Tasks that read at the same time, 1 to 256; each of their readers has a connection of its own to the database. */
  readonly tasks: number;

  /**
   * Shards that the chain is divided into, at anchors, 1 to 1,000; at least `tasks`. More of them than tasks make
   * the work that a lost task repeats smaller, and start more tasks, each of which Fargate bills for a minute or more.
   *
   * @default - as many as `tasks`
   */
  readonly shards?: number;

  /**
   * ARN of the secret that holds the URL of the database for a role that can only read; or `ARN:KEY::`. Best of a
   * replica with nothing else to do. The writer's secret is refused.
   */
  readonly databaseSecretArn: string;

  /**
   * ARN of the secret that holds the HMAC keys, with which plans and partial reports are sealed; or `ARN:KEY::`. A
   * secret that also holds the writer's database URL is refused.
   */
  readonly hmacKeysSecretArn: string;

  /**
   * ARNs of the customer managed KMS keys that encrypt these secrets.
   *
   * @default - AWS's own key, which needs no permission
   */
  readonly secretsKeyArns?: readonly string[];

  /**
   * CPU units of each task, 1,024 to a vCPU.
   *
   * @default 1024 - a reader keeps one vCPU busy, and no more than one; see `verifyWorkers` for more of them
   */
  readonly cpu?: number;

  /**
   * Memory of each task in MiB. Plans grow with the number of anchors, nothing grows with that of events.
   *
   * @default 2048
   */
  readonly memoryMiB?: number;

  /**
   * When it runs by itself, as an expression of EventBridge Scheduler in UTC, such as `cron(0 1 ? * SUN *)`.
   *
   * @default - never; start an execution of the state machine instead
   */
  readonly schedule?: string;

  /**
   * Hours after which an execution is stopped, with its tasks, 1 to 720.
   *
   * @default 24
   */
  readonly timeoutHours?: number;

  /**
   * ARNs of SNS topics that are told when an execution fails, times out or is stopped by hand; a list, or a token
   * for one.
   *
   * @default - nobody is told
   */
  readonly topicArns?: string[];
}

/** Where reports go. */
export interface ReportsPlace {
  /** A locked bucket with the retention and the encryption of the anchors' bucket; it may be that one. */
  readonly bucket: WormBucket;

  /** What the keys begin with, ending in "/"; outside of the chain's own. */
  readonly prefix: string;
}

export interface FullVerificationProps extends FullVerificationOptions, AnchoredChain {
  /**
   * Where plans, partial reports and reports are kept.
   *
   * @default - a new locked bucket with the retention and the encryption of the anchors' bucket, from which reports
   * disappear when their retention has ended
   */
  readonly reports?: ReportsPlace;

  /**
   * Full name of the new bucket of reports; not together with `reports`.
   *
   * @default - `audit-verification-reports-` and 8 random hex digits, for which the stack needs the random provider
   */
  readonly reportsBucketName?: string;

  /**
   * The writer; what it holds is refused here.
   *
   * @default - a writer elsewhere, which cannot be compared with
   */
  readonly writer?: Writer;

  /**
   * Queue for executions that the schedule could not start.
   *
   * @default - a new queue when there is a schedule
   */
  readonly deadLetterQueue?: DeadLetterQueue;
}

/** A reader is busy with one core; plan and merge hold all anchors in memory. */
export const FULL_VERIFICATION_SIZE = { cpu: 1_024, memoryMiB: 2_048 } as const;

export const DEFAULT_TIMEOUT_HOURS = 24;

/** Each has a connection to the database. */
export const FULL_VERIFICATION_TASKS = { min: 1, max: 256 };
const SHARDS = { min: 1, max: 1_000 };
const TIMEOUT_HOURS = { min: 1, max: 720 };

const SCHEDULE: TextRule = {
  test: (text) => /^(rate\([1-9]\d* (minute|hour|day)s?\)|(cron|at)\([^()"\\]+\))$/.test(text),
  allowed: 'an expression of EventBridge Scheduler, rate(...), cron(...) or at(...)',
};

const PREFIX: TextRule = {
  test: (text) => /^([\w.-]+\/)+$/.test(text) && text.length <= 200 && !/(^|\/)\.\.?\//.test(text),
  allowed: 'letters, digits, "_", "." and "-" in parts that each end in "/", 200 characters at most',
};

/** Faults of what a deployment may choose, also for those who compose this construct. */
export function checkFullVerification(
  check: PropCheck,
  props: FullVerificationOptions,
  writer?: Pick<Writer, 'databaseSecretArn'>,
): void {
  const { tasks, shards } = props;
  checkTaskSize(check, sizeOf(props));
  checkVerifyWorkers(check, props);
  checkSecretArn(check, 'databaseSecretArn', props.databaseSecretArn);
  checkSecretArn(check, 'hmacKeysSecretArn', props.hmacKeysSecretArn);
  props.secretsKeyArns?.forEach((arn, index) => checkKeyArn(check, `secretsKeyArns[${index}]`, arn));
  const fewer =
    shards !== undefined && !isUnknownAtSynth(shards) && !isUnknownAtSynth(tasks) && shards < tasks;
  check
    .wholeNumber(
      'tasks',
      tasks,
      FULL_VERIFICATION_TASKS,
      'tasks',
      'choose no more than the database has connections to spare',
    )
    .wholeNumber('shards', shards, SHARDS, 'shards', 'choose another number')
    .rule(!fewer, {
      prop: 'shards',
      found: `${shards}, with ${tasks} tasks`,
      allowed: 'at least as many shards as tasks',
      fix: 'leave it out, or choose fewer tasks',
    })
    .wholeNumber('timeoutHours', props.timeoutHours, TIMEOUT_HOURS, 'hours', 'choose another number')
    .text('schedule', props.schedule, SCHEDULE, 'write it as "aws scheduler create-schedule" takes it');
  checkSecretsApart(check, props, writer);
}

/** The size of each task. */
export function sizeOf({ cpu, memoryMiB }: TaskSizeOptions): Required<TaskSizeOptions> {
  return {
    cpu: cpu ?? FULL_VERIFICATION_SIZE.cpu,
    memoryMiB: memoryMiB ?? FULL_VERIFICATION_SIZE.memoryMiB,
  };
}

/** Records a foreign chain, whose plans nothing could seal. */
export function checkSealable(check: PropCheck, { settings }: Pick<FullVerificationProps, 'settings'>): void {
  check.rule(settings?.chainFormat !== 'links', {
    prop: 'settings.chainFormat',
    found: 'links',
    allowed:
      'v1: plans and partial reports are sealed with the keys of the chain, of which a foreign one has none',
    fix: 'verify a foreign chain in one task, which the verifier of the service does',
  });
}

/** Faults of the place of reports. Tasks lock and encrypt reports as they are told of anchors. */
export function checkReportsPlace(
  check: PropCheck,
  { reports, reportsBucketName, bucket, chainId }: FullVerificationProps,
): void {
  check
    .text('reportsBucketName', reportsBucketName, BUCKET_NAME, 'choose another name')
    .rule(reports === undefined || reportsBucketName === undefined, {
      prop: 'reportsBucketName',
      found: 'given together with "reports"',
      allowed: 'one of the two',
      fix: 'remove the one that is not meant',
    });
  if (reports === undefined) return;
  const { retention, encryption } = reports.bucket;
  const same =
    retention.mode === bucket.retention.mode &&
    retention.days === bucket.retention.days &&
    encryption.algorithm === bucket.encryption.algorithm &&
    encryption.key?.keyArn === bucket.encryption.key?.keyArn;
  check
    .text('reports.prefix', reports.prefix, PREFIX, 'for example "full-verification/"')
    .rule(same, {
      prop: 'reports.bucket',
      found: 'a bucket with another retention or encryption',
      allowed: "the retention and the encryption of the anchors' bucket",
      fix: 'give both buckets the same, or leave "reports" out',
    })
    .rule(reports.bucket !== bucket || !reports.prefix.startsWith(`${chainId}/`), {
      prop: 'reports.prefix',
      found: `${quoted(reports.prefix)}, where the anchors of the chain are`,
      allowed: "a prefix outside of the chain's",
      fix: 'choose another prefix; whatever lies among anchors is reported as foreign',
    });
}
