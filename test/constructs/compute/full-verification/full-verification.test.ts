import { TerraformVariable } from 'cdktf';
import { FullVerification } from '../../../../constructs/compute/full-verification/full-verification';
import type { FullVerificationProps } from '../../../../constructs/compute/full-verification/full-verification-props';
import { ObjectLockRetention } from '../../../../constructs/storage/object-lock-retention';
import { loadConfig } from '../../../../runtime/config/load';
import { DEFAULTS, ENV } from '../../../../runtime/contract';
import { faultsOfMachine } from '../../../checks/stepfunctions/states-language';
import { bucketIn, DATABASE, HMAC, platformIn, READ_ONLY } from '../../../support/compute';
import { errorOf, faultsOf, resource, statements, synthesise } from '../../../support/infra-stack';
import { containersOf } from '../../../support/tasks';
import { textOf } from '../../../support/terraform/expression';
import { type Surroundings, TerraformModule } from '../../../support/terraform/module';
import { brokenReferences } from '../../../support/terraform-references';

const TOPIC = 'arn:aws:sns:eu-central-1:111122223333:on-call';
const ACCOUNT = '111122223333';
const REGION = 'eu-central-1';
const NAME = 'audit-anchor-full-verify-staging';
const SURROUNDINGS: Surroundings = {
  account: ACCOUNT,
  region: REGION,
  deployRoleArn: `arn:aws:iam::${ACCOUNT}:role/deploy`,
  variables: {},
};

function built(props: Partial<FullVerificationProps> = {}) {
  const { stack, platform } = platformIn();
  const bucket = bucketIn(stack);
  const verification = new FullVerification(stack, 'Verification', {
    platform,
    bucket,
    chainId: 'production',
    tasks: 4,
    databaseSecretArn: READ_ONLY,
    hmacKeysSecretArn: HMAC,
    ...props,
  });
  return { stack, bucket, verification, json: () => synthesise(stack) };
}

function applied(props: Partial<FullVerificationProps> = {}): TerraformModule {
  return new TerraformModule(JSON.stringify(built(props).json()), SURROUNDINGS);
}

const props = (given: Partial<FullVerificationProps>) => faultsOf(() => built(given)).map(({ prop }) => prop);

