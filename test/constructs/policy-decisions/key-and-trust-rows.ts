import { ACCOUNT, BUCKET, DR_REGION, REGION, REPLICA } from '../../support/terraform/full-stack';
import type { Row, Stage, Who } from './stage';

const CONTEXT = 'kms:encryptioncontext:aws:s3:arn';

const through =
  (bucket: string, action: string) =>
  ({ calls, sourceKey, replicaKey }: Stage) =>
    calls.throughS3(bucket, bucket === BUCKET ? sourceKey : replicaKey, action);
const direct =
  (bucket: string, action: string, context: Readonly<Record<string, readonly string[]>> = {}) =>
  ({ calls, sourceKey, replicaKey }: Stage) =>
    calls.onKey(bucket === BUCKET ? sourceKey : replicaKey, action, context);
const nothing = (action: string, missing: 'resource' | 'both') => `not allowed: ${action} (${missing})`;

const MIGHTY: readonly Who[] = [
  'an administrator',
  'the root user',
  'the deploy role',
  'the break-glass role',
];
/** Everything but the use of the key. */
const ADMINISTRATION = [
  'kms:DescribeKey',
  'kms:GetKeyPolicy',
  'kms:GetKeyRotationStatus',
  'kms:ListKeyPolicies',
  'kms:ListKeyRotations',
  'kms:ListResourceTags',
  'kms:ListGrants',
  'kms:RevokeGrant',
  'kms:UpdateKeyDescription',
  'kms:EnableKey',
  'kms:EnableKeyRotation',
  'kms:RotateKeyOnDemand',
  'kms:TagResource',
  'kms:UntagResource',
  'kms:CreateAlias',
  'kms:UpdateAlias',
  'kms:DeleteAlias',
  'kms:CancelKeyDeletion',
];
const DESTRUCTION = ['kms:DisableKey', 'kms:DisableKeyRotation'];
const USE = ['kms:Encrypt', 'kms:Decrypt', 'kms:GenerateDataKey', 'kms:CreateGrant'];
const window = (days: number) => ({ 'kms:schedulekeydeletionpendingwindowindays': [String(days)] });
const schedule = (bucket: string, days: number) => direct(bucket, 'kms:ScheduleKeyDeletion', window(days));

const USES: readonly Row[] = [
  ...['kms:GenerateDataKey', 'kms:Decrypt'].flatMap((action): Row[] => [
    ['the writer', `${action} through S3`, through(BUCKET, action), 'allowed'],
    ['the writer', `${action} by itself`, direct(BUCKET, action), nothing(action, 'both')],
    ['the writer', `${action} with the replica key`, through(REPLICA, action), nothing(action, 'both')],
    [
      'the writer',
      `${action} through another service`,
      direct(BUCKET, action, {
        'kms:viaservice': ['secretsmanager.us-east-1.amazonaws.com'],
        'kms:encryptioncontext:aws:s3:arn': [`arn:aws:s3:::${BUCKET}`],
      }),
      nothing(action, 'both'),
    ],
  ]),
  [
    'the writer',
    'kms:Decrypt of an object made without a bucket key',
    direct(BUCKET, 'kms:Decrypt', {
      'kms:viaservice': ['s3.us-east-1.amazonaws.com'],
      'kms:encryptioncontext:aws:s3:arn': [`arn:aws:s3:::${BUCKET}/production/x`],
    }),
    'allowed',
  ],
  ...[BUCKET, REPLICA].flatMap((bucket): Row[] => [
    ...(['the verifier', 'the verifier task'] as const).flatMap((who): Row[] => [
      [who, `opens the key of ${bucket}`, through(bucket, 'kms:Decrypt'), 'allowed'],
      [
        who,
        `encrypts with the key of ${bucket}`,
        through(bucket, 'kms:GenerateDataKey'),
        nothing('kms:GenerateDataKey', 'both'),
      ],
      [
        who,
        `opens the key of ${bucket} by itself`,
        direct(bucket, 'kms:Decrypt'),
        nothing('kms:Decrypt', 'both'),
      ],
    ]),
    [
      'the custodian',
      `opens the key of ${bucket}`,
      through(bucket, 'kms:Decrypt'),
      nothing('kms:Decrypt', 'both'),
    ],
  ]),
];

/** KMS takes any encryption context from who calls it; only S3 can set the service that the call came through. */
const IMITATIONS: readonly Row[] = (
  [
    ['the writer', BUCKET, 'kms:GenerateDataKey'],
    ['the verifier', BUCKET, 'kms:Decrypt'],
    ['the verifier', REPLICA, 'kms:Decrypt'],
    ['the verifier task', BUCKET, 'kms:Decrypt'],
    ['the verifier task', REPLICA, 'kms:Decrypt'],
    ['the replication role', BUCKET, 'kms:Decrypt'],
    ['the replication role', REPLICA, 'kms:GenerateDataKey'],
  ] as const
).flatMap(([who, bucket, action]): Row[] => [
  [
    who,
    `${action} with the key of ${bucket}, in the words of S3`,
    direct(bucket, action, { [CONTEXT]: [`arn:aws:s3:::${bucket}`] }),
    nothing(action, 'both'),
  ],
  [
    who,
    `${action} with the key of ${bucket}, for another bucket`,
    direct(bucket, action, {
      'kms:viaservice': [`s3.${bucket === BUCKET ? REGION : DR_REGION}.amazonaws.com`],
      [CONTEXT]: ['arn:aws:s3:::elsewhere'],
    }),
    `not allowed: ${action} (identity)`,
  ],
]);

