import assert from 'node:assert/strict';
import { DIMENSIONS, METRIC_NAMESPACE } from '../../../runtime/contract';
import type { Alarm as EvaluatedAlarm } from '../../constructs/monitoring/cloudwatch';
import { textOf } from '../../support/terraform/expression';
import type { MotoApi } from '../terraform/moto-api';
import type { Deployment } from './deployment';
import type { Task } from './task-host';
import { seriesName } from './task-log';

interface Dimension {
  readonly Name: string;
  readonly Value: string;
}

interface Metric {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions: readonly Dimension[];
}

interface Alarm extends Partial<Metric> {
  readonly AlarmArn: string;
  readonly AlarmName: string;
  readonly Statistic: string;
  readonly ComparisonOperator: string;
  readonly Threshold: number;
  readonly Period: number;
  readonly EvaluationPeriods: number;
  readonly DatapointsToAlarm: number;
  readonly TreatMissingData: string;
  readonly AlarmActions: readonly string[];
  readonly OKActions: readonly string[];
  readonly Metrics: readonly { readonly MetricStat?: { readonly Metric: Metric } }[];
}

interface Rule {
  readonly Arn: string;
  readonly EventPattern: string;
  readonly targets: readonly string[];
}

/** What refers to something else in an account, looked up where it has to be. */
export class Wiring {
  constructor(
    private readonly api: MotoApi,
    private readonly deployment: Deployment,
  ) {}

  /** That roles, log groups and dead-letter queues of the tasks exist. */
  async assertTasks(): Promise<void> {
    const { anchoring, anchorSchedule, verifyLatest, verifyFull } = this.deployment;
    for (const { taskRoleArn, executionRoleArn, container } of [
      anchoring,
      verifyLatest.task,
      verifyFull.task,
    ]) {
      for (const arn of [taskRoleArn, executionRoleArn]) await this.role(arn);
      await this.logGroup(container.logConfiguration.options['awslogs-group'] ?? '');
    }
    for (const schedule of [anchorSchedule, verifyLatest, verifyFull]) {
      if (schedule !== undefined) await this.queue(schedule.deadLetterArn);
    }
  }

  /**
   * That every alarm and every rule reaches a topic that exists. Those of the replica's region, where there is none,
   * reach the event bus of the other one.
   */
  async assertNotifies(): Promise<void> {
    const alarms = await this.alarms();
    const rules = await this.rules();
    assert.ok(alarms.length > 0 && rules.length > 0, 'the stack watches nothing');
    for (const { AlarmArn, AlarmActions, OKActions } of alarms) {
      const carried = rules.some(({ EventPattern }) => EventPattern.includes(JSON.stringify(AlarmArn)));
      const told = AlarmActions.length > 0 && OKActions.length > 0;
      assert.ok(told || carried, `${AlarmArn} tells nobody`);
      for (const arn of [...AlarmActions, ...OKActions]) await this.target(arn, regionOf(AlarmArn));
    }
    for (const { Arn, targets } of rules) {
      assert.ok(targets.length > 0, `${Arn} tells nobody`);
      for (const target of targets) await this.target(target, regionOf(Arn));
    }
  }

  /**
   * That each metric of the program that an alarm watches was emitted, under those very dimensions; of failures by cause
   * there is one only where something failed.
   */
  async assertWatched(tasks: readonly Task[]): Promise<void> {
    const emitted = new Set(tasks.flatMap(({ log }) => log.datapoints.map(({ series }) => series)));
    const watched = (await this.alarms())
      .flatMap(metricsOf)
      .filter(({ Namespace }) => Namespace === METRIC_NAMESPACE)
      .filter(({ Dimensions }) => !Dimensions.some(({ Name }) => Name === DIMENSIONS.cause))
      .map(({ Namespace, MetricName, Dimensions }) => seriesName(Namespace, MetricName, byName(Dimensions)));
    assert.ok(watched.length > 0, 'no alarm watches the program');
    assert.deepEqual(
      watched.filter((series) => !emitted.has(series)),
      [],
      'alarms watch series that no task emits',
    );
  }

