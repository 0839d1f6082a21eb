import type { TerraformProvider } from 'cdktf';
import type { IConstruct } from 'constructs';
import { ENVIRONMENT, ENVIRONMENT_FIX } from '../environment';
import type { AnchorReplica } from '../replication/anchor-replica';
import type { WormBucket } from '../storage/worm-bucket';
import type { Tags } from '../tags';
import { LIMITS } from '../../runtime/contract';
import { isUnknownAtSynth, type PropCheck, quoted, type TextRule } from '../validation';
import { alarmPrefix } from './alarm-names';
import { type AlarmTopics, checkAlarmTopics } from './alarm-topics';
import type { ChainFormat, WriterMode } from './watched-chain';
import { checkWatchedChains } from './watched-chains';

/** What alarms of one environment share. `AnchorAlarms` is one. */
export interface WatchedEnvironment extends IConstruct {
  readonly environment: string;
  readonly bucket: WormBucket;
  readonly topics: AlarmTopics;
}

export interface AnchorAlarmsProps {
  /** Name of the environment, part of the names of all alarms: 1 to 32 of a-z, 0-9 and "-". */
  readonly environment: string;

  /**
   * Chains that are watched, each the `AUDIT_ANCHOR_CHAIN_ID` of a writer; at least one. A member may be a
   * token, the list may not.
   */
  readonly chainIds: readonly string[];

  /** The bucket of the anchors; alarms are made in its region, with its provider. */
  readonly bucket: WormBucket;

  /**
   * Its replica, whose lag and whose bucket and key are watched too.
   *
   * @default - no replica is watched
   */
  readonly replica?: AnchorReplica;

  /**
   * Alarms of this environment that there are already. These then watch further chains, and a dead-letter queue if one
   * is named, and tell the same topics; what an environment has once (topic, bucket, key, replica) is watched there.
   *
   * @default - none: topic, attempts and replica belong to these alarms
   */
  readonly alongside?: WatchedEnvironment;

  /**
   * Who writes anchors: `service`, a daemon that runs all the time; `scheduled`, a task that a schedule
   * starts; `external`, a program that runs elsewhere and emits metrics (`AUDIT_OUTPUT=log`, its stdout in a log group
   * of this account and region), whose absence shows when anchors are missing; `none`, one that emits none: then only
   * bucket, key, replica and dead-letter queue are watched.
   *
   * @default service - a daemon
   */
  readonly mode?: WriterMode | 'none';

  /**
   * Minutes between two starts of the scheduled writer, 1 to 1,440; without meaning in another mode.
   *
   * @default 5
   */
  readonly scheduleMinutes?: number;

  /**
   * Minutes between interval anchors, 1 to 1,440: the writer's `AUDIT_ANCHOR_INTERVAL_MINUTES`. The alarm
   * "no anchor" fires after two hours, or after two intervals if that is longer.
   *
   * @default 60
   */
  readonly intervalMinutes?: number;

  /**
   * Events that make an anchor due: the writer's `AUDIT_ANCHOR_EVENT_THRESHOLD`. Ten times as many unanchored
   * events are an alarm.
   *
   * @default 10000
   */
  readonly eventThreshold?: number;

  /**
   * The chain's format, the writer's `AUDIT_CHAIN_FORMAT`. Verifications of `links` are never evaluated as a whole, so
   * the alarms `not-evaluated` watch what they could not look at besides.
   *
   * @default v1
   */
  readonly chainFormat?: ChainFormat;

  /**
   * Minutes between two verifications of the newest anchor, 5 to 1,440; 0 when there are none, which are
   * then not missed either.
   *
   * @default 60 - 0 with mode `external`, where it is not known whether anything verifies
   */
  readonly verifyIntervalMinutes?: number;

  /**
   * Hours between two full verifications, 1 to 166, because CloudWatch looks back for seven days; 0 when
   * there are none, which are then not missed either.
   *
   * @default 24 - 0 with mode `external`
   */
  readonly verifyFullIntervalHours?: number;

  /**
   * Name of the queue that takes the runs a schedule could not start.
   *
   * @default - no queue is watched
   */
  readonly deadLetterQueueName?: string;

  /**
   * Name or ARN of the ECS cluster in which the writer runs, for the commands in descriptions.
   *
   * @default - descriptions say `CLUSTER`
   */
  readonly cluster?: string;

  /**
   * Log group of the writer, for the commands in descriptions. Leave it out where chains have writers with log groups
   * of their own.
   *
   * @default - descriptions say `LOG_GROUP`
   */
  readonly writerLogGroupName?: string;

  /**
   * ARNs of SNS topics in the bucket's region that are told, at most 5; a token for a list is decided by
   * Terraform. Their policies have to let `cloudwatch.amazonaws.com` and `events.amazonaws.com` publish, the
   * latter without a condition, which EventBridge cannot meet.
   *
   * @default - a new topic, child `Topics`; somebody has to subscribe to it
   */
  readonly topicArns?: string[];

  /**
   * ARN of the KMS key of the new topic, whose policy has to let `cloudwatch.amazonaws.com` and
   * `events.amazonaws.com` use `kms:Decrypt` and `kms:GenerateDataKey`.
   *
   * @default - the topic is not encrypted with KMS: messages hold names and numbers only
   */
  readonly topicKmsKeyArn?: string;

