import { AuditAnchoring } from '../../../constructs/audit-anchoring';
import type { AnchoringComputeOptions, AuditAnchoringProps } from '../../../constructs/audit-anchoring-props';
import { TerraformVariable } from 'cdktf';
import { DATABASE, HMAC, PLATFORM, READ_ONLY } from '../../support/compute';
import {
  drProvider,
  errorOf,
  faultsOf,
  foreignStack,
  resource,
  statements,
  synthesise,
  synthesised,
} from '../../support/infra-stack';
import { brokenReferences } from '../../support/terraform-references';

const COMPUTE: AnchoringComputeOptions = {
  image: PLATFORM.image,
  vpcId: PLATFORM.vpcId,
  subnetIds: PLATFORM.subnetIds,
  databaseSecretArn: DATABASE,
  hmacKeysSecretArn: HMAC,
  verifier: { databaseSecretArn: READ_ONLY },
};

function made(compute: Partial<AnchoringComputeOptions> = {}, props: Partial<AuditAnchoringProps> = {}) {
  const stack = foreignStack();
  const anchoring = new AuditAnchoring(stack, 'Anchoring', {
    environment: 'staging',
    compute: { ...COMPUTE, ...compute },
    ...props,
  });
  const { compute: tasks } = anchoring;
  if (!tasks) throw new Error('no tasks were made');
  return { stack, anchoring, tasks };
}

const faults = (...given: Parameters<typeof made>) => faultsOf(() => made(...given)).map(({ prop }) => prop);

test('nothing runs unless it is asked for', () => {
  const stack = foreignStack();
  expect(new AuditAnchoring(stack, 'Anchoring', { environment: 'staging' }).compute).toBeUndefined();
  expect(Object.keys(synthesise(stack).resource).filter((type) => /ecs|scheduler|sqs/.test(type))).toEqual(
    [],
  );
});

test('faults of all parts come at once, under the names of their groups', () => {
  const error = errorOf(() =>
    made(
      {
        image: 'x',
        vpcId: 'x',
        databaseSecretArn: 'x',
        intervalMinutes: 0,
        chainId: 'other',
        verifier: { databaseSecretArn: 'x', cpu: 1, taskRole: 'gateway' },
      },
      { environment: 'X', writerRole: 'gateway', chainIds: ['a', 'b'], alarms: { topicArns: ['x'] } },
    ),
  );
  expect(error.path).toBe('foreign/Anchoring');
  expect(error.faults.map(({ prop }) => prop).sort()).toEqual([
    'alarms.topicArns[0]',
    'compute.chainId',
    'compute.databaseSecretArn',
    'compute.image',
    'compute.intervalMinutes',
    'compute.verifier.cpu',
    'compute.verifier.databaseSecretArn',
    'compute.verifier.databaseSecretArn',
    'compute.verifier.taskRole',
    'compute.vpcId',
    'environment',
  ]);
});

describe('chain', () => {
  const chainOf = (...given: Parameters<typeof made>) =>
    /AUDIT_ANCHOR_CHAIN_ID", "value" = ("[^"]*"|[\w.]+)/.exec(
      String(
        resource(synthesise(made(...given).stack), 'aws_ecs_task_definition', 'Service_Task')
          .container_definitions,
      ),
    )?.[1];

  test('is the only one, or the one that is named', () => {
    expect(chainOf()).toBe('"staging"');
    expect(chainOf({}, { chainIds: ['a'] })).toBe('"a"');
    expect(chainOf({ chainId: 'b' }, { chainIds: ['a', 'b'] })).toBe('"b"');
  });

  test('has to be named when there are several, and has to be one of them', () => {
    expect(faults({}, { chainIds: ['a', 'b'] })).toEqual(['compute.chainId']);
    expect(faults({ chainId: 'c' }, { chainIds: ['a', 'b'] })).toEqual(['compute.chainId']);
    expect(faults({ chainId: 'c' })).toEqual(['compute.chainId']);
  });

  test('can be known to Terraform only', () => {
    const stack = foreignStack();
    const list = new TerraformVariable(stack, 'list', { type: 'list(string)' });
    const build = (id: string, compute: AnchoringComputeOptions) =>
      new AuditAnchoring(stack, id, { environment: 'staging', chainIds: list.listValue, compute });
    expect(faultsOf(() => build('A', COMPUTE)).map(({ prop }) => prop)).toEqual(['compute.chainId']);
    expect(faultsOf(() => build('B', { ...COMPUTE, chainId: 'a' }))).toEqual([]);
  });
});

