import { REPLICATION_RULE_ID } from '../replication/anchor-replica';
import type { AlarmDefinition, AlarmMetric } from './alarm-definition';

/** The buckets of a replication, by name; CloudWatch knows no ARNs here. */
export interface WatchedReplication {
  readonly sourceBucketName: string;
  readonly replicaBucketName: string;
}

/** Seconds within which S3 promises a copy, with Replication Time Control. */
export const REPLICATION_TIME_SECONDS = 900;

/** Failed copies. S3 writes this metric in the region of the source, and only when something was copied. */
export function replicationFails(watched: WatchedReplication): AlarmDefinition {
  return {
    id: 'ReplicationFails',
    name: 'replication-fails',
    metric: replicationMetric(watched, 'OperationsFailedReplication'),
    statistic: 'Sum',
    comparison: 'GreaterThanThreshold',
    threshold: 0,
    periodSeconds: 300,
    periods: 1,
    periodsToAlarm: 1,
    missingData: 'ignore',
    description: `S3 could not copy an anchor to the replica '${watched.replicaBucketName}'. The anchor itself is safe, its copy is missing, and S3 does not try again by itself; the alarm is over with the next copy, the gap is not. First: ${replicationStatus(watched)}; FAILED after a change points to the role, a key or a bucket policy. Mend that, then copy what is missing with S3 Batch Replication.`,
  };
}

/** Copies that are late. S3 writes this metric in the region of the replica. */
export function replicationLags(watched: WatchedReplication): AlarmDefinition {
  return {
    id: 'ReplicationLags',
    name: 'replication-lags',
    metric: replicationMetric(watched, 'ReplicationLatency'),
    statistic: 'Maximum',
    comparison: 'GreaterThanThreshold',
    threshold: REPLICATION_TIME_SECONDS,
    periodSeconds: 300,
    periods: 3,
    periodsToAlarm: 3,
    missingData: 'ignore',
    description: `Copies of anchors reach the replica '${watched.replicaBucketName}' later than the 15 minutes that S3 promises. Should the region of the source be lost now, the newest anchors are lost with it. First: ${replicationStatus(watched)}; PENDING for long is usually S3 itself, so look at the AWS Health Dashboard; FAILED is yours to mend.`,
  };
}

/** The command that shows how far the copy of an anchor is, and where its key is found. */
function replicationStatus({ sourceBucketName }: WatchedReplication): string {
  return `'aws s3api head-object --bucket ${sourceBucketName} --key KEY' shows ReplicationStatus, KEY being the newest anchor's, which 'audit-anchor status' names`;
}

/** Runs of the verifier or the writer that could not even be started. */
export function deadLetters(queueName: string): AlarmDefinition {
  return {
    id: 'DeadLetters',
    name: 'schedule-dead-letters',
    metric: {
      namespace: 'AWS/SQS',
      metricName: 'ApproximateNumberOfMessagesVisible',
      dimensions: { QueueName: queueName },
    },
    statistic: 'Maximum',
    comparison: 'GreaterThanThreshold',
    threshold: 0,
    periodSeconds: 300,
    periods: 1,
    periodsToAlarm: 1,
    // SQS stops reporting a queue that nobody touches for hours, though its messages are still there.
    missingData: 'ignore',
    description: `A scheduled task could not be started, and the scheduler gave up. First: 'aws sqs receive-message --message-attribute-names All --queue-url $(aws sqs get-queue-url --queue-name ${queueName} --output text)'; ERROR_MESSAGE says why: usually no capacity, a task definition or role that is gone, or no right to pass the role. Mend that and purge the queue.`,
  };
}

/** A metric of the replication rule; CloudWatch keeps none without all three dimensions. */
export function replicationMetric(
  { sourceBucketName, replicaBucketName }: WatchedReplication,
  metricName: string,
): AlarmMetric {
  return {
    namespace: 'AWS/S3',
    metricName,
    dimensions: {
      SourceBucket: sourceBucketName,
      DestinationBucket: replicaBucketName,
      RuleId: REPLICATION_RULE_ID,
    },
  };
}
