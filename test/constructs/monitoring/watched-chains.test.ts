import { TerraformVariable } from 'cdktf';
import { AuditAnchoring } from '../../../constructs/audit-anchoring';
import type { AuditAnchoringProps } from '../../../constructs/audit-anchoring-props';
import { AnchorService } from '../../../constructs/compute/tasks/anchor-service';
import { AnchorAlarms } from '../../../constructs/monitoring/anchor-alarms';
import type { AnchorAlarmsProps } from '../../../constructs/monitoring/anchor-alarms-props';
import { DATABASE, HMAC, PLATFORM, READ_ONLY } from '../../support/compute';
import { drProvider, faultsOf, foreignStack, type Synthesised, synthesise } from '../../support/infra-stack';
import { jsonText } from './json-text';

const COMPUTE: AuditAnchoringProps['compute'] = {
  ...PLATFORM,
  chainId: 'a',
  databaseSecretArn: DATABASE,
  hmacKeysSecretArn: HMAC,
  verifier: { databaseSecretArn: READ_ONLY },
};

const TASKS = {
  environment: 'prod',
  chainIds: ['a', 'b', 'c'],
  compute: COMPUTE,
  alarms: {},
} satisfies AuditAnchoringProps;

function made(props: Partial<AuditAnchoringProps> = {}) {
  const stack = foreignStack();
  return { stack, anchoring: new AuditAnchoring(stack, 'Anchoring', { ...TASKS, ...props }) };
}

const KEY = 'arn:aws:kms:eu-central-1:111122223333:key/1111aaaa';

const NAMES = ['name', 'alarm_name', 'dashboard_name', 'family', 'bucket'] as const;

/** Types and names of everything that has a name of its own in AWS; parts of something else are named after that. */
function physicalNames({ resource }: Synthesised): string[] {
  return Object.entries(resource).flatMap(([type, blocks]) =>
    Object.values(blocks).flatMap((block) => {
      const name = NAMES.map((key) => block[key]).find((value) => typeof value === 'string');
      const part = [block.role, block.rule, block.bucket].some((value) => String(value).includes('${aws_'));
      return name === undefined || part ? [] : [`${type} ${name}`];
    }),
  );
}

const alarmNames = (json: Synthesised) =>
  Object.values(json.resource.aws_cloudwatch_metric_alarm ?? {}).map(({ alarm_name }) =>
    String(alarm_name).replace('audit-anchor/prod/', ''),
  );

/** Chain by chain how many alarms it has; those of no chain are left out. */
function alarmsByChain(json: Synthesised): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of alarmNames(json)) {
    const [chain = '', rest] = name.split('/');
    if (rest !== undefined) counts[chain] = (counts[chain] ?? 0) + 1;
  }
  return counts;
}

function repeated(names: readonly string[]): string[] {
  return names.filter((name, index) => names.indexOf(name) !== index);
}

const GATEWAY = [
  'access-refused',
  'anchor-age',
  'anchoring-fails',
  'bucket-unfit',
  'clock-skew',
  'database-unfit',
  'no-anchor',
  'retention-ends',
  'tampering',
  'unanchored-events',
];