  /** The alarm of the chain with this last part of its name, as CloudWatch evaluates it. */
  async alarm(name: string): Promise<EvaluatedAlarm> {
    const found = (await this.alarms()).filter(({ AlarmName }) => AlarmName.endsWith(`/${name}`));
    const [alarm, ...others] = found;
    assert.ok(alarm !== undefined && others.length === 0, `${found.length} alarms are called ${name}`);
    return {
      alarm_name: alarm.AlarmName,
      namespace: alarm.Namespace ?? '',
      metric_name: alarm.MetricName ?? '',
      dimensions: byName(alarm.Dimensions ?? []),
      statistic: alarm.Statistic,
      comparison_operator: alarm.ComparisonOperator,
      threshold: alarm.Threshold,
      period: alarm.Period,
      evaluation_periods: alarm.EvaluationPeriods,
      datapoints_to_alarm: alarm.DatapointsToAlarm,
      treat_missing_data: alarm.TreatMissingData,
    };
  }

  /** The alarms of the stack, each from CloudWatch of its own region. */
  private async alarms(): Promise<readonly Alarm[]> {
    const arns = this.valuesOf('aws_cloudwatch_metric_alarm', 'arn');
    const regions = [...new Set(arns.map(regionOf))];
    const replies = regions.map((region) =>
      this.api.json<{ MetricAlarms: Alarm[] }>(
        'monitoring',
        'GraniteServiceVersion20100801.DescribeAlarms',
        {},
        region,
      ),
    );
    const all = (await Promise.all(replies)).flatMap(({ MetricAlarms }) => MetricAlarms);
    const ours = all.filter(({ AlarmArn }) => arns.includes(AlarmArn));
    assert.equal(ours.length, arns.length, 'CloudWatch lacks alarms that Terraform made');
    return ours;
  }

  private valuesOf(type: string, attribute: string): string[] {
    return [...this.deployment.made.instances(type).values()].map((each) =>
      textOf(each[attribute], attribute),
    );
  }

  private async rules(): Promise<readonly Rule[]> {
    const rules = this.valuesOf('aws_cloudwatch_event_rule', 'arn').map(async (arn) => {
      const name = arn.replace(/.*\//, '');
      const region = regionOf(arn);
      const rule = await this.api.json<Omit<Rule, 'targets'>>(
        'events',
        'AWSEvents.DescribeRule',
        { Name: name },
        region,
      );
      const { Targets } = await this.api.json<{ Targets: { Arn: string }[] }>(
        'events',
        'AWSEvents.ListTargetsByRule',
        { Rule: name },
        region,
      );
      return { ...rule, targets: Targets.map(({ Arn }) => Arn) };
    });
    return Promise.all(rules);
  }

  /** Topics are reached from their own region only, buses from others too. */
  private async target(arn: string, from: string): Promise<void> {
    const region = regionOf(arn);
    if (arn.includes(':event-bus/')) {
      const Name = arn.replace(/.*\//, '');
      await this.api.json('events', 'AWSEvents.DescribeEventBus', { Name }, region);
      return;
    }
    assert.equal(region, from, `${arn} cannot be reached from ${from}`);
    await this.api.form('sns', 'GetTopicAttributes', { TopicArn: arn }, region);
  }

  private async role(arn: string): Promise<void> {
    const found = await this.api.form('iam', 'GetRole', { RoleName: arn.replace(/.*\//, '') });
    assert.ok(found.includes(`<Arn>${arn}</Arn>`), `there is no role ${arn}`);
  }

  private async logGroup(name: string): Promise<void> {
    const { logGroups } = await this.api.json<{ logGroups: { logGroupName: string }[] }>(
      'logs',
      'Logs_20140328.DescribeLogGroups',
      { logGroupNamePrefix: name },
    );
    assert.ok(
      logGroups.some(({ logGroupName }) => logGroupName === name),
      `there is no log group ${name}`,
    );
  }

  private async queue(arn: string): Promise<void> {
    const QueueName = arn.replace(/.*:/, '');
    await this.api.json('sqs', 'AmazonSQS.GetQueueUrl', { QueueName });
  }
}

function byName(dimensions: readonly Dimension[]): Record<string, string> {
  return Object.fromEntries(dimensions.map(({ Name, Value }) => [Name, Value]));
}

function regionOf(arn: string): string {
  return arn.split(':')[3] ?? '';
}

function metricsOf({ Namespace, MetricName, Dimensions = [], Metrics }: Alarm): Metric[] {
  const inMath = Metrics.flatMap(({ MetricStat }) => MetricStat?.Metric ?? []);
  return Namespace === undefined || MetricName === undefined
    ? inMath
    : [{ Namespace, MetricName, Dimensions }, ...inMath];
}
