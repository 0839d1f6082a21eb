import {
  ACCOUNT,
  DR_REGION,
  HMAC_SECRET,
  REGION,
  roleArn,
  SECRETS_KEY,
  VERIFIER_SECRET,
  WRITER_SECRET,
} from '../../support/terraform/full-stack';
import type { Row, Stage, Who } from './stage';

type Context = Readonly<Record<string, readonly string[]>>;

const arn = (service: string, resource: string, region = REGION): string =>
  `arn:aws:${service}:${region}:${ACCOUNT}:${resource}`;
const on =
  (resource: string, action: string, context: Context = {}) =>
  ({ calls }: Stage) =>
    calls.onOther(resource, action, context);
const refused = (action: string): string => `not allowed: ${action} (identity)`;

const REPOSITORY = arn('ecr', 'repository/audit-anchor-prod');
const PULL = ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'];
const LOG = ['logs:CreateLogStream', 'logs:PutLogEvents'];
const stream = (group: string): string =>
  arn('logs', `log-group:/audit-anchor/prod/${group}:log-stream:run/x`);

/** What ECS may do for a task, and not for the other one. */
const STARTS = (
  [
    ['the starter of writers', 'writer', WRITER_SECRET, 'verifier', VERIFIER_SECRET],
    ['the starter of verifiers', 'verifier', VERIFIER_SECRET, 'writer', WRITER_SECRET],
  ] as const
).flatMap(([who, own, ownSecret, other, otherSecret]): Row[] => [
  [who, 'signs in to the registry', on('*', 'ecr:GetAuthorizationToken'), 'allowed'],
  ...PULL.flatMap((action): Row[] => [
    [who, action, on(REPOSITORY, action), 'allowed'],
    [who, `${action} of another image`, on(arn('ecr', 'repository/other'), action), refused(action)],
  ]),
  ...LOG.flatMap((action): Row[] => [
    [who, `${action} of the ${own}`, on(stream(own), action), 'allowed'],
    [who, `${action} of the ${other}`, on(stream(other), action), refused(action)],
  ]),
  ...[ownSecret, HMAC_SECRET].flatMap((secret): Row[] => [
    [who, `reads ${secret}`, on(secret, 'secretsmanager:GetSecretValue'), 'allowed'],
    [who, `opens ${secret}`, opens(secret), 'allowed'],
    [who, `opens ${secret} by itself`, on(SECRETS_KEY, 'kms:Decrypt', named(secret)), refused('kms:Decrypt')],
  ]),
  [
    who,
    `reads the secret of the ${other}`,
    on(otherSecret, 'secretsmanager:GetSecretValue'),
    refused('secretsmanager:GetSecretValue'),
  ],
  [who, `opens the secret of the ${other}`, opens(otherSecret), refused('kms:Decrypt')],
  [who, 'opens it with another key', opens(ownSecret, arn('kms', 'key/other')), refused('kms:Decrypt')],
  [
    who,
    'opens anchors',
    ({ calls, sourceKey }) => calls.onKey(sourceKey, 'kms:Decrypt'),
    'not allowed: kms:Decrypt (both)',
  ],
]);

function named(secret: string): Context {
  return { 'kms:encryptioncontext:secretarn': [secret] };
}

function opens(secret: string, key = SECRETS_KEY) {
  const through = { 'kms:viaservice': [`secretsmanager.${REGION}.amazonaws.com`] };
  return on(key, 'kms:Decrypt', { ...named(secret), ...through });
}

const QUEUE = arn('sqs', 'audit-anchor-not-started-prod');
const family = (name: string): string => arn('ecs', `task-definition/${name}`);
const inCluster = (name: string): Context => ({ 'ecs:cluster': [arn('ecs', `cluster/${name}`)] });
const toService = (name: string): Context => ({ 'iam:passedtoservice': [`${name}.amazonaws.com`] });

interface Scheduler {
  readonly who: Who;
  readonly families: readonly string[];
  readonly roles: readonly string[];
  readonly other: { readonly family: string; readonly role: string };
}

const WRITES: Scheduler = {
  who: 'the scheduler of writers',
  families: ['audit-anchor-prod'],
  roles: ['audit-anchor-writer-prod', 'audit-anchor-service-exec-prod'],
  other: { family: 'audit-anchor-verify-full-prod', role: 'audit-anchor-verify-prod' },
};
const VERIFIES: Scheduler = {
  who: 'the scheduler of verifiers',
  families: ['audit-anchor-verify-latest-prod', 'audit-anchor-verify-full-prod'],
  roles: ['audit-anchor-verify-prod', 'audit-anchor-verify-exec-prod'],
  other: { family: 'audit-anchor-prod', role: 'audit-anchor-writer-prod' },
};

const SCHEDULES = [WRITES, VERIFIES].flatMap(({ who, families, roles, other }): Row[] => [
  ...families.flatMap((name): Row[] => [
    [
      who,
      `starts ${name}:7`,
      on(`${family(name)}:7`, 'ecs:RunTask', inCluster('audit-anchor-prod')),
      'allowed',
    ],
    [who, `starts ${name}`, on(family(name), 'ecs:RunTask', inCluster('audit-anchor-prod')), 'allowed'],
    [
      who,
      `starts ${name} in another cluster`,
      on(`${family(name)}:7`, 'ecs:RunTask', inCluster('other')),
      refused('ecs:RunTask'),
    ],
  ]),
  [
    who,
    'starts the task of the other',
    on(`${family(other.family)}:1`, 'ecs:RunTask', inCluster('audit-anchor-prod')),
    refused('ecs:RunTask'),
  ],
  ...roles.flatMap((role): Row[] => [
    [who, `hands ${role} to ECS`, on(roleArn(role), 'iam:PassRole', toService('ecs-tasks')), 'allowed'],
    [
      who,
      `hands ${role} to EC2`,
      on(roleArn(role), 'iam:PassRole', toService('ec2')),
      refused('iam:PassRole'),
    ],
  ]),
  [
    who,
    'hands over the role of the other',
    on(roleArn(other.role), 'iam:PassRole', toService('ecs-tasks')),
    refused('iam:PassRole'),
  ],
  [who, 'reports what did not start', ({ calls }) => calls.onChannel(QUEUE, 'sqs:SendMessage'), 'allowed'],
  [
    who,
    'reports it in clear text',
    ({ plain }) => plain.onChannel(QUEUE, 'sqs:SendMessage'),
    'denied by DenyInsecureTransport',
  ],
  [
    who,
    'empties the queue',
    ({ calls }) => calls.onChannel(QUEUE, 'sqs:PurgeQueue'),
    refused('sqs:PurgeQueue'),
  ],
]);