describe('AuditAnchoring', () => {
  test('watches every chain: that of its tasks, and those of the gateway by what the gateway emits', () => {
    const { stack, anchoring } = made();
    const json = synthesise(stack);
    expect(alarmsByChain(json)).toEqual({ a: 15, b: 10, c: 10 });
    expect(
      alarmNames(json)
        .filter((name) => name.startsWith('b/'))
        .sort(),
    ).toEqual(GATEWAY.map((name) => `b/${name}`));
    expect(anchoring.gatewayAlarms?.alarms.length).toBe(20);
    expect(repeated(physicalNames(json))).toEqual([]);
  });

  test('watches all chains of a gateway where nothing runs here', () => {
    const { stack, anchoring } = made({ compute: undefined });
    expect(alarmsByChain(synthesise(stack))).toEqual({ a: 10, b: 10, c: 10 });
    expect(anchoring.gatewayAlarms).toBeUndefined();
  });

  test('leaves a gateway alone that emits no metrics', () => {
    const gateway = { emitsMetrics: false };
    expect(alarmsByChain(synthesise(made({ gateway }).stack))).toEqual({ a: 15 });
    const without = synthesise(made({ gateway, compute: undefined }).stack);
    expect(alarmsByChain(without)).toEqual({});
    expect(Object.keys(without.resource.aws_sns_topic ?? {}).length).toBe(1);
  });

  test('has one set of alarms for the only chain, also where a token hides which it is', () => {
    expect(alarmsByChain(synthesise(made({ chainIds: ['${var.a}'] }).stack))).toEqual({ a: 15 });
  });

  test('watches what the verifier of a foreign chain could not look at, not its result', () => {
    const watched = (settings?: NonNullable<AuditAnchoringProps['compute']>['settings']) =>
      Object.values(
        synthesise(made({ compute: { ...COMPUTE, settings } }).stack).resource.aws_cloudwatch_metric_alarm ??
          {},
      )
        .filter(({ alarm_name }) => /verify-(latest|full)-not/.test(String(alarm_name)))
        .map(({ metric_name, threshold, dimensions }) => [metric_name, threshold, dimensions]);
    expect(watched({ chainFormat: 'links' })).toEqual([
      ['FindingsBySeverity', 0, { ChainId: 'a', Severity: 'unproven', Scope: 'full' }],
      ['FindingsBySeverity', 0, { ChainId: 'a', Severity: 'unproven', Scope: 'latest' }],
    ]);
    expect(watched()).toEqual([
      ['VerificationResult', 1, { ChainId: 'a', Scope: 'full' }],
      ['VerificationResult', 1, { ChainId: 'a', Scope: 'latest' }],
    ]);
  });

  test('each chain has the thresholds of its own writer', () => {
    const { stack } = made({
      compute: { ...COMPUTE, intervalMinutes: 30, eventThreshold: 7 },
      gateway: { intervalMinutes: 360, eventThreshold: 50 },
    });
    const thresholds = Object.values(synthesise(stack).resource.aws_cloudwatch_metric_alarm ?? {})
      .filter(({ alarm_name }) => /[ab]\/(anchor-age|unanchored-events)$/.test(String(alarm_name)))
      .map(({ alarm_name, threshold }) => [String(alarm_name).replace('audit-anchor/prod/', ''), threshold]);
    expect(Object.fromEntries(thresholds)).toEqual({
      'a/anchor-age': 7_200,
      'a/unanchored-events': 70,
      'b/anchor-age': 43_200,
      'b/unanchored-events': 500,
    });
  });

  test('the dashboard shows every chain, with the line of its own interval', () => {
    const lines = (props: Partial<AuditAnchoringProps>) => {
      const json = synthesise(made({ dashboard: true, ...props }).stack);
      const [board] = Object.values(json.resource.aws_cloudwatch_dashboard ?? {});
      const { widgets } = JSON.parse(jsonText(String(board?.dashboard_body), new Map())) as {
        widgets: { properties: { title: string; annotations?: { horizontal: { value: number }[] } } }[];
      };
      return widgets.flatMap(({ properties: { title, annotations } }) =>
        annotations === undefined ? [] : [`${title[0]} ${annotations.horizontal[0]?.value}`],
      );
    };
    const gateway = { intervalMinutes: 360 };
    expect(lines({ gateway })).toEqual(['a 7200', 'b 43200', 'c 43200']);
    expect(lines({ gateway, compute: undefined })).toEqual(['a 43200', 'b 43200', 'c 43200']);
    expect(lines({ compute: { ...COMPUTE, intervalMinutes: 360 } })).toEqual(['a 43200', 'b 7200', 'c 7200']);
    // Which of them is that of the tasks nobody knows: none is drawn twice.
    const hidden = { ...COMPUTE, chainId: '${var.a}' };
    expect(lines({ compute: hidden, alarms: undefined })).toHaveLength(1);
  });

  const list = new TerraformVariable(foreignStack(), 'list', { type: 'list(string)' }).listValue;

  test.each<[string, Partial<AuditAnchoringProps>, string[]]>([
    ['chains whose number only Terraform knows', { chainIds: list }, ['chainIds']],
    ['the same without alarms', { chainIds: list, alarms: undefined }, []],
    ['the same where the gateway emits nothing', { chainIds: list, gateway: { emitsMetrics: false } }, []],
    ['tasks for one of the chains, nobody knows which', { chainIds: ['${var.a}', 'b'] }, ['compute.chainId']],
    ['tasks for the only chain, written otherwise', { chainIds: ['${var.a}'] }, []],
    [
      'numbers out of bounds',
      { gateway: { intervalMinutes: 0, eventThreshold: 0.5 } },
      ['gateway.intervalMinutes', 'gateway.eventThreshold'],
    ],
  ])('%s', (_, props, expected) => {
    expect(faultsOf(() => made(props)).map(({ prop }) => prop)).toEqual(expected);
  });
});

