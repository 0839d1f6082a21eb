import { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import { TerraformVariable } from 'cdktf';
import { ServiceRole } from '../../../../constructs/access/grantee-role';
import { AnchorService } from '../../../../constructs/compute/tasks/anchor-service';
import type { AnchorServiceProps } from '../../../../constructs/compute/tasks/anchor-service-props';
import type { TaskPlatformProps } from '../../../../constructs/compute/platform/task-platform';
import { ObjectLockRetention } from '../../../../constructs/storage/object-lock-retention';
import { bucketIn, DATABASE, HMAC, platformIn } from '../../../support/compute';
import { errorOf, faultsOf, resource, statements, synthesise } from '../../../support/infra-stack';
import { brokenReferences } from '../../../support/terraform-references';

type Given = Partial<AnchorServiceProps>;

function made(given: Given = {}, platformProps: Partial<TaskPlatformProps> = {}) {
  const { stack, platform } = platformIn(platformProps);
  const bucket = bucketIn(stack);
  const service = new AnchorService(stack, 'Service', {
    platform,
    bucket,
    chainId: 'staging',
    databaseSecretArn: DATABASE,
    hmacKeysSecretArn: HMAC,
    ...given,
  });
  return { stack, platform, bucket, service };
}

const props = (given: Given) => faultsOf(() => made(given)).map(({ prop }) => prop);

describe('values', () => {
  test.each<[Given, string[]]>([
    [{}, []],
    [{ mode: 'scheduled' }, []],
    [{ cpu: 256, memoryMiB: 512 }, []],
    [{ cpu: 256, memoryMiB: 1_536 }, ['memoryMiB']],
    [{ cpu: 256, memoryMiB: 4_096 }, ['memoryMiB']],
    [{ cpu: 512 }, ['memoryMiB']],
    [{ cpu: 512, memoryMiB: 3_072 }, []],
    [{ cpu: 1_024, memoryMiB: 8_192 }, []],
    [{ cpu: 8_192, memoryMiB: 17_408 }, ['memoryMiB']],
    [{ cpu: 16_384, memoryMiB: 122_880 }, []],
    [{ cpu: 300 }, ['cpu']],
    [{ databaseSecretArn: `${DATABASE}:url::` }, []],
    [{ databaseSecretArn: `${DATABASE}:url:AWSCURRENT:` }, []],
    [{ databaseSecretArn: `${DATABASE}:url` }, ['databaseSecretArn']],
    [{ databaseSecretArn: DATABASE.slice(0, -7) }, ['databaseSecretArn']],
    [{ databaseSecretArn: '${var.secret}' }, []],
    [{ hmacKeysSecretArn: 'x' }, ['hmacKeysSecretArn']],
    [{ hmacKeysSecretArn: undefined }, ['hmacKeysSecretArn']],
    [{ hmacKeysSecretArn: undefined, settings: { chainFormat: 'links' } }, []],
    [{ secretsKeyArns: ['alias/x'] }, ['secretsKeyArns[0]']],
    [{ intervalMinutes: 0 }, ['intervalMinutes']],
    [{ intervalMinutes: 1_441 }, ['intervalMinutes']],
    [{ eventThreshold: 0 }, ['eventThreshold']],
    [{ pollSeconds: 3_601 }, ['pollSeconds']],
    [{ pollSeconds: 3_600 }, []],
    [{ mode: 'scheduled', pollSeconds: 5 }, ['pollSeconds']],
    [{ scheduleMinutes: 5 }, ['scheduleMinutes']],
    [{ mode: 'scheduled', scheduleMinutes: 60 }, []],
    [{ mode: 'scheduled', scheduleMinutes: 61 }, ['scheduleMinutes']],
    [{ mode: 'scheduled', scheduleMinutes: 0 }, ['scheduleMinutes']],
    [{ mode: 'scheduled', scheduleMinutes: 10, intervalMinutes: 9 }, ['scheduleMinutes']],
    [{ chainId: 'a/' }, ['chainId']],
    [{ settings: { clockToleranceSeconds: 86_401 } }, ['settings.clockToleranceSeconds']],
    [{ settings: { clockToleranceSeconds: '60' } }, []],
    [{ settings: { clockToleranceSeconds: '1m' } }, ['settings.clockToleranceSeconds']],
    [{ settings: { eventsTable: '' } }, ['settings.eventsTable']],
    [{ settings: { eventsTable: 'a"b' } }, ['settings.eventsTable']],
    [{ settings: { eventsTable: 'a\\b' } }, ['settings.eventsTable']],
    [{ settings: { eventsTable: 'a\nb' } }, ['settings.eventsTable']],
    [{ settings: { chainFormat: 'v2' } }, ['settings.chainFormat']],
    [{ settings: { bucket: 'x' } as never }, ['settings.bucket']],
    [{ settings: { eventTable: 'x' } as never }, ['settings.eventTable']],
  ])('%j has the faults %j', (given, expected) => {
    expect(props(given)).toEqual(expected);
  });

  test('a bucket in GOVERNANCE is refused, since the runtime would refuse it', () => {
    const { stack, platform } = platformIn();
    const bucket = bucketIn(stack, { retention: ObjectLockRetention.governanceDays(1) });
    const given = { platform, bucket, chainId: 'x', databaseSecretArn: DATABASE, hmacKeysSecretArn: HMAC };
    expect(faultsOf(() => new AnchorService(stack, 'Service', given)).map(({ prop }) => prop)).toEqual([
      'bucket',
    ]);
  });

  test('a secret in the place of its ARN is not repeated', () => {
    const error = errorOf(() => made({ databaseSecretArn: 'postgres://writer:hunter2@db/audit' }));
    expect(error.message).toContain('a text of 34 characters that is no ARN');
    expect(error.message).not.toContain('hunter2');
  });

  test.each([
    ['verifyWorkers', 'a setting that "verifier.verifyWorkers" decides', 'remove it and say it there'],
    ['region', 'a setting that the region of the provider decides', 'remove it and say it there'],
    ['httpPort', 'a setting that is the same in every task', 'remove it'],
    ['toString', 'not a setting of the runtime', 'correct the spelling or remove it'],
  ])('%s cannot be chosen here: %s', (name, found, fix) => {
    expect(faultsOf(() => made({ settings: { [name]: 'x' } }))).toMatchObject([
      { prop: `settings.${name}`, found, fix },
    ]);
  });

  test('all faults come at once, and say what to do', () => {
    const error = errorOf(() =>
      made({
        cpu: 256,
        memoryMiB: 640,
        mode: 'scheduled',
        scheduleMinutes: 90,
        hmacKeysSecretArn: undefined,
        settings: { retentionDays: 1, evntsTable: 'x' } as never,
      }),
    );
    expect(error.message).toMatchInlineSnapshot(`
      "foreign/Service: 5 values are not allowed
        - "memoryMiB" is 640; allowed: with "cpu" 256 one of 512, 1024, 2048 MiB; choose one of them, or another "cpu"
        - "settings.retentionDays" is a setting that "retention" of the bucket decides; allowed: clockToleranceSeconds, hmacActiveKeyId, chainFormat, eventsTable, eventsSchema, eventsRelation, eventsColumns, indexColumn, prevHashColumn, hashColumn, keyIdColumn, s3Endpoint; remove it and say it there
        - "settings.evntsTable" is not a setting of the runtime; allowed: clockToleranceSeconds, hmacActiveKeyId, chainFormat, eventsTable, eventsSchema, eventsRelation, eventsColumns, indexColumn, prevHashColumn, hashColumn, keyIdColumn, s3Endpoint; correct the spelling or remove it
        - "hmacKeysSecretArn" is absent; allowed: the ARN of a secret; a foreign chain ("settings.chainFormat" links) alone needs none; name the secret of the HMAC keys
        - "scheduleMinutes" is 90; allowed: a whole number of minutes from 1 to 60; look at least once in "intervalMinutes", or anchors are late"
    `);
  });
});

describe('service', () => {
  test('one task, replaced without overlap, rolled back when it fails', () => {
    const { stack, service, platform } = made();
    const json = synthesise(stack);
    const id = (type: string, name: string | undefined, attribute: string) =>
      `\${${type}.${name}.${attribute}}`;
    expect(resource(json, 'aws_ecs_service')).toMatchObject({
      name: 'audit-anchor-staging',
      cluster: platform.clusterArn && expect.stringMatching(/^\$\{aws_ecs_cluster\.\w+\.arn\}$/),
      task_definition: id('aws_ecs_task_definition', service.taskDefinition.resource.friendlyUniqueId, 'arn'),
      launch_type: 'FARGATE',
      desired_count: 1,
      deployment_maximum_percent: 100,
      deployment_minimum_healthy_percent: 0,
      deployment_circuit_breaker: { enable: true, rollback: true },
      enable_execute_command: false,
      propagate_tags: 'SERVICE',
      wait_for_steady_state: false,
      network_configuration: {
        assign_public_ip: false,
        subnets: ['subnet-0a1b2c3d4e5f67890'],
        security_groups: [id('aws_security_group', platform.network.resource.friendlyUniqueId, 'id')],
      },
    });
    expect(brokenReferences(json)).toEqual([]);
  });

  test('it starts when its roles may do something', () => {
    const { stack } = made();
    const { depends_on } = resource(synthesise(stack), 'aws_ecs_service');
    expect(depends_on).toEqual([
      expect.stringMatching(/^aws_iam_role_policy\.Service_Grants_Write_/),
      expect.stringMatching(/^aws_iam_role_policy\.Service_Execution_/),
    ]);
  });

  test('no schedule, queue or role of a scheduler is made', () => {
    const { stack, service } = made();
    const { resource: types } = synthesise(stack);
    expect(Object.keys(types).filter((type) => /scheduler|sqs/.test(type))).toEqual([]);
    expect(service).toMatchObject({ mode: 'service', scheduler: undefined, deadLetterQueue: undefined });
  });
});

describe('task', () => {
  const task = (given: Given = {}, platformProps: Partial<TaskPlatformProps> = {}) =>
    resource(synthesise(made(given, platformProps).stack), 'aws_ecs_task_definition');

  test('is the smallest of Fargate, on ARM64, and keeps its revisions', () => {
    expect(task()).toMatchObject({
      family: 'audit-anchor-staging',
      requires_compatibilities: ['FARGATE'],
      network_mode: 'awsvpc',
      cpu: '256',
      memory: '512',
      runtime_platform: { cpu_architecture: 'ARM64', operating_system_family: 'LINUX' },
      skip_destroy: true,
    });
  });

  test('can be another', () => {
    expect(task({ cpu: 1_024, memoryMiB: 2_048 }, { cpuArchitecture: 'X86_64' })).toMatchObject({
      cpu: '1024',
      memory: '2048',
      runtime_platform: { cpu_architecture: 'X86_64' },
    });
  });

  test('runs under the role of the writer, and is started under another', () => {
    const { stack, service } = made();
    const { task_role_arn, execution_role_arn } = resource(synthesise(stack), 'aws_ecs_task_definition');
    expect(task_role_arn).toMatch(/^\$\{aws_iam_role\.Service_Role_/);
    expect(execution_role_arn).toBe(
      `\${aws_iam_role.${service.executionRole.role.resource.friendlyUniqueId}.arn}`,
    );
    expect(task_role_arn).not.toBe(execution_role_arn);
  });
});

describe('role', () => {
  test('a role that is granted already is taken, and nothing is granted again', () => {
    const { stack, platform } = platformIn();
    const taskRole = new ServiceRole(stack, 'Writer', { roleName: 'writer' });
    const wait = new IamRole(stack, 'wait', { assumeRolePolicy: '{}' });
    const service = new AnchorService(stack, 'Service', {
      platform,
      bucket: bucketIn(stack),
      chainId: 'staging',
      databaseSecretArn: DATABASE,
      hmacKeysSecretArn: HMAC,
      taskRole,
      dependsOn: [wait],
    });
    const json = synthesise(stack);
    expect(service.taskRole).toBe(taskRole);
    expect(service.node.tryFindChild('Grants')).toBeUndefined();
    expect(resource(json, 'aws_ecs_service').depends_on).toContain('aws_iam_role.wait');
  });

  test('its own role may write the one chain', () => {
    const { stack, service } = made();
    const document = service.node.findChild('Grants').node.findChild('Write').node.findChild('Document');
    const create = statements(synthesise(stack), document as never).get('CreateAnchors');
    expect(create?.resources).toEqual([expect.stringContaining('/staging/????')]);
  });
});

describe('scheduled', () => {
  const schedule = (given: Given = {}) =>
    resource(synthesise(made({ mode: 'scheduled', ...given }).stack), 'aws_scheduler_schedule');

  test('a task is started every five minutes and tried again, or kept for people to see', () => {
    const { stack, service } = made({ mode: 'scheduled' });
    const json = synthesise(stack);
    expect(json.resource.aws_ecs_service).toBeUndefined();
    expect(resource(json, 'aws_scheduler_schedule')).toMatchObject({
      schedule_expression: 'rate(5 minutes)',
      schedule_expression_timezone: 'UTC',
      flexible_time_window: { mode: 'OFF' },
      target: {
        dead_letter_config: {
          arn: `\${aws_sqs_queue.${service.deadLetterQueue?.resource.friendlyUniqueId}.arn}`,
        },
        retry_policy: { maximum_event_age_in_seconds: 300, maximum_retry_attempts: 10 },
        ecs_parameters: {
          launch_type: 'FARGATE',
          task_count: 1,
          network_configuration: { assign_public_ip: false },
        },
      },
    });
    expect(service.scheduleMinutes).toBe(5);
    expect(brokenReferences(json)).toEqual([]);
  });

  test.each<[Given, string]>([
    [{ scheduleMinutes: 1 }, 'rate(1 minute)'],
    [{ scheduleMinutes: 20 }, 'rate(20 minutes)'],
    [{ intervalMinutes: 3 }, 'rate(3 minutes)'],
    [{ intervalMinutes: 1 }, 'rate(1 minute)'],
    [{ intervalMinutes: 600 }, 'rate(5 minutes)'],
  ])('with %j it is %s', (given, expression) => {
    expect(schedule(given).schedule_expression).toBe(expression);
  });

  test('an interval that only Terraform knows is looked at every minute', () => {
    const { stack, platform } = platformIn();
    const interval = new TerraformVariable(stack, 'interval', { type: 'number' });
    const service = new AnchorService(stack, 'Service', {
      platform,
      bucket: bucketIn(stack),
      chainId: 'staging',
      databaseSecretArn: DATABASE,
      hmacKeysSecretArn: HMAC,
      mode: 'scheduled',
      intervalMinutes: interval.numberValue,
    });
    expect(service.scheduleMinutes).toBe(1);
    expect(resource(synthesise(stack), 'aws_ecs_task_definition').container_definitions).toContain(
      '"value" = tostring(var.interval)',
    );
  });

  test('the task anchors once, and answers no health checks', () => {
    const { container_definitions } = resource(
      synthesise(made({ mode: 'scheduled' }).stack),
      'aws_ecs_task_definition',
    );
    expect(container_definitions).toContain('"command" = ["anchor"]');
    expect(container_definitions).not.toContain('healthCheck');
    expect(container_definitions).not.toContain('AUDIT_HTTP_PORT');
  });
});

test('a service whose chain nobody else verifies verifies it itself', () => {
  const minutes = (verifiedElsewhere: boolean) =>
    /AUDIT_VERIFY_INTERVAL_MINUTES", "value" = "(\d+)"/.exec(
      String(
        resource(synthesise(made({ verifiedElsewhere }).stack), 'aws_ecs_task_definition')
          .container_definitions,
      ),
    )?.[1];
  expect(minutes(false)).toBe('60');
  expect(minutes(true)).toBe('0');
});
