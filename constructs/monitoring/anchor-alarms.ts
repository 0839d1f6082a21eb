import type { CloudwatchMetricAlarm } from '@cdktf/provider-aws/lib/cloudwatch-metric-alarm';
import { type TerraformProvider, TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import { DEFAULTS } from '../../runtime/contract';
import type { WormBucket } from '../storage/worm-bucket';
import { isUnknownAtSynth, PropCheck, quoted } from '../validation';
import type { AlarmDefinition } from './alarm-definition';
import { alarmPrefix } from './alarm-names';
import { AlarmTopics } from './alarm-topics';
import {
  type AnchorAlarmsProps,
  checkAnchorAlarmsProps,
  type WatchedEnvironment,
} from './anchor-alarms-props';
import { chainAlarms } from './chain-alarms';
import type { WriterMode } from './watched-chain';
import { DeleteAttempts } from './delete-attempts';
import { deadLetters, replicationFails, type WatchedReplication } from './infrastructure-alarms';
import { metricAlarm } from './metric-alarm';
import { ReplicaWatch } from './replica-watch';

const SCHEDULE_MINUTES = 5;

/**
 * Alarms that fire when anchors stop, when a verification finds something or does not take place, and when
 * somebody lays a hand on bucket, key or anchors. Each is told when it fires and when it is over, and its
 * description says what it means and what to do first.
 *
 * What is told of attempts on bucket, key and anchors comes from CloudTrail: the account needs a trail with management
 * events in each region, and with S3 data events of the buckets for calls on anchors. Without a trail these rules
 * stay silent, see `DeleteAttempts`.
 *
 * Further chains of the same environment, with another writer or interval, have alarms of their own `alongside` these.
 *
 * Names begin with `audit-anchor/ENVIRONMENT/`, those of a chain with its id behind that. Child ids
 * (`Topics`, `Attempts`, `Replica`, `Chains` and below it each chain's id, or `Chain0`... for tokens) are a
 * public contract.
 */
export class AnchorAlarms extends Construct implements WatchedEnvironment {
  readonly environment: string;
  readonly bucket: WormBucket;
  /** Those of `alongside`, if it is given. */
  readonly topics: AlarmTopics;
  /** All alarms of CloudWatch that are made here, those of the replica's region included. */
  readonly alarms: readonly CloudwatchMetricAlarm[];
  /** Undefined alongside others, which have it. */
  readonly attempts: DeleteAttempts | undefined;
  readonly replica: ReplicaWatch | undefined;
  private readonly watchedChains: readonly string[];
  private readonly provider: TerraformProvider | undefined;

  /** @throws ConstructError `PROPS_INVALID` */
  constructor(scope: Construct, id: string, props: AnchorAlarmsProps) {
    super(scope, id);
    const check = new PropCheck(this);
    checkAnchorAlarmsProps(check, props);
    const { environment, bucket, alongside, tags, deadLetterQueueName } = props;
    this.environment = environment;
    this.bucket = bucket;
    this.provider = props.provider ?? bucket.provider;
    this.watchedChains = props.mode === 'none' ? [] : props.chainIds;
    this.checkNames(check, alongside);
    check.throwIfAny();

    const { provider } = this;
    this.topics = alongside?.topics ?? this.newTopics(props);
    const topicArns = this.topics.arns;
    const alarm = (place: Construct, definition: AlarmDefinition, prefix = alarmPrefix(environment)) =>
      metricAlarm(place, definition, { prefix, actions: topicArns, tags, provider });

    const { mode = 'service' } = props;
    const alarms = mode === 'none' ? [] : this.watchChains(props, mode, alarm);
    if (deadLetterQueueName !== undefined) {
      const place = alongside === undefined ? '' : `${deadLetterQueueName}/`;
      alarms.push(alarm(this, deadLetters(deadLetterQueueName), `${alarmPrefix(environment)}${place}`));
    }
    if (alongside === undefined) {
      const replication = replicationOf(props);
      if (replication) alarms.push(alarm(this, replicationFails(replication)));
      this.attempts = this.newAttempts(props);
      this.replica = this.newReplicaWatch(props, replication);
      if (this.replica) alarms.push(this.replica.lag);
    }
    this.alarms = alarms;
  }

  /** CloudWatch overwrites an alarm of the same name without a word; rules and topics fail half-way through an apply. */
  private checkNames(check: PropCheck, alongside: WatchedEnvironment | undefined): void {
    const others = TerraformStack.of(this)
      .node.findAll()
      .filter((each): each is AnchorAlarms => each instanceof AnchorAlarms && each !== this)
      .filter(({ environment, provider }) => environment === this.environment && provider === this.provider);
    const first = others.find(({ attempts }) => attempts !== undefined);
    check.rule(alongside !== undefined || first === undefined, {
      prop: 'environment',
      found: `${quoted(this.environment)}, which ${first?.node.path} watches`,
      allowed: 'an environment that has no alarms in this stack',
      fix: 'pass the alarms that there are as "alongside"',
    });
    const [other, twice] = others
      .flatMap((each) => each.watchedChains.map((chainId) => [each, chainId] as const))
      .find(([, chainId]) => this.watchedChains.includes(chainId)) ?? [undefined, ''];
    check.rule(other === undefined, {
      prop: 'chainIds',
      found: `${quoted(twice)}, which ${other?.node.path} watches`,
      allowed: 'chains that have no alarms in this environment',
      fix: 'remove it here or there; AuditAnchoring leaves the chains of the gateway alone with gateway.emitsMetrics false',
    });
  }

  private newTopics({ environment, topicArns = [], topicKmsKeyArn, tags }: AnchorAlarmsProps): AlarmTopics {
    const { provider } = this;
    return new AlarmTopics(this, 'Topics', { environment, topicArns, topicKmsKeyArn, tags, provider });
  }

  private newAttempts({ environment, bucket, replica, tags }: AnchorAlarmsProps): DeleteAttempts {
    const watched = replica ? [bucket, replica.bucket] : [bucket];
    return new DeleteAttempts(this, 'Attempts', {
      environment,
      bucketNames: watched.map(({ bucketName }) => bucketName),
      keyArns: watched.flatMap(({ encryption: { key } }) => (key ? [key.keyArn] : [])),
      topicArns: this.topics.arns,
      tags,
      provider: this.provider,
    });
  }

  private newReplicaWatch(
    { environment, replica, tags }: AnchorAlarmsProps,
    replication: WatchedReplication | undefined,
  ): ReplicaWatch | undefined {
    if (!replica || !replication) return undefined;
    return new ReplicaWatch(this, 'Replica', {
      environment,
      topicArns: this.topics.arns,
      tags,
      provider: this.provider,
      replication,
      replicaBucket: replica.bucket,
    });
  }

  private watchChains(
    props: AnchorAlarmsProps,
    mode: WriterMode,
    alarm: (place: Construct, definition: AlarmDefinition, prefix: string) => CloudwatchMetricAlarm,
  ): CloudwatchMetricAlarm[] {
    const chains = new Construct(this, 'Chains');
    // Whether anything verifies is not known of a program that runs elsewhere.
    const usual = mode === 'external' ? { verifyIntervalMinutes: 0, verifyFullIntervalHours: 0 } : DEFAULTS;
    return props.chainIds.flatMap((chainId, index) => {
      // By its id, so that another chain before it in the list does not rename this one's alarms.
      const place = new Construct(chains, isUnknownAtSynth(chainId) ? `Chain${index}` : chainId);
      const definitions = chainAlarms({
        chainId,
        mode,
        scheduleMinutes: props.scheduleMinutes ?? SCHEDULE_MINUTES,
        intervalMinutes: props.intervalMinutes ?? DEFAULTS.intervalMinutes,
        chainFormat: props.chainFormat ?? 'v1',
        eventThreshold: props.eventThreshold ?? DEFAULTS.eventThreshold,
        retentionDays: props.bucket.retention.days,
        verifyIntervalMinutes: props.verifyIntervalMinutes ?? usual.verifyIntervalMinutes,
        verifyFullIntervalHours: props.verifyFullIntervalHours ?? usual.verifyFullIntervalHours,
        cluster: props.cluster,
        logGroupName: props.writerLogGroupName,
      });
      const prefix = `${alarmPrefix(props.environment)}${chainId}/`;
      return definitions.map((definition) => alarm(place, definition, prefix));
    });
  }
}

function replicationOf({ bucket, replica }: AnchorAlarmsProps): WatchedReplication | undefined {
  return replica && { sourceBucketName: bucket.bucketName, replicaBucketName: replica.bucket.bucketName };
}
