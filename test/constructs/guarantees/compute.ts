import type { DataAwsIamPolicyDocument } from '@cdktf/provider-aws/lib/data-aws-iam-policy-document';
import {
  type Block,
  resource,
  type Statement,
  statements,
  type Synthesised,
} from '../../support/infra-stack';
import { type Container, containersOf } from '../../support/tasks';
import { applied, HMAC_SECRET, VERIFIER_SECRET, WRITER_SECRET } from '../../support/terraform/full-stack';
import { anchoring } from './full-stack';
import { block, change, conditionsOf, type Guarantee, same, statement } from './guarantee';

const tasks = anchoring.compute!;
const verifier = tasks.verifier!;
const WRITER = 'audit-anchor-production';
const VERIFIERS = ['audit-anchor-verify-latest-production', 'audit-anchor-verify-full-production'];
const executionRoles = [tasks.service.executionRole, verifier.executionRole];
const schedulers = [tasks.service.scheduler!, verifier.scheduler];
const roleArn = (name: string): string => `\${aws_iam_role.${name}.arn}`;

function containers(of: Synthesised): Map<string, Container> {
  return new Map(containersOf(applied(JSON.stringify(of))));
}

function every(of: Synthesised, holds: (container: Container) => boolean): boolean {
  const all = [...containers(of).values()];
  return all.length === 3 && all.every(holds);
}

/** Changes the text of a task's container definitions. */
function rewrite(of: Synthesised, part: string, from: string, to: string): void {
  const task = resource(of, 'aws_ecs_task_definition', part);
  task.container_definitions = String(task.container_definitions).replace(from, to);
}

const schedules = (of: Synthesised): Block[] => Object.values(of.resource.aws_scheduler_schedule!);

