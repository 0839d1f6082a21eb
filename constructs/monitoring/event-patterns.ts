/** A pattern of EventBridge: what has to be in an event, leaf by leaf a list of alternatives. */
export type EventPattern = Readonly<Record<string, unknown>>;

/** Calls reach EventBridge through a CloudTrail trail of the account; there has to be one. */
const API_CALL = 'AWS API Call via CloudTrail';

/** Calls that make a key unusable, or prepare it. */
const KEY_CALLS = ['ScheduleKeyDeletion', 'DisableKey', 'DisableKeyRotation', 'PutKeyPolicy'];

/**
 * By their beginnings, because CloudTrail calls some of them differently than the API and AWS adds new ones.
 * Calls that read begin otherwise.
 */
const BUCKET_CALLS = [{ prefix: 'PutBucket' }, { prefix: 'DeleteBucket' }, { prefix: 'PutObjectLock' }];

/** Calls on anchors that nobody makes in everyday work; a custodian sets legal holds now and then. */
const ANCHOR_CALLS = [
  { prefix: 'DeleteObject' },
  'PutObjectRetention',
  'PutObjectLegalHold',
  'PutObjectAcl',
  'UpdateObjectEncryption',
];

/** Attempts on keys, denied ones too: those name the key in the error message only. */
export function keyAttempts(keyArns: readonly string[]): EventPattern {
  return {
    source: ['aws.kms'],
    'detail-type': [API_CALL],
    detail: {
      eventSource: ['kms.amazonaws.com'],
      eventName: KEY_CALLS,
      $or: [
        { resources: { ARN: keyArns } },
        { requestParameters: { keyId: keyArns } },
        { errorMessage: keyArns.map((arn) => ({ wildcard: `*${arn}*` })) },
      ],
    },
  };
}

/** Attempts to delete buckets or to change their configuration, denied ones too. */
export function bucketAttempts(bucketNames: readonly string[]): EventPattern {
  return onBuckets(bucketNames, BUCKET_CALLS);
}

/**
 * Attempts to delete anchors or to change their lock, denied ones too. They are data events, which a trail
 * has only when it is told to.
 */
export function anchorAttempts(bucketNames: readonly string[]): EventPattern {
  return onBuckets(bucketNames, ANCHOR_CALLS);
}

/** An alarm that fires, and the end of it. */
export function alarmChanges(alarmArn: string): EventPattern {
  return {
    source: ['aws.cloudwatch'],
    'detail-type': ['CloudWatch Alarm State Change'],
    resources: [alarmArn],
    detail: { state: { value: ['ALARM', 'OK'] } },
  };
}

function onBuckets(bucketNames: readonly string[], eventName: readonly unknown[]): EventPattern {
  return {
    source: ['aws.s3'],
    'detail-type': [API_CALL],
    detail: {
      eventSource: ['s3.amazonaws.com'],
      eventName,
      requestParameters: { bucketName: bucketNames },
    },
  };
}