describe('values', () => {
  test.each<[Partial<FullVerificationProps>, string[]]>([
    [{}, []],
    [{ tasks: 1 }, []],
    [{ tasks: 256 }, []],
    [{ tasks: 0 }, ['tasks']],
    [{ tasks: 257 }, ['tasks']],
    [{ tasks: 1.5 }, ['tasks']],
    [{ shards: 4 }, []],
    [{ shards: 1_000 }, []],
    [{ shards: 3 }, ['shards']],
    [{ shards: 1_001 }, ['shards']],
    [{ cpu: 2_048, memoryMiB: 4_096 }, []],
    [{ cpu: 1_024, memoryMiB: 512 }, ['memoryMiB']],
    [{ cpu: 1_000 }, ['cpu']],
    [{ verifyWorkers: 65 }, ['verifyWorkers']],
    [{ timeoutHours: 1 }, []],
    [{ timeoutHours: 0 }, ['timeoutHours']],
    [{ timeoutHours: 721 }, ['timeoutHours']],
    [{ schedule: 'cron(0 1 ? * SUN *)' }, []],
    [{ schedule: 'rate(7 days)' }, []],
    [{ schedule: 'at(2030-01-15T01:00:00)' }, []],
    [{ schedule: 'weekly' }, ['schedule']],
    [{ schedule: 'rate(0 days)' }, ['schedule']],
    [{ databaseSecretArn: 'postgres://user:password@host/db' }, ['databaseSecretArn']],
    [{ hmacKeysSecretArn: 'x' }, ['hmacKeysSecretArn']],
    [{ secretsKeyArns: ['alias/x'] }, ['secretsKeyArns[0]']],
    [{ writer: { roles: [], databaseSecretArn: READ_ONLY } }, ['databaseSecretArn']],
    [{ writer: { roles: [], databaseSecretArn: `${READ_ONLY}:url::` } }, ['databaseSecretArn']],
    [{ writer: { roles: [], databaseSecretArn: `${HMAC}:url::` } }, ['hmacKeysSecretArn']],
    [{ writer: { roles: [], databaseSecretArn: DATABASE } }, []],
    [{ settings: { chainFormat: 'links' } }, ['settings.chainFormat']],
    [{ chainId: 'a b' }, ['chainId']],
    [{ reportsBucketName: 'audit-reports' }, []],
    [{ reportsBucketName: 'Audit' }, ['reportsBucketName']],
  ])('%j has the faults %j', (given, expected) => {
    expect(props(given)).toEqual(expected);
  });

  test('all faults come at once, and never the secret that stands where an ARN belongs', () => {
    const error = errorOf(() =>
      built({ tasks: 0, schedule: 'x', databaseSecretArn: 'postgres://u:pass@h/d' }),
    );
    expect(error.faults.map(({ prop }) => prop)).toEqual(['databaseSecretArn', 'tasks', 'schedule']);
    expect(error.message).not.toContain('pass@');
  });

  test('a place for reports has the retention of the anchors, and lies outside of their chain', () => {
    const { stack, platform } = platformIn();
    const bucket = bucketIn(stack);
    const make = (id: string, reports: FullVerificationProps['reports']) =>
      faultsOf(
        () =>
          new FullVerification(stack, id, {
            platform,
            bucket,
            chainId: 'production',
            name: id.toLowerCase(),
            tasks: 1,
            databaseSecretArn: READ_ONLY,
            hmacKeysSecretArn: HMAC,
            reports,
          }),
      ).map(({ prop }) => prop);
    expect(make('A', { bucket, prefix: 'production/reports/' })).toEqual(['reports.prefix']);
    expect(make('B', { bucket, prefix: 'reports' })).toEqual(['reports.prefix']);
    expect(make('C', { bucket, prefix: '../' })).toEqual(['reports.prefix']);
    expect(make('D', { bucket, prefix: 'full-verification/' })).toEqual([]);
    const other = platformIn().stack;
    const shorter = bucketIn(other, {
      bucketName: 'reports',
      retention: ObjectLockRetention.complianceDays(30),
    });
    const both = { bucket, prefix: 'full/' };
    expect(props({ reports: both, reportsBucketName: 'x-reports' })).toContain('reportsBucketName');
    expect(make('E', { bucket: shorter, prefix: 'x/' })).toEqual(['reports.bucket']);
  });

  test('what only Terraform knows is accepted, and arrives', () => {
    const { stack, platform } = platformIn();
    const number = new TerraformVariable(stack, 'number', { type: 'number' });
    new FullVerification(stack, 'Verification', {
      platform,
      bucket: bucketIn(stack),
      chainId: 'production',
      tasks: number.numberValue,
      timeoutHours: number.numberValue,
      databaseSecretArn: READ_ONLY,
      hmacKeysSecretArn: HMAC,
    });
    const { definition } = resource(synthesise(stack), 'aws_sfn_state_machine');
    expect(definition).toContain('"MaxConcurrency" = var.number');
    expect(definition).toContain("'--plan', '${tostring(var.number)}'");
    expect(definition).toContain('"TimeoutSeconds" = (var.number * 3600)');
    expect(definition).toContain("'--max-age', '${tostring(var.number)}'");
  });
});

describe('the state machine', () => {
  const [machine = {}] = [...applied().instances('aws_sfn_state_machine').values()];
  const definition = JSON.parse(textOf(machine['definition'], 'definition')) as {
    readonly TimeoutSeconds: number;
    readonly States: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };

  test('is what Step Functions takes, with every reference resolved', () => {
    expect(faultsOfMachine(definition)).toEqual([]);
    expect(machine).toMatchObject({ name: NAME, type: 'STANDARD' });
    expect(machine['definition']).not.toContain('${');
    expect(brokenReferences(built({ schedule: 'rate(1 day)', topicArns: [TOPIC] }).json())).toEqual([]);
  });

  test('runs its task in its cluster, without a public address, for a day at most', () => {
    expect(definition.TimeoutSeconds).toBe(86_400);
    expect(definition.States['Plan']).toMatchObject({
      Resource: 'arn:aws:states:::ecs:runTask.sync',
      Parameters: {
        Cluster: `arn:aws:ecs:${REGION}:${ACCOUNT}:cluster/audit-anchor-staging`,
        TaskDefinition: `arn:aws:ecs:${REGION}:${ACCOUNT}:task-definition/${NAME}:1`,
        LaunchType: 'FARGATE',
        NetworkConfiguration: {
          AwsvpcConfiguration: { Subnets: ['subnet-0a1b2c3d4e5f67890'], AssignPublicIp: 'DISABLED' },
        },
        Overrides: { ContainerOverrides: [{ Name: 'audit-anchor' }] },
      },
    });
  });

  test('logs every step, and no data', () => {
    expect(machine['logging_configuration']).toMatchObject({ level: 'ALL', include_execution_data: false });
    expect(machine['tracing_configuration']).toBeUndefined();
  });
});

