import { CloudwatchEventRule } from '@cdktf/provider-aws/lib/cloudwatch-event-rule';
import { CloudwatchEventTarget } from '@cdktf/provider-aws/lib/cloudwatch-event-target';
import { Fn, TerraformCount, type TerraformProvider, Token } from 'cdktf';
import { Construct } from 'constructs';
import { type Tags, tagsFor } from '../tags';
import { isUnknownAtSynth } from '../validation';
import type { EventPattern } from './event-patterns';

/** What is told about an event: parts of it by name, and lines that hold them as `<name>`, without quotes. */
export interface Message {
  readonly parts: Readonly<Record<string, string>>;
  readonly lines: readonly string[];
}

export interface NotifyingRuleProps {
  readonly name: string;
  /** What it means and what to do first, at most 512 characters. */
  readonly description: string;
  readonly pattern: EventPattern;
  readonly message: Message;
  /** Topics that are told; a list, or a token for one. */
  readonly topicArns: string[];
  readonly tags: Tags | undefined;
  readonly provider: TerraformProvider | undefined;
}

/** A rule of EventBridge that tells topics, in words, what happened. */
export class NotifyingRule extends Construct {
  readonly resource: CloudwatchEventRule;

  constructor(scope: Construct, id: string, props: NotifyingRuleProps) {
    super(scope, id);
    const { provider, name, message, topicArns } = props;
    this.resource = new CloudwatchEventRule(this, 'Resource', {
      provider,
      name,
      description: props.description,
      eventPattern: Fn.jsonencode(props.pattern),
      tags: tagsFor(props.tags, name, 'Audit anchor monitoring'),
    });
    const target = {
      provider,
      rule: this.resource.name,
      // Every line is a JSON string of its own; EventBridge joins them.
      inputTransformer: {
        inputPaths: { ...message.parts },
        // As an expression, since cdktf would end a text of several lines with a newline in HCL.
        inputTemplate: Fn.join(
          '\n',
          message.lines.map((line) => Fn.rawString(JSON.stringify(line))),
        ),
      },
    };
    if (isUnknownAtSynth(topicArns)) {
      const count = TerraformCount.of(Token.asNumber(Fn.lengthOf(topicArns)));
      const arn = Token.asString(Fn.element(topicArns, count.index));
      new CloudwatchEventTarget(this, 'Targets', { ...target, count, arn });
      return;
    }
    topicArns.forEach((arn, index) => new CloudwatchEventTarget(this, `Target${index}`, { ...target, arn }));
  }
}
