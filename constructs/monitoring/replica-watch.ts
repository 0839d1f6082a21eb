import { CloudwatchEventRule } from '@cdktf/provider-aws/lib/cloudwatch-event-rule';
import { CloudwatchEventTarget } from '@cdktf/provider-aws/lib/cloudwatch-event-target';
import type { CloudwatchMetricAlarm } from '@cdktf/provider-aws/lib/cloudwatch-metric-alarm';
import { DataAwsCallerIdentity } from '@cdktf/provider-aws/lib/data-aws-caller-identity';
import { DataAwsIamPolicyDocument } from '@cdktf/provider-aws/lib/data-aws-iam-policy-document';
import { DataAwsPartition } from '@cdktf/provider-aws/lib/data-aws-partition';
import { DataAwsRegion } from '@cdktf/provider-aws/lib/data-aws-region';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy';
import { Fn, type TerraformProvider } from 'cdktf';
import { Construct } from 'constructs';
import { allow, when } from '../storage/policy-document';
import type { WormBucket } from '../storage/worm-bucket';
import { type Tags, tagsFor } from '../tags';
import { alarmPrefix, monitoringName } from './alarm-names';
import { attemptRules } from './delete-attempts';
import { alarmChanges, type EventPattern } from './event-patterns';
import { replicationLags, type WatchedReplication } from './infrastructure-alarms';
import { metricAlarm } from './metric-alarm';
import { NotifyingRule } from './notifying-rule';

export interface ReplicaWatchProps {
  readonly environment: string;
  readonly replication: WatchedReplication;
  readonly replicaBucket: WormBucket;
  /** Topics in the region of the source. */
  readonly topicArns: string[];
  readonly tags: Tags | undefined;
  /** Provider of the region of the source. */
  readonly provider: TerraformProvider | undefined;
}

/**
 * What can be seen in the region of the replica only: how late copies are, and attempts on its bucket and
 * key. Topics are notified from their own region only, so a bus carries it there.
 */
export class ReplicaWatch extends Construct {
  readonly lag: CloudwatchMetricAlarm;

  constructor(scope: Construct, id: string, props: ReplicaWatchProps) {
    super(scope, id);
    const { environment, tags, provider, replicaBucket } = props;
    const lags = replicationLags(props.replication);
    this.lag = metricAlarm(this, lags, {
      prefix: alarmPrefix(environment),
      actions: [],
      tags,
      provider: replicaBucket.provider,
    });
    const { accountId } = new DataAwsCallerIdentity(this, 'Caller', { provider });
    const { partition } = new DataAwsPartition(this, 'Partition', { provider });
    const { id: region } = new DataAwsRegion(this, 'Region', { provider });
    const busArn = `arn:${partition}:events:${region}:${accountId}:event-bus/default`;
    const roleArn = this.newCarrier(props, busArn, accountId);

    const { key } = replicaBucket.encryption;
    const attempts = attemptRules({
      bucketNames: [replicaBucket.bucketName],
      keyArns: key ? [key.keyArn] : [],
    });
    for (const { id: ruleId, name, description, pattern } of attempts) {
      this.carry(props, { id: ruleId, name: `dr-${name}`, description, pattern }, busArn, roleArn);
    }
    const lagChanges = alarmChanges(this.lag.arn);
    const description = 'An alarm on the replica of the audit anchors fires or is over';
    this.carry(props, { id: 'Lag', name: 'dr-lag', description, pattern: lagChanges }, busArn, roleArn);
    new NotifyingRule(this, 'LagNotice', {
      name: monitoringName(environment, 'lag-notice'),
      description,
      pattern: lagChanges,
      message: {
        parts: {
          state: '$.detail.state.value',
          reason: '$.detail.state.reason',
          time: '$.time',
          region: '$.region',
        },
        lines: [
          `${environment}: alarm ${alarmPrefix(environment)}${lags.name} in <region> is now <state>, since <time>.`,
          'Reason: <reason>',
          `First: aws cloudwatch describe-alarms --region <region> --alarm-names ${alarmPrefix(environment)}${lags.name} shows what it means and what to look at.`,
        ],
      },
      topicArns: props.topicArns,
      tags,
      provider,
    });
  }

  private carry(
    { environment, tags, replicaBucket: { provider } }: ReplicaWatchProps,
    rule: {
      readonly id: string;
      readonly name: string;
      readonly description: string;
      readonly pattern: EventPattern;
    },
    busArn: string,
    roleArn: string,
  ): void {
    const name = monitoringName(environment, rule.name);
    const carried = new CloudwatchEventRule(this, `${rule.id}Rule`, {
      provider,
      name,
      description: rule.description,
      eventPattern: Fn.jsonencode(rule.pattern),
      tags: tagsFor(tags, name, 'Audit anchor monitoring'),
    });
    new CloudwatchEventTarget(this, `${rule.id}Target`, {
      provider,
      rule: carried.name,
      arn: busArn,
      roleArn,
    });
  }

  /** The role EventBridge takes on to put events on the bus of the other region, and nowhere else. */
  private newCarrier(
    { environment, tags, provider }: ReplicaWatchProps,
    busArn: string,
    accountId: string,
  ): string {
    const roleName = monitoringName(environment, 'dr-events');
    const trust = new DataAwsIamPolicyDocument(this, 'Trust', {
      provider,
      statement: [
        {
          sid: 'AssumedByRules',
          effect: 'Allow',
          principals: [{ type: 'Service', identifiers: ['events.amazonaws.com'] }],
          actions: ['sts:AssumeRole'],
          condition: [when('StringEquals', 'aws:SourceAccount', accountId)],
        },
      ],
    });
    const role = new IamRole(this, 'Role', {
      provider,
      name: roleName,
      assumeRolePolicy: trust.json,
      tags: tagsFor(tags, roleName, 'Audit anchor monitoring'),
    });
    const document = new DataAwsIamPolicyDocument(this, 'Document', {
      provider,
      statement: [allow('PutEvents', ['events:PutEvents'], [busArn])],
    });
    new IamRolePolicy(this, 'Policy', {
      provider,
      name: 'carry-events',
      role: role.name,
      policy: document.json,
    });
    return role.arn;
  }
}
