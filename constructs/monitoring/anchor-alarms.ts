import type { CloudwatchMetricAlarm } from '@cdktf/provider-aws/lib/cloudwatch-metric-alarm';
import { Construct } from 'constructs';
import { DEFAULTS } from '../../runtime/contract';
import { isUnknownAtSynth, PropCheck } from '../validation';
import type { AlarmDefinition } from './alarm-definition';
import { alarmPrefix } from './alarm-names';
import { AlarmTopics } from './alarm-topics';
import { type AnchorAlarmsProps, checkAnchorAlarmsProps } from './anchor-alarms-props';
import { chainAlarms } from './chain-alarms';
import { DeleteAttempts } from './delete-attempts';
import { deadLetters, replicationFails } from './infrastructure-alarms';
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
 * Names begin with `audit-anchor/ENVIRONMENT/`, those of a chain with its id behind that. Child ids
 * (`Topics`, `Attempts`, `Replica`, `Chains` and below it each chain's id, or `Chain0`... for tokens) are a
 * public contract.
 */
export class AnchorAlarms extends Construct {
  readonly topics: AlarmTopics;
  /** All alarms of CloudWatch, those of the replica's region included. */
  readonly alarms: readonly CloudwatchMetricAlarm[];
  readonly attempts: DeleteAttempts;
  readonly replica: ReplicaWatch | undefined;

  /** @throws ConstructError `PROPS_INVALID` */
  constructor(scope: Construct, id: string, props: AnchorAlarmsProps) {
    super(scope, id);
    const check = new PropCheck(this);
    checkAnchorAlarmsProps(check, props);
    check.throwIfAny();

    const { environment, bucket, replica, tags, deadLetterQueueName } = props;
    const provider = props.provider ?? bucket.provider;
    this.topics = new AlarmTopics(this, 'Topics', {
      environment,
      topicArns: props.topicArns ?? [],
      topicKmsKeyArn: props.topicKmsKeyArn,
      tags,
      provider,
    });
    const topicArns = this.topics.arns;
    const replication = replica && {
      sourceBucketName: bucket.bucketName,
      replicaBucketName: replica.bucket.bucketName,
    };
    const alarm = (place: Construct, definition: AlarmDefinition, prefix = alarmPrefix(environment)) =>
      metricAlarm(place, definition, { prefix, actions: topicArns, tags, provider });

    const alarms = props.mode === 'none' ? [] : this.watchChains(props, alarm);
    if (replication) alarms.push(alarm(this, replicationFails(replication)));
    if (deadLetterQueueName !== undefined) alarms.push(alarm(this, deadLetters(deadLetterQueueName)));
    const watched = replica ? [bucket, replica.bucket] : [bucket];
    this.attempts = new DeleteAttempts(this, 'Attempts', {
      environment,
      bucketNames: watched.map(({ bucketName }) => bucketName),
      keyArns: watched.flatMap(({ encryption: { key } }) => (key ? [key.keyArn] : [])),
      topicArns,
      tags,
      provider,
    });
    if (replica && replication) {
      const common = { environment, topicArns, tags, provider };
      this.replica = new ReplicaWatch(this, 'Replica', {
        ...common,
        replication,
        replicaBucket: replica.bucket,
      });
      alarms.push(this.replica.lag);
    }
    this.alarms = alarms;
  }

  private watchChains(
    props: AnchorAlarmsProps,
    alarm: (place: Construct, definition: AlarmDefinition, prefix: string) => CloudwatchMetricAlarm,
  ): CloudwatchMetricAlarm[] {
    const chains = new Construct(this, 'Chains');
    return props.chainIds.flatMap((chainId, index) => {
      // By its id, so that another chain before it in the list does not rename this one's alarms.
      const place = new Construct(chains, isUnknownAtSynth(chainId) ? `Chain${index}` : chainId);
      const definitions = chainAlarms({
        chainId,
        mode: props.mode === 'scheduled' ? 'scheduled' : 'service',
        scheduleMinutes: props.scheduleMinutes ?? SCHEDULE_MINUTES,
        intervalMinutes: props.intervalMinutes ?? DEFAULTS.intervalMinutes,
        eventThreshold: props.eventThreshold ?? DEFAULTS.eventThreshold,
        retentionDays: props.bucket.retention.days,
        verifyIntervalMinutes: props.verifyIntervalMinutes ?? DEFAULTS.verifyIntervalMinutes,
        verifyFullIntervalHours: props.verifyFullIntervalHours ?? DEFAULTS.verifyFullIntervalHours,
        cluster: props.cluster,
        logGroupName: props.writerLogGroupName,
      });
      const prefix = `${alarmPrefix(props.environment)}${chainId}/`;
      return definitions.map((definition) => alarm(place, definition, prefix));
    });
  }
}
