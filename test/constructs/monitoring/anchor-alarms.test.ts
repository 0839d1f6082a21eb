import { TerraformElement, TerraformVariable, Token } from 'cdktf';
import {
  type AnchorAlarmsProps,
  longestAlarmedChainId,
} from '../../../constructs/monitoring/anchor-alarms-props';
import { AnchorAlarms } from '../../../constructs/monitoring/anchor-alarms';
import { AnchorBucket } from '../../../constructs/storage/anchor-bucket';
import { AnchorEncryption } from '../../../constructs/storage/anchor-encryption';
import { ObjectLockRetention } from '../../../constructs/storage/object-lock-retention';
import { faultsOf, foreignStack, synthesise } from '../../support/infra-stack';
import { alarmsOf, build, CHAIN, PREFIX, TOPIC } from './alarms-under-test';
import type { Alarm } from './cloudwatch';

const faulty = (given: Partial<AnchorAlarmsProps>) => faultsOf(() => build(given)).map(({ prop }) => prop);
const tokens = new TerraformVariable(foreignStack(), 'list', { type: 'list(string)' }).listValue;

test.each<[string, Partial<AnchorAlarmsProps>, string[]]>([
  ['what is asked for', {}, []],
  ['no chains, a name in capitals', { environment: 'Production', chainIds: [] }, ['environment', 'chainIds']],
  ['a chain that leaves its place', { chainIds: ['a', '../b'] }, ['chainIds[1]']],
  ['the same chain twice', { chainIds: ['a', 'b', 'a'] }, ['chainIds']],
  ['a chain whose alarms have names of 255', { chainIds: ['a'.repeat(203)] }, []],
  ['a chain whose alarms have longer names', { chainIds: ['a'.repeat(204)] }, ['chainIds[0]']],
  ['a long chain that has no alarms', { mode: 'none', chainIds: ['a'.repeat(900)] }, []],
  ['a chain that only Terraform knows', { chainIds: ['${var.chain}'] }, []],
  ['chains whose number only Terraform knows', { chainIds: tokens }, ['chainIds']],
  ['topics that only Terraform knows', { topicArns: tokens }, []],
  [
    'numbers out of bounds',
    { scheduleMinutes: 0, intervalMinutes: 1_441, eventThreshold: 0.5 },
    ['scheduleMinutes', 'intervalMinutes', 'eventThreshold'],
  ],
  ['no verifications', { verifyIntervalMinutes: 0, verifyFullIntervalHours: 0 }, []],
  [
    'verifications that cannot be watched',
    { verifyIntervalMinutes: 4, verifyFullIntervalHours: 167 },
    ['verifyIntervalMinutes', 'verifyFullIntervalHours'],
  ],
  ['the URL of a queue', { deadLetterQueueName: 'https://sqs/1/q' }, ['deadLetterQueueName']],
  ['the cluster by its ARN', { cluster: 'arn:aws-cn:ecs:cn-north-1:111122223333:cluster/a' }, []],
  ['the cluster by another ARN', { cluster: 'arn:aws:ecs:eu-central-1:111122223333:service/a' }, ['cluster']],
  ['the ARN of a log group', { writerLogGroupName: 'arn:aws:logs:x:1:log-group:a' }, ['writerLogGroupName']],
  ['a topic by its name', { topicArns: [TOPIC, 'on-call'] }, ['topicArns[1]']],
  ['a FIFO topic', { topicArns: [`${TOPIC}.fifo`] }, ['topicArns[0]']],
  ['six topics', { topicArns: [1, 2, 3, 4, 5, 6].map((number) => `${TOPIC}${number}`) }, ['topicArns']],
  ['an alias as key', { topicKmsKeyArn: 'alias/aws/sns' }, ['topicKmsKeyArn']],
])('%s', (_, given, expected) => {
  expect(faulty(given)).toEqual(expected);
});