const ADMINISTERS: readonly Row[] = [BUCKET, REPLICA].flatMap((bucket) => [
  ...MIGHTY.flatMap((who): Row[] => [
    ...USE.map((action): Row => [
      who,
      `${action} with the key of ${bucket}`,
      through(bucket, action),
      nothing(action, 'resource'),
    ]),
    [who, `administers the key of ${bucket}`, direct(bucket, 'kms:DescribeKey'), 'allowed'],
  ]),
  ...ADMINISTRATION.map((action): Row => [
    'an administrator',
    `${action} of ${bucket}`,
    direct(bucket, action),
    'allowed',
  ]),
  ...(['an administrator', 'the root user', 'the deploy role'] as const).flatMap((who): Row[] => [
    ...DESTRUCTION.map((action): Row => [
      who,
      `${action} of ${bucket}`,
      direct(bucket, action),
      'denied by DenyKeyDestruction',
    ]),
    [who, `deletes the key of ${bucket}`, schedule(bucket, 30), 'denied by DenyKeyDestruction'],
    [
      who,
      `deletes the material of the key of ${bucket}`,
      direct(bucket, 'kms:DeleteImportedKeyMaterial'),
      'denied by DenyKeyDestruction',
    ],
  ]),
  ...DESTRUCTION.map((action): Row => [
    'the break-glass role',
    `${action} of ${bucket}`,
    direct(bucket, action),
    'allowed',
  ]),
  ['the break-glass role', `deletes the key of ${bucket} in 30 days`, schedule(bucket, 30), 'allowed'],
  [
    'the break-glass role',
    `deletes the key of ${bucket} in 7 days`,
    schedule(bucket, 7),
    'denied by DenyShortDeletionWindow',
  ],
  ...(['the deploy role', 'the break-glass role'] as const).map((who): Row => [
    who,
    `changes the key policy of ${bucket}`,
    direct(bucket, 'kms:PutKeyPolicy'),
    'allowed',
  ]),
  ...(['an administrator', 'the root user'] as const).map((who): Row => [
    who,
    `changes the key policy of ${bucket}`,
    direct(bucket, 'kms:PutKeyPolicy'),
    'denied by DenyKeyPolicyChange',
  ]),
  ...(['an administrator of another account', 'nobody in particular'] as const).map((who): Row => [
    who,
    `opens the key of ${bucket}`,
    through(bucket, 'kms:Decrypt'),
    nothing('kms:Decrypt', 'resource'),
  ]),
]);

const ours = { 'aws:sourceaccount': [ACCOUNT] };
const theirs = { 'aws:sourceaccount': ['999988887777'] };
const assume =
  (role: string, context: Readonly<Record<string, readonly string[]>>) =>
  ({ calls }: Stage) =>
    calls.assume(role, context);
const NOT_TRUSTED = nothing('sts:AssumeRole', 'resource');
const VERIFIER = 'audit-anchor-verifier-prod';
const WRITER = 'audit-anchor-writer-prod';
const REPLICATION = 'audit-anchor-replication-prod';

const TRUST: readonly Row[] = [
  [
    "an auditor's account",
    'takes on the verifier',
    assume(VERIFIER, { 'sts:externalid': ['a-secret-between-two'] }),
    'allowed',
  ],
  ["an auditor's account", 'takes on the verifier without external id', assume(VERIFIER, {}), NOT_TRUSTED],
  [
    "an auditor's account",
    'takes on the verifier with another id',
    assume(VERIFIER, { 'sts:externalid': ['guess'] }),
    NOT_TRUSTED,
  ],
  [
    'an administrator of another account',
    'takes on the verifier',
    assume(VERIFIER, { 'sts:externalid': ['a-secret-between-two'] }),
    NOT_TRUSTED,
  ],
  ["an auditor's account", 'takes on the writer', assume(WRITER, ours), NOT_TRUSTED],
  ['an administrator', 'takes on the writer', assume(WRITER, ours), NOT_TRUSTED],
  ['the container service', 'takes on the writer', assume(WRITER, ours), 'allowed'],
  ['the container service', 'takes on the writer for another account', assume(WRITER, theirs), NOT_TRUSTED],
  ['the replication service', 'takes on the writer', assume(WRITER, ours), NOT_TRUSTED],
  ['the replication service', 'takes on the replication role', assume(REPLICATION, ours), 'allowed'],
  ['the replication service', 'takes it on for another account', assume(REPLICATION, theirs), NOT_TRUSTED],
  ['the container service', 'takes on the replication role', assume(REPLICATION, ours), NOT_TRUSTED],
];

export const KEYS_AND_TRUST: readonly Row[] = [...USES, ...IMITATIONS, ...ADMINISTERS, ...TRUST];