export const compute: readonly Guarantee[] = [
  {
    promise: 'a task runs without root, shell, capabilities and a writable file system',
    holds: (of) =>
      every(of, ({ definition }) => {
        const { user, readonlyRootFilesystem, linuxParameters, privileged } = definition;
        return (
          user === '65532' &&
          readonlyRootFilesystem === true &&
          privileged === undefined &&
          same(linuxParameters, { initProcessEnabled: true, capabilities: { drop: ['ALL'] } })
        );
      }),
    breakIt: (of) =>
      rewrite(of, 'FullTask', '"readonlyRootFilesystem" = true', '"readonlyRootFilesystem" = false'),
  },
  {
    promise: 'a task runs the program of the image and nothing else, from an image that is pinned',
    holds: (of) =>
      every(
        of,
        ({ definition: { entryPoint, image } }) =>
          same(entryPoint, ['/nodejs/bin/node', '/app/audit-anchor.cjs']) &&
          /^\d{12}\.dkr\.ecr\.us-east-1\.amazonaws\.com\/audit-anchor-production:1\.0\.0-abc1234$/.test(
            String(image),
          ),
      ),
    breakIt: (of) => rewrite(of, 'LatestTask', ':1.0.0-abc1234', ':latest'),
  },
  {
    promise: 'an image is written once and scanned',
    holds: (of) => {
      const repository = resource(of, 'aws_ecr_repository');
      return (
        repository.image_tag_mutability === 'IMMUTABLE' &&
        block(repository, 'image_scanning_configuration').scan_on_push === true
      );
    },
    breakIt: (of) => {
      resource(of, 'aws_ecr_repository').image_tag_mutability = 'MUTABLE';
    },
  },
  {
    promise: 'secrets are in Secrets Manager only',
    holds: (of) =>
      every(
        of,
        ({ environment, secrets }) =>
          same(Object.keys(secrets).sort(), ['AUDIT_HMAC_KEYS', 'DATABASE_URL']) &&
          Object.values(secrets).every((arn) => arn.startsWith('arn:aws:secretsmanager:')) &&
          Object.keys(environment).every((name) => !(name in secrets)),
      ),
    breakIt: (of) => rewrite(of, 'Service_Task', '"AUDIT_OUTPUT"', '"DATABASE_URL"'),
  },
  {
    promise: 'the verifier expects what the writer does: bucket, chain, retention, key and interval',
    holds: (of) => {
      const expected = [
        'AUDIT_ANCHOR_BUCKET',
        'AUDIT_ANCHOR_CHAIN_ID',
        'AUDIT_ANCHOR_RETENTION_DAYS',
        'AUDIT_ANCHOR_KMS_KEY_ARN',
        'AUDIT_ANCHOR_INTERVAL_MINUTES',
        'AWS_REGION',
      ];
      const all = containers(of);
      const told = (family: string) => expected.map((name) => all.get(family)?.environment[name]);
      const writer = told(WRITER);
      return writer.every(Boolean) && VERIFIERS.every((family) => same(told(family), writer));
    },
    breakIt: (of) => rewrite(of, 'FullTask', 'tostring(var.worm_retention_days)', '"399"'),
  },
  {
    promise: 'the verifier has neither the role nor the database secret of the writer',
    holds: (of) => {
      const roles = Object.values(of.resource.aws_ecs_task_definition!).map((task) => [
        task.family,
        task.task_role_arn,
        task.execution_role_arn,
      ]);
      const rolesOf = (family: string) => roles.find(([name]) => name === family)!.slice(1);
      const secret = (family: string) => containers(of).get(family)?.secrets.DATABASE_URL;
      return (
        secret(WRITER) === `${WRITER_SECRET}:url::` &&
        VERIFIERS.every(
          (family) =>
            secret(family) === VERIFIER_SECRET &&
            rolesOf(family).every((role) => !rolesOf(WRITER).includes(role)),
        )
      );
    },
    breakIt: (of) => {
      resource(of, 'aws_ecs_task_definition', 'FullTask').task_role_arn = resource(
        of,
        'aws_ecs_task_definition',
        'Service_Task',
      ).task_role_arn;
    },
  },
  {
    promise: 'the verifier task reads and changes nothing, in both buckets',
    holds: (of) =>
      ['Grants', 'ReplicaGrants'].every((grants) => {
        const actions = [...statements(of, verifierDocument(grants)).values()].flatMap((s) => s.actions);
        return (
          actions.length > 10 && actions.every((action) => /^(s3:Get|s3:List|kms:Decrypt$)/.test(action))
        );
      }),
    breakIt: (of) =>
      change(of, verifierDocument('ReplicaGrants'), 'ReadAnchors', (s) => s.actions.push('s3:DeleteObject')),
  },
  {
    promise: 'ECS reads the secrets of a task only, and opens its keys for nothing else',
    holds: (of) =>
      executionRoles.every(({ document }, at) => {
        const own = [
          [WRITER_SECRET, HMAC_SECRET],
          [VERIFIER_SECRET, HMAC_SECRET],
        ][at]!.sort();
        const open = statement(of, document, 'OpenSecrets');
        const context = open.condition.find(({ variable }) => variable.startsWith('kms:EncryptionContext'));
        return (
          same([...statement(of, document, 'ReadSecrets').resources].sort(), own) &&
          same([...(context?.values ?? [])].sort(), own) &&
          conditionsOf(open).some((condition) =>
            condition.startsWith('StringEquals kms:ViaService secretsmanager.'),
          )
        );
      }),
    breakIt: (of) =>
      change(of, executionRoles[1]!.document, 'ReadSecrets', (s) => s.resources.push(WRITER_SECRET)),
  },
  {
    promise: 'ECS has exactly the actions that starting a task needs',
    holds: (of) =>
      executionRoles.every(({ document }) =>
        same([...statements(of, document).values()].flatMap((s) => s.actions).sort(), [
          'ecr:BatchCheckLayerAvailability',
          'ecr:BatchGetImage',
          'ecr:GetAuthorizationToken',
          'ecr:GetDownloadUrlForLayer',
          'kms:Decrypt',
          'logs:CreateLogStream',
          'logs:PutLogEvents',
          'secretsmanager:GetSecretValue',
        ]),
      ),
    breakIt: (of) =>
      change(of, executionRoles[0]!.document, 'WriteLog', (s) => s.actions.push('logs:DeleteLogGroup')),
  },
  {
    promise: 'a scheduler starts its own tasks in the cluster, and hands their two roles to ECS only',
    holds: (of) =>
      schedulers.every(({ document }, at) => {
        const owner = [tasks.service, verifier][at]!;
        const run = statement(of, document, 'RunTasks');
        const handOver = statement(of, document, 'HandOverRoles');
        return (
          same(run.actions, ['ecs:RunTask']) &&
          run.resources.length === [2, 4][at] &&
          run.resources.every((arn) => /arn_without_revision\}(:\*)?$/.test(arn)) &&
          conditionsOf(run).some((condition) =>
            condition.startsWith('ArnEquals ecs:cluster ${aws_ecs_cluster.'),
          ) &&
          same(handOver.actions, ['iam:PassRole']) &&
          handOver.resources.length === 2 &&
          handOver.resources.includes(roleArn(owner.executionRole.role.resource.friendlyUniqueId)) &&
          same(conditionsOf(handOver), ['StringEquals iam:PassedToService ecs-tasks.amazonaws.com'])
        );
      }),
    breakIt: (of) => change(of, schedulers[0]!.document, 'HandOverRoles', (s) => s.condition.pop()),
  },
  {
    promise: "a scheduler's role is taken on for its own group of schedules only",
    holds: (of) =>
      schedulers.every(({ group, node }) => {
        const s = statement(of, node.findChild('Trust') as DataAwsIamPolicyDocument, 'AssumedByScheduler');
        return (
          same(s.principals, [{ type: 'Service', identifiers: ['scheduler.amazonaws.com'] }]) &&
          conditionsOf(s).includes(
            `ArnEquals aws:SourceArn \${aws_scheduler_schedule_group.${group.friendlyUniqueId}.arn}`,
          ) &&
          conditionsOf(s).some((condition) => condition.startsWith('StringEquals aws:SourceAccount '))
        );
      }),
    breakIt: (of) =>
      change(
        of,
        schedulers[1]!.node.findChild('Trust') as DataAwsIamPolicyDocument,
        'AssumedByScheduler',
        (s: Statement) => s.condition.pop(),
      ),
  },
  {
    promise: 'no task has a public address or takes a connection',
    holds: (of) =>
      schedules(of).length === 3 &&
      schedules(of).every(
        (schedule) =>
          block(schedule, 'target', 'ecs_parameters', 'network_configuration').assign_public_ip === false,
      ) &&
      same(resource(of, 'aws_security_group', 'Network').ingress, []),
    breakIt: (of) => {
      const target = block(resource(of, 'aws_scheduler_schedule', 'Scheduler_Full'), 'target');
      block(target, 'ecs_parameters', 'network_configuration').assign_public_ip = true;
    },
  },
  {
    promise: 'a run that could not start is kept for people to see, encrypted and for 14 days',
    holds: (of) => {
      const queue = resource(of, 'aws_sqs_queue');
      const arn = `\${aws_sqs_queue.${tasks.deadLetterQueue!.resource.friendlyUniqueId}.arn}`;
      return (
        queue.sqs_managed_sse_enabled === true &&
        queue.message_retention_seconds === 1_209_600 &&
        schedules(of).every((schedule) => block(schedule, 'target', 'dead_letter_config').arn === arn)
      );
    },
    breakIt: (of) => {
      resource(of, 'aws_sqs_queue').sqs_managed_sse_enabled = false;
    },
  },
  {
    promise: 'no line of a log is dropped, and logs are kept for 400 days',
    holds: (of) =>
      every(of, ({ definition: { logConfiguration } }) =>
        same((logConfiguration as { options: Block }).options.mode, 'blocking'),
      ) &&
      Object.values(of.resource.aws_cloudwatch_log_group!).every((group) => group.retention_in_days === 400),
    breakIt: (of) => rewrite(of, 'Service_Task', '"mode" = "blocking"', '"mode" = "non-blocking"'),
  },
];

function verifierDocument(grants: string): DataAwsIamPolicyDocument {
  const grant = verifier.node.findChild(grants).node.findChild('Verify').node;
  return grant.findChild('Document') as DataAwsIamPolicyDocument;
}
