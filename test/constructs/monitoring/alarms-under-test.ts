import { AnchorAlarms } from '../../../constructs/monitoring/anchor-alarms';
import type { AnchorAlarmsProps } from '../../../constructs/monitoring/anchor-alarms-props';
import { AnchorReplica } from '../../../constructs/replication/anchor-replica';
import { AnchorBucket } from '../../../constructs/storage/anchor-bucket';
import { AnchorKey } from '../../../constructs/storage/anchor-key';
import type { WormBucket } from '../../../constructs/storage/worm-bucket';
import { drProvider, foreignStack, type Synthesised, synthesise } from '../../support/infra-stack';
import type { Alarm } from './cloudwatch';
import { jsonText } from './json-text';

export const CHAIN = 'billing';
export const PREFIX = 'audit-anchor/production/';
export const QUEUE = 'not-started';
const SOURCE = 'anchors-production';
const REPLICA = 'anchors-dr-production';
export const REPLICATION = {
  SourceBucket: SOURCE,
  DestinationBucket: REPLICA,
  RuleId: 'replicate-anchors',
};
export const TOPIC = 'arn:aws:sns:eu-central-1:111122223333:on-call';
export const SOURCE_KEY = 'arn:aws:kms:eu-central-1:111122223333:key/1111aaaa';
export const REPLICA_KEY = 'arn:aws:kms:eu-west-1:111122223333:key/2222bbbb';

export interface Built {
  readonly alarms: AnchorAlarms;
  readonly json: Synthesised;
}

/** A bucket with a replica and the alarms on both, with names in place of what Terraform would know. */
export function build(differences: Partial<AnchorAlarmsProps> = {}): Built {
  const stack = foreignStack();
  const bucket = new AnchorBucket(stack, 'Anchors', { bucketName: SOURCE });
  const replica = new AnchorReplica(stack, 'Replica', {
    source: bucket,
    provider: drProvider(stack),
    bucketName: REPLICA,
  });
  const alarms = new AnchorAlarms(stack, 'Alarms', {
    environment: 'production',
    chainIds: [CHAIN],
    bucket,
    replica,
    deadLetterQueueName: QUEUE,
    topicArns: [TOPIC],
    ...differences,
  });
  const known = new Map([
    [`aws_s3_bucket.${bucket.resource.friendlyUniqueId}.id`, SOURCE],
    [`aws_s3_bucket.${replica.bucket.resource.friendlyUniqueId}.id`, REPLICA],
    [`aws_kms_key.${keyOf(bucket)}.arn`, SOURCE_KEY],
    [`aws_kms_key.${keyOf(replica.bucket)}.arn`, REPLICA_KEY],
  ]);
  let text = JSON.stringify(synthesise(stack));
  for (const [reference, name] of known) text = text.replaceAll(`\${${reference}}`, name);
  const json = JSON.parse(text) as Synthesised;
  for (const rule of Object.values(json.resource.aws_cloudwatch_event_rule ?? {})) {
    Object.assign(rule, { event_pattern: jsonText(String(rule.event_pattern), known) });
  }
  return { alarms, json };
}

function keyOf({ encryption: { key } }: WormBucket): string {
  return key instanceof AnchorKey ? key.resource.friendlyUniqueId : 'none';
}

/** The synthesised alarms, by the part of the name behind the environment. */
export function alarmsOf({ json }: Pick<Built, 'json'>): Map<string, Alarm> {
  const made = Object.values(json.resource.aws_cloudwatch_metric_alarm ?? {}) as unknown as Alarm[];
  return new Map(made.map((alarm) => [alarm.alarm_name.replace(PREFIX, ''), alarm]));
}