describe('roles', () => {
  const { verification, bucket, json } = built({ schedule: 'rate(7 days)' });
  const synthesised = json();
  const of = (document: Parameters<typeof statements>[1]) =>
    [...statements(synthesised, document)].map(([sid, { actions, resources, condition }]) => [
      sid,
      actions,
      resources,
      condition?.map((each) => `${each.test} ${each.variable}`) ?? [],
    ]);

  test('the state machine runs and follows its own tasks, hands over two roles, and starts its own children', () => {
    const rows = of(verification.role.document);
    expect(rows.map(([sid, actions, , conditions]) => [sid, actions, conditions])).toEqual([
      ['RunTasks', ['ecs:RunTask'], ['ArnEquals ecs:cluster']],
      ['FollowTasks', ['ecs:DescribeTasks', 'ecs:StopTask'], ['ArnEquals ecs:cluster']],
      ['HandOverRoles', ['iam:PassRole'], ['StringEquals iam:PassedToService']],
      ['HearOfEndedTasks', ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'], []],
      ['StartChildren', ['states:StartExecution'], []],
      ['FollowChildren', ['states:DescribeExecution', 'states:StopExecution'], []],
      [
        'DeliverLogs',
        [
          'logs:CreateLogDelivery',
          'logs:GetLogDelivery',
          'logs:UpdateLogDelivery',
          'logs:DeleteLogDelivery',
          'logs:ListLogDeliveries',
          'logs:PutResourcePolicy',
          'logs:DescribeResourcePolicies',
          'logs:DescribeLogGroups',
        ],
        [],
      ],
    ]);
    const everything = rows
      .filter(([, , resources]) => (resources as string[]).includes('*'))
      .map(([sid]) => sid);
    expect(everything).toEqual(['DeliverLogs']);
    const passed = rows.find(([sid]) => sid === 'HandOverRoles')?.[2];
    expect(passed).toHaveLength(2);
  });

  test('only Step Functions, for this machine of this account, takes the role on', () => {
    const trust = Object.entries(synthesised.data['aws_iam_policy_document'] ?? {}).find(([name]) =>
      name.includes('Verification_Machine_Trust'),
    )?.[1] as {
      readonly statement: readonly { readonly condition: readonly { readonly values: string[] }[] }[];
    };
    expect(trust.statement).toEqual([
      expect.objectContaining({
        principals: [{ type: 'Service', identifiers: ['states.amazonaws.com'] }],
      }),
    ]);
    expect(trust.statement[0]?.condition.flatMap(({ values }) => values).at(-1)).toMatch(
      /:stateMachine:audit-anchor-full-verify-staging\/\*$/,
    );
  });

  const policy = (name: string): readonly Readonly<Record<string, unknown>>[] => {
    const document = Object.entries(synthesised.data['aws_iam_policy_document'] ?? {}).find(([each]) =>
      each.includes(name),
    )?.[1];
    return (document?.['statement'] ?? []) as readonly Readonly<Record<string, unknown>>[];
  };

  test('tasks write each report once, locked, into their prefix, and delete nothing', () => {
    const rows = policy('Reports_Tasks_Document');
    const prefix = `\${${verification.reports.bucket.resource.terraformResourceType}.${verification.reports.bucket.resource.friendlyUniqueId}.arn}/full-verification/*`;
    const create = rows.find(({ sid }) => sid === 'CreateReports');
    expect(create).toMatchObject({
      actions: ['s3:PutObject'],
      resources: [prefix],
      condition: expect.arrayContaining([
        { test: 'Null', variable: 's3:if-none-match', values: ['false'] },
        { test: 'StringEquals', variable: 's3:object-lock-mode', values: ['COMPLIANCE'] },
        {
          test: 'NumericGreaterThanEquals',
          variable: 's3:object-lock-remaining-retention-days',
          values: ['399'],
        },
      ]) as unknown,
    });
    const actions = rows.flatMap((row) => row['actions'] as string[]);
    expect(actions.filter((action) => /Delete|Bypass|\*|LegalHold/.test(action))).toEqual([]);
  });

  test('the same tasks only read anchors', () => {
    const actions = policy('Grants_Verify_Document').flatMap((row) => row['actions'] as string[]);
    expect(actions.filter((action) => !/^(s3:(Get|List)|kms:Decrypt$)/.test(action))).toEqual([]);
    expect(bucket.bucketName).not.toBe(verification.reports.bucket.bucketName);
  });

  test('the state machine reads the numbers of shards and no other object', () => {
    expect(policy('Reports_StateMachine_Document')[0]).toMatchObject({
      actions: ['s3:GetObject'],
      resources: [expect.stringMatching(/\/full-verification\/\*\/shards\.json$/)],
    });
  });

  test('the schedule starts this machine, and tells the queue of what it could not start', () => {
    const { schedule } = verification;
    expect(schedule && of(schedule.document).map(([sid, actions]) => [sid, actions])).toEqual([
      ['StartVerification', ['states:StartExecution']],
      ['ReportWhatDidNotStart', ['sqs:SendMessage']],
    ]);
    expect(resource(synthesised, 'aws_scheduler_schedule')).toMatchObject({
      schedule_expression: 'rate(7 days)',
      schedule_expression_timezone: 'UTC',
    });
  });
});

describe('reports', () => {
  test('go to a locked bucket with all guards of anchors, and disappear after their retention', () => {
    const module = applied();
    const locks = [...module.instances('aws_s3_bucket_object_lock_configuration').values()];
    expect(locks.map(({ rule }) => rule)).toEqual([
      { default_retention: { mode: 'COMPLIANCE', days: 400 } },
      { default_retention: { mode: 'COMPLIANCE', days: 400 } },
    ]);
    const { verification, json } = built();
    const { policy, lifecycle } = verification.reports.bucket as ReturnType<typeof bucketIn>;
    expect([...statements(json(), policy.document).keys()]).toEqual(
      expect.arrayContaining([
        'DenyDelete',
        'DenyUnconditionalCreate',
        'DenyWithoutObjectLock',
        'DenyShortLock',
      ]),
    );
    expect(JSON.stringify(lifecycle.resource.ruleInput)).toContain('401');
  });

  test('go to a prefix of a bucket that is given', () => {
    const { stack, platform } = platformIn();
    const bucket = bucketIn(stack);
    const reports = { bucket, prefix: 'reports/full/' };
    new FullVerification(stack, 'Verification', {
      platform,
      bucket,
      chainId: 'production',
      tasks: 1,
      databaseSecretArn: READ_ONLY,
      hmacKeysSecretArn: HMAC,
      reports,
    });
    const json = synthesise(stack);
    expect(Object.keys(json.resource['aws_s3_bucket'] ?? {})).toHaveLength(1);
    expect(resource(json, 'aws_sfn_state_machine')['definition']).toContain('/reports/full/{}/');
  });
});

test('the task is configured as the runtime reads it', () => {
  const container = containersOf(applied({ intervalMinutes: 30 })).get(NAME);
  expect(container?.command).toEqual(['verify', '--full']);
  const secrets = {
    [ENV.databaseUrl]: 'postgres://verifier:v@db.internal/audit?sslmode=verify-full',
    [ENV.hmacKeys]: JSON.stringify({ k1: Buffer.alloc(32, 'k').toString('base64') }),
  };
  expect(container?.secrets).toEqual({ [ENV.databaseUrl]: READ_ONLY, [ENV.hmacKeys]: HMAC });
  const need = { bucket: true, database: true, hmacKeys: true } as const;
  const config = loadConfig({ ...container?.environment, ...secrets }, need, () => {
    throw new Error('a task has no files of its own');
  });
  expect(config).toMatchObject({
    bucket: 'anchors',
    chainId: 'production',
    retentionDays: DEFAULTS.retentionDays,
    intervalMinutes: 30,
    output: 'log',
    httpPort: null,
  });
});

test.each<[Partial<FullVerificationProps>, string]>([
  [{}, '1'],
  [{ cpu: 4_096, memoryMiB: 8_192 }, '4'],
  [{ cpu: 4_096, memoryMiB: 8_192, verifyWorkers: 2 }, '2'],
])('with %j each task has %s readers', (given, readers) => {
  expect(containersOf(applied(given)).get(NAME)?.environment[ENV.verifyWorkers]).toBe(readers);
});

describe('alarms', () => {
  const alarms = [
    ...applied({ topicArns: [TOPIC] })
      .instances('aws_cloudwatch_metric_alarm')
      .values(),
  ];

  test('tell the topics of every end but "verified", and of its end', () => {
    expect(alarms.map(({ metric_name, alarm_name }) => [metric_name, alarm_name]).sort()).toEqual([
      ['ExecutionsAborted', 'audit-anchor/staging/production/full-verification-aborted'],
      ['ExecutionsFailed', 'audit-anchor/staging/production/full-verification-failed'],
      ['ExecutionsTimedOut', 'audit-anchor/staging/production/full-verification-timed-out'],
    ]);
    for (const alarm of alarms) {
      expect(alarm).toMatchObject({ namespace: 'AWS/States', alarm_actions: [TOPIC], ok_actions: [TOPIC] });
      expect(Object.keys(alarm['dimensions'] as object)).toEqual(['StateMachineArn']);
      expect(textOf(alarm['alarm_description'], 'alarm_description').length).toBeLessThanOrEqual(1_024);
      expect(alarm['alarm_description']).toContain('First: ');
    }
  });

  test('without topics there are none, and without a schedule nothing starts by itself', () => {
    const json = built().json();
    expect(json.resource['aws_cloudwatch_metric_alarm']).toBeUndefined();
    expect(json.resource['aws_scheduler_schedule']).toBeUndefined();
    expect(json.resource['aws_sqs_queue']).toBeUndefined();
  });
});