describe('roles', () => {
  test('the service runs as the writer, whose permission it waits for', () => {
    const { stack, anchoring, tasks } = made();
    expect(tasks.service.taskRole).toBe(anchoring.writer);
    expect(resource(synthesise(stack), 'aws_ecs_service').depends_on).toContainEqual(
      expect.stringMatching(/^aws_iam_role_policy\.Anchoring_Grants_Write_/),
    );
  });

  test("beside a gateway's role the service has one of its own", () => {
    const { stack, anchoring, tasks } = made({}, { writerRole: 'gateway' });
    const json = synthesise(stack);
    expect(anchoring.writer).toBeUndefined();
    expect(resource(json, 'aws_iam_role', 'Service_Role')).toMatchObject({
      name: 'audit-anchor-service-staging',
    });
    expect(resource(json, 'aws_ecs_task_definition', 'Service_Task').task_role_arn).toMatch(
      /^\$\{aws_iam_role\.Anchoring_Compute_Service_Role_/,
    );
    expect(tasks.service.mode).toBe('service');
    const writers = Object.values(json.resource.aws_iam_role_policy ?? {}).filter(({ name }) =>
      /writer|service-staging/.test(String(name)),
    );
    expect(writers.map(({ name }) => name).sort()).toEqual([
      'audit-anchor-service-staging',
      'audit-anchor-writer-staging',
    ]);
  });

  test.each([
    ["the gateway's role", 'gateway', 'gateway'],
    ["the writer's role by its name", 'audit-anchor-writer-staging', undefined],
  ])('the verifier cannot have %s', (_, taskRole, writerRole) => {
    const verifier = { databaseSecretArn: READ_ONLY, taskRole };
    expect(faults({ verifier }, { writerRole }).map((prop) => prop.split('.').pop())).toEqual(['taskRole']);
  });

  test("the verifier may not read the writer's database URL together with the keys", () => {
    const inOne = { databaseSecretArn: `${DATABASE}:url::`, hmacKeysSecretArn: `${DATABASE}:keys::` };
    expect(faults(inOne)).toEqual(['compute.verifier.hmacKeysSecretArn']);
    const verifier = { databaseSecretArn: READ_ONLY, hmacKeysSecretArn: HMAC };
    expect(faults({ ...inOne, verifier })).toEqual([]);
    expect(faults({ ...inOne, verifier: undefined })).toEqual([]);
  });

  test('the verifier reads the replica too', () => {
    const stack = foreignStack();
    const { compute } = new AuditAnchoring(stack, 'Anchoring', {
      environment: 'staging',
      compute: COMPUTE,
      replicaProvider: drProvider(stack),
    });
    const grants = compute?.verifier?.node.findChild('ReplicaGrants').node.findChild('Verify').node;
    const read = statements(synthesise(stack), grants?.findChild('Document') as never).get('ReadAnchors');
    expect(read?.resources).toEqual([
      expect.stringMatching(/aws_s3_bucket\.Anchoring_Replica_.*\/staging\/\*$/),
    ]);
  });
});

describe('verification', () => {
  test('is taken from the service when a verifier does it', () => {
    const { tasks } = made();
    expect(tasks.verification).toEqual({ verifyIntervalMinutes: 60, verifyFullIntervalHours: 24 });
    expect(tasks.deadLetterQueue).toBeDefined();
  });

  test('is done by the service when nobody else does', () => {
    const { tasks, stack } = made({ verifier: undefined });
    expect(tasks.verifier).toBeUndefined();
    expect(tasks.deadLetterQueue).toBeUndefined();
    expect(tasks.verification).toEqual({ verifyIntervalMinutes: 60, verifyFullIntervalHours: 24 });
    expect(Object.keys(synthesise(stack).resource.aws_ecs_task_definition ?? {})).toHaveLength(1);
  });

  test('is not done at all by scheduled anchoring alone', () => {
    const { tasks } = made({ mode: 'scheduled', verifier: undefined });
    expect(tasks.verification).toEqual({ verifyIntervalMinutes: 0, verifyFullIntervalHours: 0 });
  });

  test('has the keys of the writer unless it has others', () => {
    const KEY = 'arn:aws:kms:eu-central-1:111122223333:key/5ec2e75e-c2e7-4ec2-8ec2-e75ec2e75ec2';
    const { tasks, stack } = made({ secretsKeyArns: [KEY] });
    const json = synthesise(stack);
    const { executionRole } = tasks.verifier ?? {};
    const granted = statements(json, executionRole?.document as never);
    expect(granted.get('ReadSecrets')?.resources).toEqual([READ_ONLY, HMAC]);
    expect(granted.get('OpenSecrets')?.resources).toEqual([KEY]);
  });
});

test('one queue takes what neither schedule could start', () => {
  const { stack, tasks } = made({ mode: 'scheduled' });
  const json = synthesise(stack);
  expect(Object.keys(json.resource.aws_sqs_queue ?? {})).toEqual([
    tasks.deadLetterQueue?.resource.friendlyUniqueId,
  ]);
  const document = tasks.deadLetterQueue?.document;
  const allowed = statements(json, document as never).get('AllowScheduler')?.condition;
  expect(allowed?.find(({ variable }) => variable === 'aws:SourceArn')?.values).toEqual([
    expect.stringMatching(/:schedule\/audit-anchor-staging\/\*$/),
    expect.stringMatching(/:schedule\/audit-anchor-verify-staging\/\*$/),
  ]);
  expect(brokenReferences(json)).toEqual([]);
});

describe('addresses', () => {
  const NETWORK = {
    aws_ecs_service: ['network_configuration'],
    aws_scheduler_schedule: ['target', 'ecs_parameters', 'network_configuration'],
  };
  const publicOf = (type: keyof typeof NETWORK, given: Partial<AnchoringComputeOptions>) =>
    Object.values(synthesise(made(given).stack).resource[type] ?? {}).map((block) => {
      const place = NETWORK[type].reduce((inner, name) => inner[name] as typeof block, block);
      return place.assign_public_ip;
    });

  test.each([
    [{}, false],
    [{ assignPublicIp: false }, false],
    [{ assignPublicIp: true }, true],
  ])('of every task with %j: public %j', (given, expected) => {
    expect(publicOf('aws_ecs_service', given)).toEqual([expected]);
    expect(publicOf('aws_scheduler_schedule', given)).toEqual([expected, expected]);
    const scheduled = publicOf('aws_scheduler_schedule', { ...given, mode: 'scheduled' });
    expect(scheduled).toEqual([expected, expected, expected]);
  });

  test('let nobody in, public or not', () => {
    const json = synthesise(made({ assignPublicIp: true }).stack);
    expect(resource(json, 'aws_security_group').ingress).toEqual([]);
  });
});

describe('endpoints', () => {
  const WAYS = { interfaceEndpoints: true, routeTableIds: ['rtb-0a1b2c3d4e5f67890'] };
  const waitFor = (type: string, given: Partial<AnchoringComputeOptions>) =>
    Object.values(synthesise(made(given).stack).resource[type] ?? {}).map(({ depends_on }) =>
      (depends_on as string[]).filter((each) => each.startsWith('aws_vpc_endpoint.')),
    );

  test('are there before the service and before schedules start tasks', () => {
    expect(waitFor('aws_ecs_service', WAYS).map(({ length }) => length)).toEqual([5]);
    expect(waitFor('aws_scheduler_schedule', WAYS).map(({ length }) => length)).toEqual([5, 5]);
    const scheduled = waitFor('aws_scheduler_schedule', { ...WAYS, mode: 'scheduled' });
    expect(scheduled.map(({ length }) => length)).toEqual([5, 5, 5]);
  });

  test('are not waited for when none are made', () => {
    expect(waitFor('aws_ecs_service', {})).toEqual([[]]);
    expect(waitFor('aws_scheduler_schedule', {})).toEqual([[], []]);
  });
});

describe('alarms', () => {
  const names = (...given: Parameters<typeof made>) =>
    Object.values(synthesise(made(...given).stack).resource.aws_cloudwatch_metric_alarm ?? {}).map(
      ({ alarm_name }) => String(alarm_name),
    );

  test('are not made unless they are asked for, nor is the dashboard', () => {
    const { anchoring } = made();
    expect(anchoring).toMatchObject({ alarms: undefined, dashboard: undefined });
  });

  test('watch the chain of the tasks and the queue of what did not start', () => {
    const all = names({}, { alarms: {}, chainIds: ['a'] });
    expect(all.filter((name) => name.startsWith('audit-anchor/staging/a/')).length).toBeGreaterThan(5);
    expect(all).toContain('audit-anchor/staging/schedule-dead-letters');
  });

  test('watch no chain when nothing runs here', () => {
    const stack = foreignStack();
    new AuditAnchoring(stack, 'Anchoring', { environment: 'staging', alarms: {} });
    expect(synthesise(stack).resource.aws_cloudwatch_metric_alarm).toBeUndefined();
  });

  test('name cluster and log group of the writer in the commands of their descriptions', () => {
    const { stack, tasks } = made({}, { alarms: {} });
    const all = synthesise(stack).resource.aws_cloudwatch_metric_alarm ?? {};
    const description = (end: string) =>
      Object.values(all).find(({ alarm_name }) => String(alarm_name).endsWith(end))?.alarm_description;
    const cluster = String(synthesised(stack, tasks.platform.clusterArn));
    expect(description('/writer-silent')).toContain(`--desired-status STOPPED --cluster ${cluster}'`);
    const group = String(synthesised(stack, tasks.service.logs.logGroupName));
    expect(description('/anchoring-fails')).toContain(`'aws logs tail ${group} --since 1h'`);
  });

  test('miss no verification that does not take place', () => {
    expect(names({}, { alarms: {} })).toContainEqual(expect.stringMatching(/verify-full-silent$/));
    expect(names({ mode: 'scheduled', verifier: undefined }, { alarms: {} })).not.toContainEqual(
      expect.stringMatching(/verify-.*silent$/),
    );
  });

  test('a dashboard shows the chain', () => {
    const { stack, anchoring } = made({}, { dashboard: true, chainIds: ['a'] });
    expect(anchoring.dashboard).toBeDefined();
    expect(resource(synthesise(stack), 'aws_cloudwatch_dashboard').dashboard_body).toContain('"a"');
  });
});
