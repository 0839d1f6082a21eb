import { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import { TerraformStack } from 'cdktf';
import { ServiceRole } from '../../../../constructs/access/grantee-role';
import { AnchorService } from '../../../../constructs/compute/tasks/anchor-service';
import { DeadLetterQueue } from '../../../../constructs/compute/tasks/dead-letter-queue';
import { FullVerification } from '../../../../constructs/compute/full-verification/full-verification';
import type { TaskPlatform } from '../../../../constructs/compute/platform/task-platform';
import { VerifierTask } from '../../../../constructs/compute/tasks/verifier-task';
import type { VerifierTaskProps, Writer } from '../../../../constructs/compute/tasks/verifier-task-props';
import type { AnchorBucket } from '../../../../constructs/storage/anchor-bucket';
import { bucketIn, DATABASE, HMAC, platformIn, READ_ONLY } from '../../../support/compute';
import { errorOf, faultsOf, foreignStack, resource, synthesise } from '../../../support/infra-stack';
import { brokenReferences } from '../../../support/terraform-references';

type Given = Partial<VerifierTaskProps>;

function made(given: Given = {}, stack = foreignStack()) {
  const { platform } = platformIn({}, stack);
  const bucket = bucketIn(stack);
  const verifier = new VerifierTask(stack, 'Verifier', {
    platform,
    bucket,
    chainId: 'staging',
    databaseSecretArn: READ_ONLY,
    hmacKeysSecretArn: HMAC,
    ...given,
  });
  return { stack, platform, bucket, verifier };
}

const props = (given: Given) => faultsOf(() => made(given)).map(({ prop }) => prop);
const writer = (given: Partial<Writer> = {}): Writer => ({
  roles: [],
  databaseSecretArn: DATABASE,
  ...given,
});

/** A role as somebody passes it who has no construct of it. */
const plain = (roleName: string) => ({ roleName, roleArn: `arn:aws:iam::111122223333:role/${roleName}` });
const ARN_WITH_PATH = 'arn:aws:iam::111122223333:role/team/gateway';

describe('values', () => {
  test.each<[Given, string[]]>([
    [{}, []],
    [{ databaseSecretArn: 'x' }, ['databaseSecretArn']],
    [{ hmacKeysSecretArn: undefined }, ['hmacKeysSecretArn']],
    [{ hmacKeysSecretArn: undefined, settings: { chainFormat: 'links' } }, []],
    [{ hmacKeysSecretArn: 'x' }, ['hmacKeysSecretArn']],
    [{ secretsKeyArns: ['x'] }, ['secretsKeyArns[0]']],
    [{ taskRole: 'a/b' }, ['taskRole']],
    [{ verifyIntervalMinutes: 4 }, ['verifyIntervalMinutes']],
    [{ verifyFullIntervalHours: 167 }, ['verifyFullIntervalHours']],
    [{ cpu: 512 }, ['memoryMiB']],
    [{ verifyWorkers: 64 }, []],
    [{ verifyWorkers: 0 }, ['verifyWorkers']],
    [{ verifyWorkers: 65 }, ['verifyWorkers']],
    [{ chainId: '' }, ['chainId']],
    [{ name: 'A' }, ['name']],
    [{ intervalMinutes: 0 }, ['intervalMinutes']],
    [{ settings: { httpPort: 1 } as never }, ['settings.httpPort']],
  ])('%j has the faults %j', (given, expected) => {
    expect(props(given)).toEqual(expected);
  });
});

describe('it has nothing in common with the writer', () => {
  test('a secret of its own', () => {
    expect(props({ databaseSecretArn: DATABASE, writer: writer() })).toEqual(['databaseSecretArn']);
    expect(props({ databaseSecretArn: READ_ONLY, writer: writer() })).toEqual([]);
  });

  test('another member of the same JSON secret is the same secret', () => {
    const given = { databaseSecretArn: `${DATABASE}:reader::`, writer: writer() };
    expect(props(given)).toEqual(['databaseSecretArn']);
  });

  test('the keys do not lie beside the database URL of the writer', () => {
    const fault = (given: Given) => faultsOf(() => made({ writer: writer(), ...given }));
    for (const hmacKeysSecretArn of [DATABASE, `${DATABASE}:keys::`]) {
      expect(fault({ hmacKeysSecretArn })).toMatchObject([
        { prop: 'hmacKeysSecretArn', fix: 'move the HMAC keys into a secret of their own' },
      ]);
    }
    const own = { databaseSecretArn: `${READ_ONLY}:url::`, hmacKeysSecretArn: `${READ_ONLY}:keys::` };
    expect(fault(own)).toEqual([]);
    expect(fault({ writer: undefined, hmacKeysSecretArn: DATABASE })).toEqual([]);
  });

  test('a role of its own, by name', () => {
    expect(props({ taskRole: 'gateway', writer: writer({ roles: ['gateway'] }) })).toEqual(['taskRole']);
    expect(props({ taskRole: 'auditor', writer: writer({ roles: ['gateway'] }) })).toEqual([]);
  });

  test('a role of its own, whatever it is given as', () => {
    const stack = foreignStack();
    const construct = new ServiceRole(stack, 'Writer', { roleName: 'writer' });
    const resourceOfStack = new IamRole(stack, 'gateway', { name: 'gateway', assumeRolePolicy: '{}' });
    const shares = (taskRole: VerifierTaskProps['taskRole'], roles: Writer['roles']) =>
      faultsOf(() => {
        made({ taskRole, writer: writer({ roles }) });
      }).some(({ prop }) => prop === 'taskRole');
    expect(shares(construct, [construct])).toBe(true);
    expect(shares('writer', [construct])).toBe(true);
    expect(shares(resourceOfStack, ['gateway'])).toBe(true);
    expect(shares(resourceOfStack, [construct, resourceOfStack])).toBe(true);
  });

  test.each<[string, VerifierTaskProps['taskRole'], Writer['roles'][number], boolean]>([
    ['the same names and ARNs', plain('x'), plain('x'), true],
    ['a name and an object', plain('gateway'), 'gateway', true],
    ['an object and a name', 'gateway', plain('gateway'), true],
    ['ARNs, while a name is known later', { ...plain('x'), roleName: '${var.name}' }, plain('x'), true],
    ['names, while an ARN is known later', { ...plain('x'), roleArn: '${var.arn}' }, plain('x'), true],
    ['a role with a path', { ...plain('x'), roleArn: ARN_WITH_PATH }, 'gateway', true],
    ['the same name that is known later', plain('${var.role}'), '${var.role}', true],
    ['other names', plain('x'), plain('y'), false],
    ['another object and a name', plain('x'), 'gateway', false],
  ])('a role of its own, given as a plain object: %s', (_, taskRole, role, shared) => {
    const found = props({ taskRole, writer: writer({ roles: [role] }) });
    expect(found).toEqual(shared ? ['taskRole'] : []);
  });

  test('and says why', () => {
    const error = errorOf(() => made({ taskRole: 'gateway', writer: writer({ roles: ['gateway'] }) }));
    expect(error.message).toMatchInlineSnapshot(`
      "foreign/Verifier: 1 value is not allowed
        - "taskRole" is "gateway", which writes anchors; allowed: a role of its own: who writes evidence must not judge it; leave it out, and a role that can only read is made"
    `);
  });
});

describe('schedules', () => {
  const schedules = (given: Given = {}) => {
    const json = synthesise(made(given).stack);
    return Object.fromEntries(
      Object.values(json.resource.aws_scheduler_schedule ?? {}).map(({ name, schedule_expression }) => [
        name,
        schedule_expression,
      ]),
    ) as Record<string, unknown>;
  };

  test('the newest anchor every hour and everything every day', () => {
    expect(schedules()).toEqual({
      'verify-latest': 'cron(7 * * * ? *)',
      'verify-full': 'cron(37 2 * * ? *)',
    });
    expect(made().verifier.verification).toEqual({ verifyIntervalMinutes: 60, verifyFullIntervalHours: 24 });
  });

  test('or as often as is said', () => {
    expect(schedules({ verifyIntervalMinutes: 15, verifyFullIntervalHours: 1 })).toEqual({
      'verify-latest': 'rate(15 minutes)',
      'verify-full': 'rate(1 hour)',
    });
    expect(schedules({ verifyFullIntervalHours: 12 })).toMatchObject({ 'verify-full': 'rate(12 hours)' });
  });

  test('each starts the definition of its scope', () => {
    const { stack, verifier } = made();
    const json = synthesise(stack);
    for (const [id, task, scope] of [
      ['Latest', verifier.latest, '--latest'],
      ['Full', verifier.full, '--full'],
    ] as const) {
      const { friendlyUniqueId } = task.resource;
      expect(resource(json, 'aws_scheduler_schedule', `Scheduler_${id}_`)).toMatchObject({
        target: {
          ecs_parameters: { task_definition_arn: `\${aws_ecs_task_definition.${friendlyUniqueId}.arn}` },
        },
      });
      expect(json.resource.aws_ecs_task_definition?.[friendlyUniqueId]?.container_definitions).toContain(
        `"command" = ["verify", "${scope}"]`,
      );
    }
    expect(brokenReferences(json)).toEqual([]);
  });
});

test('an existing role is looked up and granted', () => {
  const { stack } = made({ taskRole: 'auditing' });
  const json = synthesise(stack);
  const [[name, role] = []] = Object.entries(json.data.aws_iam_role ?? {});
  expect(role).toEqual({ name: 'auditing' });
  expect(resource(json, 'aws_iam_role_policy', 'Verifier_Grants')).toMatchObject({
    role: `\${data.aws_iam_role.${name}.name}`,
  });
});

test('a replica is read too, under a policy of its own name', () => {
  const stack = foreignStack();
  const replica = bucketIn(stack, {});
  const { platform } = platformIn({}, stack);
  new VerifierTask(stack, 'Verifier', {
    platform,
    bucket: replica,
    replica,
    chainId: 'staging',
    databaseSecretArn: READ_ONLY,
    hmacKeysSecretArn: HMAC,
  });
  const names = Object.values(synthesise(stack).resource.aws_iam_role_policy ?? {}).map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining(['audit-anchor-verify-staging', 'audit-anchor-verify-dr-staging']),
  );
});