const ours = { 'aws:sourceaccount': [ACCOUNT] };
const theirs = { 'aws:sourceaccount': ['999988887777'] };
const source = (resource: string): Context => ({ ...ours, 'aws:sourcearn': [resource] });
const assume =
  (role: string, context: Context) =>
  ({ calls }: Stage) =>
    calls.assume(role, context);
const NOT_TRUSTED = 'not allowed: sts:AssumeRole (resource)';

const groupOf = (name: string): string => arn('scheduler', `schedule-group/${name}`);
const GROUPS = [
  ['audit-anchor-scheduler-prod', 'audit-anchor-prod', 'audit-anchor-verify-prod'],
  ['audit-anchor-verify-scheduler-prod', 'audit-anchor-verify-prod', 'audit-anchor-prod'],
] as const;

const TRUST: readonly Row[] = [
  ...['audit-anchor-verify-prod', 'audit-anchor-service-exec-prod', 'audit-anchor-verify-exec-prod'].flatMap(
    (role): Row[] => [
      ['the container service', `takes on ${role}`, assume(role, ours), 'allowed'],
      ['the container service', `takes on ${role} for another account`, assume(role, theirs), NOT_TRUSTED],
      ['the schedule service', `takes on ${role}`, assume(role, ours), NOT_TRUSTED],
      ['an administrator', `takes on ${role}`, assume(role, ours), NOT_TRUSTED],
    ],
  ),
  ...GROUPS.flatMap(([role, own, other]): Row[] => [
    ['the schedule service', `takes on ${role}`, assume(role, source(groupOf(own))), 'allowed'],
    [
      'the schedule service',
      `takes on ${role} for the other schedules`,
      assume(role, source(groupOf(other))),
      NOT_TRUSTED,
    ],
    ['the container service', `takes on ${role}`, assume(role, source(groupOf(own))), NOT_TRUSTED],
  ]),
  [
    'the event service',
    'takes on the carrier of events',
    assume('audit-anchor-prod-dr-events', ours),
    'allowed',
  ],
  [
    'the event service',
    'takes it on for another account',
    assume('audit-anchor-prod-dr-events', theirs),
    NOT_TRUSTED,
  ],
];

const schedule = (name: string): string => arn('scheduler', `schedule/${name}`);
const NOT_SENT = 'not allowed: sqs:SendMessage (resource)';
const send =
  (context: Context) =>
  ({ calls }: Stage) =>
    calls.onChannel(QUEUE, 'sqs:SendMessage', context);

const QUEUES: readonly Row[] = [
  [
    'the schedule service',
    'sends for an anchor',
    send(source(schedule('audit-anchor-prod/anchor'))),
    'allowed',
  ],
  [
    'the schedule service',
    'sends for a verification',
    send(source(schedule('audit-anchor-verify-prod/verify-full'))),
    'allowed',
  ],
  ['the schedule service', 'sends for another group', send(source(schedule('default/anchor'))), NOT_SENT],
  ['the event service', 'sends to the queue', send(source(schedule('audit-anchor-prod/anchor'))), NOT_SENT],
  [
    'the writer',
    'sends to the queue',
    ({ calls }) => calls.onChannel(QUEUE, 'sqs:SendMessage'),
    refused('sqs:SendMessage'),
  ],
];

const TOPIC = arn('sns', 'audit-anchor-prod-alarms');
const publish =
  (context: Context) =>
  ({ calls }: Stage) =>
    calls.onChannel(TOPIC, 'sns:Publish', context);
const NOT_PUBLISHED = 'not allowed: sns:Publish (resource)';
const alarm = (name: string): string => arn('cloudwatch', `alarm:${name}`);

const TOPICS: readonly Row[] = [
  [
    'the alarm service',
    'tells of our alarms',
    publish(source(alarm('audit-anchor/prod/no-anchor'))),
    'allowed',
  ],
  ['the alarm service', 'tells of other alarms', publish(source(alarm('other'))), NOT_PUBLISHED],
  ['the event service', 'tells of attempts', publish({}), 'allowed'],
  ['the schedule service', 'publishes', publish(ours), NOT_PUBLISHED],
  [
    'the event service',
    'tells of attempts in clear text',
    ({ plain }) => plain.onChannel(TOPIC, 'sns:Publish'),
    'denied by DenyInsecureTransport',
  ],
  [
    'the carrier of events',
    'carries events home',
    on(arn('events', 'event-bus/default'), 'events:PutEvents'),
    'allowed',
  ],
  [
    'the carrier of events',
    'carries events elsewhere',
    on(arn('events', 'event-bus/default', DR_REGION), 'events:PutEvents'),
    refused('events:PutEvents'),
  ],
];

export const TASKS: readonly Row[] = [...STARTS, ...SCHEDULES, ...TRUST, ...QUEUES, ...TOPICS];
