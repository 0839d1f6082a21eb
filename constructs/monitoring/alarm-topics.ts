import { DataAwsCallerIdentity } from '@cdktf/provider-aws/lib/data-aws-caller-identity';
import { DataAwsIamPolicyDocument } from '@cdktf/provider-aws/lib/data-aws-iam-policy-document';
import { DataAwsPartition } from '@cdktf/provider-aws/lib/data-aws-partition';
import { SnsTopic } from '@cdktf/provider-aws/lib/sns-topic';
import { SnsTopicPolicy } from '@cdktf/provider-aws/lib/sns-topic-policy';
import { Fn, Op, ref, TerraformCount, type TerraformProvider, Token } from 'cdktf';
import { Construct } from 'constructs';
import { numberWhile } from '../guard';
import { KEY_ARN } from '../storage/anchor-key-reference';
import { allow, denyEveryone, when } from '../storage/policy-document';
import { type Tags, tagsFor } from '../tags';
import { isUnknownAtSynth, type PropCheck, type TextRule } from '../validation';
import { alarmPrefix, monitoringName } from './alarm-names';

export interface AlarmTopicsProps {
  readonly environment: string;
  /** Topics that exist already; for an empty list one is made, and for a token Terraform decides. */
  readonly topicArns: string[];
  /** Key that encrypts the topic made here. */
  readonly topicKmsKeyArn: string | undefined;
  readonly tags: Tags | undefined;
  readonly provider: TerraformProvider | undefined;
}

/** An alarm notifies, and a rule of EventBridge has, five targets at most. */
const MOST_TOPICS = 5;

const TOO_MANY = 'At most 5 topics can be notified: shorten alarm_sns_topic_arns';

const TOPIC_ARN: TextRule = {
  test: (arn) => /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$/.test(arn),
  allowed:
    'the ARN of a standard SNS topic, arn:aws:sns:REGION:ACCOUNT:NAME (CloudWatch notifies no FIFO topic)',
};

/** Faults of the props, also for those who compose this construct. */
export function checkAlarmTopics(
  check: PropCheck,
  { topicArns, topicKmsKeyArn }: { readonly topicArns?: string[]; readonly topicKmsKeyArn?: string },
): void {
  check
    .list('topicArns', topicArns, TOPIC_ARN, 'take it from "aws sns list-topics"')
    .rule(topicArns === undefined || isUnknownAtSynth(topicArns) || topicArns.length <= MOST_TOPICS, {
      prop: 'topicArns',
      found: `${topicArns?.length} topics`,
      allowed: `at most ${MOST_TOPICS}`,
      fix: 'subscribe the others to one of them',
    })
    .text('topicKmsKeyArn', topicKmsKeyArn, KEY_ARN, 'look the ARN up with "aws kms describe-key"');
}

/**
 * Whom alarms and rules tell: the topics given, or one made here when there are none.
 *
 * The topic made here has no KMS key unless one is given: CloudWatch cannot publish under the AWS managed key
 * of SNS, whose policy cannot be changed, and a key of its own costs more than all alarms together, for
 * messages that hold names and numbers only.
 */
export class AlarmTopics extends Construct {
  /** The topic made here; undefined when topics were given. With a token it has a `count` of 0 or 1. */
  readonly resource: SnsTopic | undefined;
  /** ARNs of all topics that are told; a list, or a token for one. */
  readonly arns: string[];

  constructor(scope: Construct, id: string, props: AlarmTopicsProps) {
    super(scope, id);
    const { topicArns } = props;
    const decidedByTerraform = isUnknownAtSynth(topicArns);
    if (!decidedByTerraform && topicArns.length > 0) {
      this.arns = topicArns;
      return;
    }
    const count = decidedByTerraform ? oneIfNone(topicArns) : undefined;
    const name = monitoringName(props.environment, 'alarms');
    this.resource = new SnsTopic(this, 'Resource', {
      provider: props.provider,
      count,
      name,
      displayName: `Audit anchors ${props.environment}`,
      kmsMasterKeyId: props.topicKmsKeyArn,
      tags: tagsFor(props.tags, name, 'Audit anchor monitoring'),
    });
    const made = addressOf(this.resource);
    this.arns = count ? Token.asList(Fn.concat([topicArns, ref(`${made}[*].arn`)])) : [this.resource.arn];
    this.letAlarmsAndRulesPublish(props, count ? `\${${made}[0].arn}` : this.resource.arn, count);
  }

  private letAlarmsAndRulesPublish(
    { environment, provider }: AlarmTopicsProps,
    topicArn: string,
    count: TerraformCount | undefined,
  ): void {
    const { accountId } = new DataAwsCallerIdentity(this, 'Caller', { provider });
    const { partition } = new DataAwsPartition(this, 'Partition', { provider });
    const alarms = `arn:${partition}:cloudwatch:*:${accountId}:alarm:${alarmPrefix(environment)}*`;
    const document = new DataAwsIamPolicyDocument(this, 'Document', {
      provider,
      count,
      statement: [
        {
          ...allow(
            'AllowAlarms',
            ['sns:Publish'],
            [topicArn],
            [when('StringEquals', 'aws:SourceAccount', accountId), when('ArnLike', 'aws:SourceArn', alarms)],
          ),
          principals: [{ type: 'Service', identifiers: ['cloudwatch.amazonaws.com'] }],
        },
        {
          // Without a condition, since EventBridge gives SNS nothing to compare: with one it could not publish.
          ...allow('AllowRules', ['sns:Publish'], [topicArn]),
          principals: [{ type: 'Service', identifiers: ['events.amazonaws.com'] }],
        },
        denyEveryone(
          'DenyInsecureTransport',
          ['sns:Publish'],
          [topicArn],
          [when('Bool', 'aws:SecureTransport', 'false')],
        ),
      ],
    });
    new SnsTopicPolicy(this, 'Policy', {
      provider,
      count,
      arn: topicArn,
      policy: count ? `\${data.${addressOf(document)}[0].json}` : document.json,
    });
  }
}

function addressOf({ terraformResourceType, friendlyUniqueId }: SnsTopic | DataAwsIamPolicyDocument): string {
  return `${terraformResourceType}.${friendlyUniqueId}`;
}

/** One topic when none is named; Terraform refuses more than can be told. */
function oneIfNone(topicArns: string[]): TerraformCount {
  const named = Fn.lengthOf(topicArns);
  const none = numberWhile(Op.lte(named, MOST_TOPICS), 0, TOO_MANY);
  return TerraformCount.of(Token.asNumber(Fn.conditional(Op.gte(named, 1), none, 1)));
}