  /**
   * Tags of alarms, rules, topic and role.
   *
   * @default - only `Name` and `Purpose`, which are always set
   */
  readonly tags?: Tags;

  /**
   * Provider that makes everything outside the replica's region; its region has to be the bucket's.
   *
   * @default - the bucket's
   */
  readonly provider?: TerraformProvider;
}

const QUEUE_NAME: TextRule = {
  test: (name) => /^[A-Za-z0-9_-]{1,80}(\.fifo)?$/.test(name),
  allowed: 'the name of an SQS queue, 1 to 80 of letters, digits, "_" and "-"',
};

const CLUSTER: TextRule = {
  test: (cluster) => /^(arn:aws[\w:-]+:cluster\/)?[\w-]{1,255}$/.test(cluster),
  allowed: 'the name or the ARN of an ECS cluster',
};

const LOG_GROUP: TextRule = {
  test: (name) => /^[\w#./-]{1,512}$/.test(name),
  allowed: 'the name of a log group, 1 to 512 of letters, digits, "_", "-", "/", "." and "#"',
};

const SCHEDULE_MINUTES = { min: 1, max: 1_440 };
/** Below five minutes the periods of alarms would be shorter than runs are apart. */
const VERIFY_MINUTES = { min: 5, max: 1_440 };
/** The alarm waits two hours longer, and seven days are the most that CloudWatch looks back. */
const FULL_HOURS = { min: 1, max: 166 };

/** Longest name of an alarm that CloudWatch takes, and what stands behind a chain's id. */
const LONGEST_NAME = 255;
const LONGEST_SUFFIX = '/verify-latest-not-evaluated'.length;

/** How long a chain's id may be where alarms carry it in their names. */
export function longestAlarmedChainId(environment: string): number {
  return LONGEST_NAME - LONGEST_SUFFIX - alarmPrefix(environment).length;
}

/** Faults of the props, also for those who compose this construct. */
export function checkAnchorAlarmsProps(check: PropCheck, props: AnchorAlarmsProps): void {
  const { environment, chainIds } = props;
  check.text('environment', environment, ENVIRONMENT, ENVIRONMENT_FIX);
  checkWatchedChains(check, chainIds);
  if (!isUnknownAtSynth(chainIds) && props.mode !== 'none') checkLengths(check, props, chainIds);
  check
    .wholeNumber(
      'scheduleMinutes',
      props.scheduleMinutes,
      SCHEDULE_MINUTES,
      'minutes',
      'choose another number',
    )
    .wholeNumber(
      'intervalMinutes',
      props.intervalMinutes,
      LIMITS.intervalMinutes,
      'minutes',
      'give the value of the writer',
    )
    .wholeNumber(
      'eventThreshold',
      props.eventThreshold,
      LIMITS.eventThreshold,
      'events',
      'give the value of the writer',
    )
    .text('deadLetterQueueName', props.deadLetterQueueName, QUEUE_NAME, 'give the name, not the ARN or URL')
    .text('cluster', props.cluster, CLUSTER, 'take it from "aws ecs list-clusters"')
    .text('writerLogGroupName', props.writerLogGroupName, LOG_GROUP, 'give the name, not the ARN');
  if (props.verifyIntervalMinutes !== 0)
    check.wholeNumber(
      'verifyIntervalMinutes',
      props.verifyIntervalMinutes,
      VERIFY_MINUTES,
      'minutes',
      'use 0 when the newest anchor is not verified on its own',
    );
  if (props.verifyFullIntervalHours !== 0)
    check.wholeNumber(
      'verifyFullIntervalHours',
      props.verifyFullIntervalHours,
      FULL_HOURS,
      'hours',
      'use 0 when nothing verifies everything',
    );
  checkAlarmTopics(check, props);
  if (props.alongside !== undefined) checkAlongside(check, props, props.alongside);
}

/** What an environment has once cannot be made a second time under the same names. */
function checkAlongside(check: PropCheck, props: AnchorAlarmsProps, first: WatchedEnvironment): void {
  const { path } = first.node;
  for (const prop of ['environment', 'bucket'] as const) {
    check.rule(props[prop] === first[prop], {
      prop,
      found: prop === 'bucket' ? 'another bucket' : quoted(props[prop]),
      allowed: `that of "alongside", ${path}`,
      fix: 'give the same, or leave "alongside" out for an environment of its own',
    });
  }
  for (const prop of ['replica', 'topicArns', 'topicKmsKeyArn'] as const) {
    check.rule(props[prop] === undefined, {
      prop,
      found: 'set, and so is "alongside"',
      allowed: `nothing here: ${path} decides it`,
      fix: 'give it there',
    });
  }
}

function checkLengths(
  check: PropCheck,
  { environment, mode }: AnchorAlarmsProps,
  chainIds: readonly string[],
): void {
  const longest = longestAlarmedChainId(environment);
  const fits = {
    test: (id: string) => id.length <= longest,
    allowed: `at most ${longest} characters with alarms`,
  };
  const why = 'it is part of the names of alarms, which have at most 255';
  // The id of a chain that exists cannot be shortened.
  const wayOut = mode === 'external' ? '; or give the gateway no alarms ("gateway.emitsMetrics" false)' : '';
  check.list('chainIds', chainIds, fits, `shorten it: ${why}${wayOut}`);
}
