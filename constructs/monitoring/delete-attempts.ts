import type { TerraformProvider } from 'cdktf';
import { Construct } from 'constructs';
import type { Tags } from '../tags';
import { monitoringName } from './alarm-names';
import { anchorAttempts, bucketAttempts, type EventPattern, keyAttempts } from './event-patterns';
import { type Message, NotifyingRule } from './notifying-rule';

/** Buckets and keys whose deletion or change is told. */
export interface WatchedStorage {
  readonly bucketNames: readonly string[];
  readonly keyArns: readonly string[];
}

export interface DeleteAttemptsProps extends WatchedStorage {
  readonly environment: string;
  readonly topicArns: string[];
  readonly tags: Tags | undefined;
  readonly provider: TerraformProvider | undefined;
}

/** One rule: what it watches, and what it tells. */
export interface AttemptRule {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly pattern: EventPattern;
  /** First line of the message. */
  readonly headline: string;
  /** Last line of the message. */
  readonly first: string;
}

const FIRST =
  'First: look the event up in the trail (aws cloudtrail lookup-events for calls on buckets); ask the principal why.';

/** The table of rules; buckets and keys of another region need their own copy there. */
export function attemptRules({ bucketNames, keyArns }: WatchedStorage): readonly AttemptRule[] {
  const onKeys: AttemptRule = {
    id: 'KeyAttempts',
    name: 'key-attempts',
    description:
      'Somebody scheduled the deletion of a key of the audit anchors, disabled it or changed its policy, or tried to',
    pattern: keyAttempts(keyArns),
    headline: 'A key of the audit anchors is in danger: without it locked anchors cannot be read.',
    first:
      'First, if it was not refused: aws kms cancel-key-deletion, or aws kms enable-key. Then ask the principal why.',
  };
  return [
    ...(keyArns.length > 0 ? [onKeys] : []),
    {
      id: 'BucketAttempts',
      name: 'bucket-attempts',
      description:
        'Somebody deleted a bucket of the audit anchors or changed its configuration, or tried to; deployments do so too',
      pattern: bucketAttempts(bucketNames),
      headline: 'The configuration of a bucket of the audit anchors was changed, or somebody tried to.',
      first: `Expected while this stack is deployed. Otherwise, if it was not refused: deploy again. ${FIRST}`,
    },
    {
      id: 'AnchorAttempts',
      name: 'anchor-attempts',
      description:
        'Somebody deleted audit anchors or changed their lock, or tried to; needs a trail with S3 data events',
      pattern: anchorAttempts(bucketNames),
      headline: 'Somebody tried to delete audit anchors, or to change their lock or a legal hold.',
      first: `A lock cannot be broken. audit-anchor verify --anchors-only shows whether anything is missing. ${FIRST}`,
    },
  ];
}

/**
 * Tells of attempts on keys, buckets and anchors, also of those that were refused.
 *
 * The events come from CloudTrail: the account needs a trail that logs management events, in each region. A
 * trail does not log calls on objects (`DeleteObject`, `PutObjectRetention` ...) unless it is told to log S3
 * data events of these buckets, which AWS bills; without them `AnchorAttempts` stays silent, and what Object
 * Lock and the verifier do does not depend on it.
 */
export class DeleteAttempts extends Construct {
  readonly rules: readonly NotifyingRule[];

  constructor(scope: Construct, id: string, props: DeleteAttemptsProps) {
    super(scope, id);
    const { environment, topicArns, tags, provider } = props;
    this.rules = attemptRules(props).map(
      (rule) =>
        new NotifyingRule(this, rule.id, {
          name: monitoringName(environment, rule.name),
          description: rule.description,
          pattern: rule.pattern,
          message: messageOf(environment, rule),
          topicArns,
          tags,
          provider,
        }),
    );
  }
}

function messageOf(environment: string, { headline, first }: AttemptRule): Message {
  return {
    parts: {
      call: '$.detail.eventName',
      who: '$.detail.userIdentity.arn',
      from: '$.detail.sourceIPAddress',
      time: '$.time',
      region: '$.region',
      error: '$.detail.errorCode',
      event: '$.detail.eventID',
    },
    lines: [
      `${environment}: ${headline}`,
      'Call <call> by <who> from <from> at <time> in <region>. Refused with: <error> (empty: it was done). CloudTrail event <event>.',
      first,
    ],
  };
}