/** What PutMetricAlarm refuses, or CloudWatch cannot evaluate. */
function faultsOfAlarm(alarm: Alarm & { readonly alarm_description: string }): string[] {
  const { period, evaluation_periods: periods, datapoints_to_alarm: toAlarm } = alarm;
  const total = period * periods;
  const checks: readonly [boolean, string][] = [
    [Number.isInteger(period) && period > 0 && period % 60 === 0, `period of ${period} s`],
    [total <= (period >= 3_600 ? 604_800 : 86_400), `${periods} periods of ${period} s`],
    [toAlarm !== undefined && toAlarm >= 1 && toAlarm <= periods, `${toAlarm} of ${periods} datapoints`],
    [['breaching', 'ignore', 'notBreaching'].includes(alarm.treat_missing_data ?? ''), 'missing data'],
    [alarm.alarm_name.length <= 255, `name of ${alarm.alarm_name.length}`],
    [alarm.alarm_description.length <= 1_024, `description of ${alarm.alarm_description.length}`],
    [
      Object.values(alarm.dimensions).every((value) => value.length >= 1 && value.length <= 1_024),
      'dimension',
    ],
  ];
  return checks.filter(([ok]) => !ok).map(([, fault]) => `${alarm.alarm_name}: ${fault}`);
}

test.each<[string, Partial<AnchorAlarmsProps>]>([
  ['defaults', {}],
  [
    'the smallest',
    { intervalMinutes: 1, verifyIntervalMinutes: 5, verifyFullIntervalHours: 1, eventThreshold: 1 },
  ],
  ['the largest', { intervalMinutes: 1_440, verifyIntervalMinutes: 1_440, verifyFullIntervalHours: 166 }],
  ['numbers that do not divide', { intervalMinutes: 239, verifyIntervalMinutes: 239 }],
  ['the fastest schedule', { mode: 'scheduled', scheduleMinutes: 1 }],
  ['a schedule just below an hour', { mode: 'scheduled', scheduleMinutes: 59 }],
  ['the slowest schedule', { mode: 'scheduled', scheduleMinutes: 1_440 }],
  ['the longest names', { environment: 'e'.repeat(32), chainIds: ['c'.repeat(181)] }],
  [
    'the longest descriptions',
    {
      environment: 'e',
      chainIds: ['c'.repeat(longestAlarmedChainId('e'))],
      cluster: `arn:aws-us-gov:ecs:us-gov-west-1:111122223333:cluster/${'c'.repeat(100)}`,
      writerLogGroupName: `/audit-anchor/${'n'.repeat(32)}/writer`,
      deadLetterQueueName: 'q'.repeat(80),
    },
  ],
  [
    'the longest descriptions of a chain of a gateway',
    {
      mode: 'external',
      verifyIntervalMinutes: 60,
      verifyFullIntervalHours: 24,
      environment: 'e',
      chainIds: ['c'.repeat(longestAlarmedChainId('e'))],
    },
  ],
])('CloudWatch takes the alarms: %s', (_, given) => {
  const made = [...alarmsOf(build(given)).values()] as (Alarm & { alarm_description: string })[];
  expect(made.length).toBe(given.mode === 'external' ? 17 : 18);
  expect(made.flatMap(faultsOfAlarm)).toEqual([]);
});