describe('chains on one platform', () => {
  /** Everything that runs for a chain, in a stack with others. */
  function newTasks(platform: TaskPlatform, bucket: AnchorBucket, chainId: string, name?: string) {
    const stack = TerraformStack.of(platform);
    const chain = { platform, bucket, chainId, name, hmacKeysSecretArn: HMAC };
    const reading = { ...chain, databaseSecretArn: READ_ONLY };
    return {
      anchor: () =>
        new AnchorService(stack, `Anchor-${chainId}`, {
          ...chain,
          mode: 'scheduled',
          databaseSecretArn: DATABASE,
        }),
      verify: () => new VerifierTask(stack, `Verify-${chainId}`, reading),
      verifyInTasks: () =>
        new FullVerification(stack, `Full-${chainId}`, {
          ...reading,
          tasks: 2,
          schedule: 'rate(1 day)',
          topicArns: ['arn:aws:sns:eu-central-1:111122223333:on-call'],
        }),
    };
  }

  /** Policies of a role and schedules of a group have a name beside others of the same name. */
  const NESTED = ['aws_iam_role_policy', 'aws_scheduler_schedule'];
  const NAMES = ['name', 'family', 'alarm_name', 'bucket', 'bucket_prefix'];

  function namesTwice(stack: TerraformStack): string[] {
    const { resource: types } = synthesise(stack);
    const names = Object.entries(types)
      .filter(([type]) => !NESTED.includes(type))
      .flatMap(([type, each]) =>
        Object.values(each).flatMap((block) =>
          NAMES.filter((name) => name in block).map((name) => `${type} ${String(block[name])}`),
        ),
      );
    expect(names.length).toBeGreaterThan(40);
    return names.filter((name, at) => names.indexOf(name) !== at);
  }

  test('have names of their own for everything', () => {
    const { stack, platform } = platformIn();
    const bucket = bucketIn(stack);
    for (const [chainId, name] of [['one', undefined] as const, ['two', 'two'] as const]) {
      Object.values(newTasks(platform, bucket, chainId, name)).forEach((make) => make());
    }
    expect(namesTwice(stack)).toEqual([]);
  });

  test.each(['anchor', 'verify', 'verifyInTasks'] as const)('without a name are refused: %s', (kind) => {
    const { stack, platform } = platformIn();
    const bucket = bucketIn(stack);
    newTasks(platform, bucket, 'one')[kind]();
    const fault = (chainId: string, name?: string) =>
      faultsOf(newTasks(platform, bucket, chainId, name)[kind]);
    expect(fault('two')).toMatchObject([
      {
        prop: 'name',
        found: expect.stringMatching(/^absent, so "staging", as another [a-z-]+ on this platform/) as string,
        fix: 'give each chain on the platform a "name" of its own',
      },
    ]);
    expect(fault('three', 'three')).toEqual([]);
    expect(fault('four', 'three')).toMatchObject([{ prop: 'name' }]);
  });
});

test('a queue can be shared', () => {
  const { stack, platform } = platformIn();
  const deadLetterQueue = new DeadLetterQueue(stack, 'Shared', { platform });
  const chain = {
    platform,
    bucket: bucketIn(stack),
    chainId: 'staging',
    hmacKeysSecretArn: HMAC,
    deadLetterQueue,
  };
  new AnchorService(stack, 'Anchor', { ...chain, mode: 'scheduled', databaseSecretArn: DATABASE });
  new VerifierTask(stack, 'Verify', { ...chain, databaseSecretArn: READ_ONLY });
  expect(resource(synthesise(stack), 'aws_sqs_queue')).toMatchObject({
    name: 'audit-anchor-not-started-staging',
    sqs_managed_sse_enabled: true,
  });
});
