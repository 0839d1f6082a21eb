import { LIMITS } from '../../runtime/contract';
import type { AnchorComputeOptions } from '../compute/anchor-compute';
import { IMAGE, IMAGE_FIX, IMAGE_TAG } from '../compute/platform/container-image';
import { CIDR, PORTS, ROUTE_TABLE_ID, SUBNET_ID, VPC_ID } from '../compute/platform/task-network';
import { FULL_VERIFICATION_TASKS } from '../compute/full-verification/full-verification-props';
import { CLUSTER_ARN, CLUSTER_ARN_FIX } from '../compute/platform/task-platform';
import { shownAsArn, SECRET_ARN, SECRET_ARN_FIX } from '../compute/platform/task-secrets';
import { VERIFY_FULL_HOURS, VERIFY_MINUTES } from '../compute/tasks/verifier-task-props';
import { KEY_ARN } from '../storage/anchor-key-reference';
import type { SettingReader } from './setting-reader';

/** What anchoring without tasks and with tasks have in common. */
export interface CadenceSettings {
  /** `interval_minutes` */
  readonly intervalMinutes: number | undefined;
  /** `event_threshold` */
  readonly eventThreshold: number | undefined;
}

/** Which of them CloudWatch and Fargate have is known to the constructs. */
const LOG_DAYS = { min: 1, max: 3_653 };
const TASK_CPU = { min: 256, max: 16_384 };
const TASK_MEMORY = { min: 512, max: 122_880 };

const SUBNETS_FIX = 'take them from "aws ec2 describe-subnets"';

/** Minutes between interval anchors, and events that make one due. */
export function readCadence(read: SettingReader): CadenceSettings {
  return {
    intervalMinutes: read.wholeNumber('interval_minutes', LIMITS.intervalMinutes, 'minutes'),
    eventThreshold: read.wholeNumber('event_threshold', LIMITS.eventThreshold, 'events'),
  };
}

/**
 * The tasks of an environment; undefined with `anchor_mode` none, the default. Their other settings are read all
 * the same, so that a fault in them is not found out later.
 */
export function readCompute(read: SettingReader, cadence: CadenceSettings): AnchorComputeOptions | undefined {
  const mode = read.choice('anchor_mode', ['none', 'service', 'scheduled']);
  const size = {
    cpu: read.wholeNumber('task_cpu', TASK_CPU, 'CPU units'),
    memoryMiB: read.wholeNumber('task_memory_mib', TASK_MEMORY, 'MiB'),
  };
  const compute = {
    ...cadence,
    image: read.text('image', IMAGE, IMAGE_FIX),
    imageTag: read.text('image_tag', IMAGE_TAG, 'tag each build once, with version and commit'),
    cpuArchitecture: read.choice('cpu_architecture', ['ARM64', 'X86_64']),
    clusterArn: read.text('cluster_arn', CLUSTER_ARN, CLUSTER_ARN_FIX),
    vpcId: read.text('vpc_id', VPC_ID, 'take it from "aws ec2 describe-vpcs"') ?? '',
    subnetIds: read.list('subnet_ids', SUBNET_ID, SUBNETS_FIX) ?? [],
    assignPublicIp: read.flag('assign_public_ip'),
    databasePort: read.wholeNumber('database_port', PORTS),
    databaseCidrs: read.list('database_cidrs', CIDR, 'write ranges with the length of their prefix'),
    httpsCidrs: read.list('https_cidrs', CIDR, 'write ranges with the length of their prefix'),
    interfaceEndpoints: read.flag('interface_endpoints'),
    endpointSubnetIds: read.list('endpoint_subnet_ids', SUBNET_ID, SUBNETS_FIX),
    routeTableIds: read.list(
      'route_table_ids',
      ROUTE_TABLE_ID,
      'take them from "aws ec2 describe-route-tables"',
    ),
    logRetentionDays: read.wholeNumber('log_retention_days', LOG_DAYS, 'days'),
    logsKeyArn: read.text('logs_key_arn', KEY_ARN, 'look it up with "aws kms describe-key"'),
    pollSeconds: read.wholeNumber('poll_seconds', LIMITS.pollSeconds, 'seconds'),
    scheduleMinutes: read.wholeNumber('schedule_minutes', LIMITS.intervalMinutes, 'minutes'),
    ...size,
    databaseSecretArn: readSecret(read, 'database_secret_arn') ?? '',
    hmacKeysSecretArn: readSecret(read, 'hmac_keys_secret_arn'),
    secretsKeyArns: read.list('secrets_key_arns', KEY_ARN, 'look them up with "aws kms describe-key"'),
    settings: read.map('runtime_settings'),
    verifier: {
      databaseSecretArn: readSecret(read, 'verifier_database_secret_arn') ?? '',
      verifyIntervalMinutes: read.wholeNumber('verify_interval_minutes', VERIFY_MINUTES, 'minutes'),
      verifyFullIntervalHours: read.wholeNumber('verify_full_interval_hours', VERIFY_FULL_HOURS, 'hours'),
      verifyWorkers: read.wholeNumber('verify_workers', LIMITS.verifyWorkers, 'readers'),
      ...size,
    },
  };
  if (mode === 'none') return undefined;
  demandTogether(read, `anchor_mode is ${mode}`, compute.settings?.['chainFormat'] === 'links');
  return { ...compute, mode };
}

/** Tasks of full verifications; they need what the other tasks have. */
export function readFullVerification(read: SettingReader): number | undefined {
  const setting = 'full_verification_tasks';
  const tasks = read.wholeNumber(setting, FULL_VERIFICATION_TASKS, 'tasks');
  if (tasks !== undefined) read.missing('anchor_mode', `${setting} is set`, 'service or scheduled');
  return tasks;
}

function readSecret(read: SettingReader, setting: string): string | undefined {
  return read.text(setting, SECRET_ARN, SECRET_ARN_FIX, shownAsArn);
}

function demandTogether(read: SettingReader, because: string, foreignChain: boolean): void {
  read.missing('vpc_id', because, VPC_ID.allowed);
  read.missing('subnet_ids', because, `a list, each member ${SUBNET_ID.allowed}`);
  read.missing('database_secret_arn', because, SECRET_ARN.allowed);
  read.missing('verifier_database_secret_arn', because, `${SECRET_ARN.allowed}; another than the writer's`);
  if (!foreignChain) read.missing('hmac_keys_secret_arn', because, SECRET_ARN.allowed);
  read.onlyOneOf(
    ['image', 'image_tag'],
    because,
    'the image that the tasks run, or the tag of one in a new repository',
  );
}