describe('what people read', () => {
  const alarms = Object.values(build().json.resource.aws_cloudwatch_metric_alarm ?? {});

  test.each(
    alarms.map((alarm) => [String(alarm.alarm_name).replace(PREFIX, ''), String(alarm.alarm_description)]),
  )('%s says what it means and what to do first', (name, description) => {
    expect(description).toMatch(/First: '(audit-anchor|aws) [a-z]/);
    // cdktf cannot write them as HCL.
    expect(description).not.toContain('"');
    expect(description.includes(` chain ${CHAIN}`)).toBe(name.startsWith(`${CHAIN}/`));
  });

  const read = (given: Partial<AnchorAlarmsProps>, name: string) =>
    String(
      Object.values(build(given).json.resource.aws_cloudwatch_metric_alarm ?? {}).find(
        ({ alarm_name }) => alarm_name === `${PREFIX}${name}`,
      )?.alarm_description,
    );

  test.each<[string, string, Partial<AnchorAlarmsProps>]>([
    ['writer-silent', "'aws ecs list-tasks --desired-status STOPPED --cluster CLUSTER'", {}],
    ['writer-silent', "'aws ecs list-tasks --desired-status STOPPED --cluster a'", { cluster: 'a' }],
    ['anchoring-fails', "'aws logs tail LOG_GROUP --since 1h'", {}],
    ['anchoring-fails', "'aws logs tail /a/b --since 1h'", { writerLogGroupName: '/a/b' }],
  ])('%s gives the command %s', (name, command, given) => {
    expect(read(given, `${CHAIN}/${name}`)).toContain(`First: ${command}`);
  });

  test.each(['replication-fails', 'replication-lags'])('%s names the bucket to look into', (name) => {
    expect(read({}, name)).toContain(
      "First: 'aws s3api head-object --bucket anchors-production --key KEY' shows ReplicationStatus",
    );
  });

  test('a refusal is an incident only where a finding says so', () => {
    const description = read({}, `${CHAIN}/anchoring-fails`);
    expect(description).toMatch(/read severity of the findings.* tampering is an incident: .*verify --full/);
    expect(description).toMatch(
      /unproven is none yet: .*KEY_UNKNOWN.*restart it after a change of the secret/,
    );
  });

  test('only the alarm of tampering speaks of tampering as a fact', () => {
    const loud = alarms.filter(({ alarm_description }) => /TAMPERING/.test(String(alarm_description)));
    expect(loud.map(({ alarm_name }) => alarm_name)).toEqual([`${PREFIX}${CHAIN}/tampering`]);
  });
});

describe('who is told', () => {
  test('the topics that are given, when an alarm fires and when it is over; no topic is made', () => {
    const { json, alarms } = build();
    expect(json.resource.aws_sns_topic).toBeUndefined();
    expect(alarms.topics.resource).toBeUndefined();
    const local = Object.values(json.resource.aws_cloudwatch_metric_alarm ?? {}).filter(
      ({ provider }) => provider === undefined,
    );
    expect(local.length).toBe(17);
    for (const alarm of local) expect([alarm.alarm_actions, alarm.ok_actions]).toEqual([[TOPIC], [TOPIC]]);
  });

  test('a new topic when none is given: alarms of this environment and rules may publish, over TLS', () => {
    const { json, alarms } = build({ topicArns: [], topicKmsKeyArn: undefined });
    const [id = ''] = Object.keys(json.resource.aws_sns_topic ?? {});
    const arn = `\${aws_sns_topic.${id}.arn}`;
    expect(json.resource.aws_sns_topic?.[id]).toMatchObject({ name: 'audit-anchor-production-alarms' });
    expect(json.resource.aws_sns_topic?.[id]).not.toHaveProperty('kms_master_key_id');
    const [fires] = alarmsOf({ json }).values();
    expect(fires).toMatchObject({ alarm_actions: [arn], ok_actions: [arn] });
    expect(alarms.topics.resource?.friendlyUniqueId).toBe(id);

    const documents = Object.values(json.data.aws_iam_policy_document ?? {});
    const policy = documents.find(({ statement }) => JSON.stringify(statement).includes('sns:Publish'));
    expect(policy?.statement).toEqual([
      {
        sid: 'AllowAlarms',
        effect: 'Allow',
        actions: ['sns:Publish'],
        resources: [arn],
        principals: [{ type: 'Service', identifiers: ['cloudwatch.amazonaws.com'] }],
        condition: [
          expect.objectContaining({ test: 'StringEquals', variable: 'aws:SourceAccount' }),
          {
            test: 'ArnLike',
            variable: 'aws:SourceArn',
            values: [expect.stringMatching(/:cloudwatch:\*:.*:alarm:audit-anchor\/production\/\*$/)],
          },
        ],
      },
      {
        sid: 'AllowRules',
        effect: 'Allow',
        actions: ['sns:Publish'],
        resources: [arn],
        principals: [{ type: 'Service', identifiers: ['events.amazonaws.com'] }],
      },
      expect.objectContaining({ sid: 'DenyInsecureTransport', effect: 'Deny' }),
    ]);
  });

  test('a key for the new topic', () => {
    const topicKmsKeyArn = 'arn:aws:kms:eu-central-1:111122223333:key/4444dddd';
    const { json } = build({ topicArns: [], topicKmsKeyArn });
    expect(Object.values(json.resource.aws_sns_topic ?? {})).toMatchObject([
      { kms_master_key_id: topicKmsKeyArn },
    ]);
  });

  test('with a token Terraform makes a topic for an empty list, and refuses more than five', () => {
    const { json } = build({ topicArns: tokens });
    const [id = ''] = Object.keys(json.resource.aws_sns_topic ?? {});
    const all = `concat(var.list, aws_sns_topic.${id}[*].arn)`;
    const count =
      '${(length(var.list) >= 1) ? (length(var.list) <= 5) ? 0 : tonumber("At most 5 topics can be notified: shorten alarm_sns_topic_arns") : 1}';
    expect(json.resource.aws_sns_topic?.[id]?.count).toBe(count);
    const [policy] = Object.values(json.resource.aws_sns_topic_policy ?? {});
    expect(policy).toMatchObject({ count, arn: `\${aws_sns_topic.${id}[0].arn}` });
    const [fires] = alarmsOf({ json }).values();
    expect(fires).toMatchObject({ alarm_actions: `\${${all}}`, ok_actions: `\${${all}}` });
    const targets = Object.values(json.resource.aws_cloudwatch_event_target ?? {});
    const told = targets.filter(({ provider }) => provider === undefined);
    expect(told.length).toBe(4);
    for (const target of told)
      expect(target).toMatchObject({ count: `\${length(${all})}`, arn: `\${element(${all}, count.index)}` });
  });
});

describe('what is watched', () => {
  const names = (given: Partial<AnchorAlarmsProps>) => [...alarmsOf(build(given)).keys()].sort();

  test('metrics whose writer is not known are not', () => {
    expect(names({ mode: 'none', deadLetterQueueName: undefined })).toEqual([
      'replication-fails',
      'replication-lags',
    ]);
  });

  test('of a program that runs elsewhere: anchors, and verifications only where somebody says that there are some', () => {
    const external = { mode: 'external', replica: undefined, deadLetterQueueName: undefined } as const;
    const anchoring = [
      'billing/access-refused',
      'billing/anchor-age',
      'billing/anchoring-fails',
      'billing/bucket-unfit',
      'billing/clock-skew',
      'billing/database-unfit',
      'billing/no-anchor',
      'billing/retention-ends',
      'billing/tampering',
      'billing/unanchored-events',
    ];
    expect(names(external)).toEqual(anchoring);
    expect(names({ ...external, verifyFullIntervalHours: 24 })).toEqual([
      ...anchoring,
      'billing/verify-full-not-evaluated',
      'billing/verify-full-silent',
    ]);
  });

  test('verifications that do not take place are not missed', () => {
    const without = (given: Partial<AnchorAlarmsProps>) =>
      names({}).filter((name) => !names(given).includes(name));
    expect(without({ verifyIntervalMinutes: 0 })).toEqual([
      'billing/verify-latest-not-evaluated',
      'billing/verify-latest-silent',
    ]);
    expect(without({ verifyFullIntervalHours: 0 })).toEqual([
      'billing/verify-full-not-evaluated',
      'billing/verify-full-silent',
    ]);
  });

  test('each chain has its own, under ids that do not depend on the others', () => {
    const idsOf = (chainIds: string[]) =>
      Object.keys(build({ chainIds }).json.resource.aws_cloudwatch_metric_alarm ?? {});
    const [both, one] = [idsOf(['a/b', 'billing']), idsOf(['billing'])];
    expect(both.length - one.length).toBe(15);
    expect(both).toEqual(expect.arrayContaining(one));
  });

  test('the lag of the replica in the region of the replica, failures in that of the source', () => {
    const alarms = alarmsOf(build());
    expect(alarms.get('replication-lags')).toMatchObject({
      provider: 'aws.dr',
      metric_name: 'ReplicationLatency',
    });
    expect(alarms.get('replication-fails')).not.toHaveProperty('provider');
  });

  test('without a replica and a key: the bucket alone, and no rule for keys', () => {
    const stack = foreignStack();
    const bucket = new AnchorBucket(stack, 'Anchors', {
      bucketName: 'anchors-small',
      encryption: AnchorEncryption.s3Managed(),
      retention: ObjectLockRetention.complianceDays(3),
    });
    const made = new AnchorAlarms(stack, 'Alarms', { environment: 'test', chainIds: ['a'], bucket });
    const json = synthesise(stack);
    expect(made.replica).toBeUndefined();
    expect(made.alarms.length).toBe(15);
    expect(Object.keys(json.resource.aws_cloudwatch_event_rule ?? {}).length).toBe(2);
    const ends = made.alarms.find(({ metricNameInput }) => metricNameInput === 'RetentionDaysLeft');
    // Half of a retention that is shorter than two months.
    expect(ends?.thresholdInput).toBe(1.5);
  });

  test('with tokens Terraform does the sums', () => {
    const stack = foreignStack();
    const number = new TerraformVariable(stack, 'n', { type: 'number' }).numberValue;
    const bucket = new AnchorBucket(stack, 'Anchors', {
      bucketName: 'anchors',
      retention: ObjectLockRetention.complianceDays(number),
    });
    new AnchorAlarms(stack, 'Alarms', {
      environment: 'test',
      chainIds: [Token.asString('${var.chain}')],
      bucket,
      mode: 'scheduled',
      scheduleMinutes: number,
      intervalMinutes: number,
      eventThreshold: number,
      verifyIntervalMinutes: number,
      verifyFullIntervalHours: number,
    });
    const made = Object.values(synthesise(stack).resource.aws_cloudwatch_metric_alarm ?? {});
    const sums = made.map(({ alarm_name, period, evaluation_periods, threshold }) => [
      String(alarm_name).replace('audit-anchor/test/${var.chain}/', ''),
      period,
      evaluation_periods,
      threshold,
    ]);
    expect(sums).toEqual(
      expect.arrayContaining([
        ['no-anchor', '${max(900, (ceil((max(var.n, var.n) / 4)) * 60))}', 8, 1],
        ['anchor-age', 300, 1, '${max(7200, (max(var.n, var.n) * 120))}'],
        ['writer-silent', '${max(300, (var.n * 60))}', 6, 1],
        ['unanchored-events', '${max(300, (var.n * 60))}', 3, '${(var.n * 10)}'],
        ['retention-ends', '${max(300, (var.n * 60))}', 1, '${min(30, (var.n / 2))}'],
        ['verify-latest-silent', '${(ceil((var.n / 4)) * 60)}', 12, 1],
        ['verify-full-silent', 3_600, '${(var.n + 2)}', 1],
      ]),
    );
  });
});

/** Ids become Terraform addresses. */
test('construct ids', () => {
  const { alarms } = build({ topicArns: [] });
  const addresses = alarms.node
    .findAll()
    .filter((node) => TerraformElement.isTerraformElement(node))
    .filter((element) => 'terraformResourceType' in element)
    .map((element) => `${element.node.path} -> ${String(element.terraformResourceType)}`);
  expect(addresses.sort()).toMatchSnapshot();
});