describe('AnchorAlarms alongside others', () => {
  /** The stack of the README: a service per chain, each watched as what it is. */
  function serviceForB(given: Partial<AnchorAlarmsProps> = {}, props: Partial<AuditAnchoringProps> = {}) {
    const { stack, anchoring } = made({ chainIds: ['a', 'b'], gateway: { emitsMetrics: false }, ...props });
    const { bucket, compute, alarms } = anchoring;
    if (!compute || !alarms) throw new Error('no tasks or no alarms');
    const service = new AnchorService(stack, 'ServiceOfB', {
      platform: compute.platform,
      name: 'b',
      bucket,
      chainId: 'b',
      databaseSecretArn: DATABASE,
      hmacKeysSecretArn: HMAC,
      mode: 'scheduled',
    });
    const further = new AnchorAlarms(stack, 'AlarmsOfB', {
      environment: 'prod',
      chainIds: ['b'],
      bucket,
      alongside: alarms,
      mode: service.mode,
      scheduleMinutes: service.scheduleMinutes,
      deadLetterQueueName: 'not-started-b',
      ...given,
    });
    return { stack, alarms, further };
  }

  test('no name is made twice, and the topics are the same', () => {
    const { stack, alarms, further } = serviceForB();
    const json = synthesise(stack);
    expect(physicalNames(json).length).toBeGreaterThan(50);
    expect(repeated(physicalNames(json))).toEqual([]);
    expect(alarmsByChain(json)).toEqual({ a: 15, b: 15, 'not-started-b': 1 });
    expect(further.topics).toBe(alarms.topics);
    expect([further.attempts, further.replica]).toEqual([undefined, undefined]);
    expect(further.alarms.map(({ alarmActionsInput }) => alarmActionsInput)).toEqual(
      Array(16).fill(alarms.topics.arns),
    );
    expect(Object.keys(json.resource.aws_sns_topic ?? {}).length).toBe(1);
  });

  test('what an environment has once cannot be given again', () => {
    const stack = foreignStack();
    const other = new AuditAnchoring(stack, 'Other', { environment: 'other' });
    const prop = (given: Partial<AnchorAlarmsProps>) =>
      faultsOf(() => serviceForB(given)).map((fault) => fault.prop);
    expect(prop({ environment: 'other' })).toEqual(['environment']);
    expect(prop({ bucket: other.bucket })).toEqual(['bucket']);
    expect(prop({ topicArns: [], topicKmsKeyArn: KEY })).toEqual(['topicArns', 'topicKmsKeyArn']);
  });

  test('a second set of names is a fault, not an alarm that overwrites another', () => {
    expect(faultsOf(() => serviceForB({ alongside: undefined }))).toEqual([
      {
        prop: 'environment',
        found: '"prod", which foreign/Anchoring/Alarms watches',
        allowed: 'an environment that has no alarms in this stack',
        fix: 'pass the alarms that there are as "alongside"',
      },
    ]);
    expect(faultsOf(() => serviceForB({}, { gateway: {} }))).toMatchObject([
      { prop: 'chainIds', found: '"b", which foreign/Anchoring/GatewayAlarms watches' },
    ]);
  });

  test('another environment and another region have names of their own', () => {
    const { stack, anchoring } = made();
    expect(
      faultsOf(() => new AuditAnchoring(stack, 'Staging', { environment: 'staging', alarms: {} })),
    ).toEqual([]);
    const { bucket } = anchoring;
    const there = { environment: 'prod', chainIds: ['a'], bucket, provider: drProvider(stack) };
    expect(faultsOf(() => new AnchorAlarms(stack, 'There', there))).toEqual([]);
  });
});
