import type { Condition, PolicyDocument, Statement } from './document';
import { matchesAction } from './patterns';

/**
 * Condition keys by action, as the Service Authorization Reference lists them (August 2026), for the actions that
 * policies of this project name.
 */
// It goes with another request and takes that one's keys.
const BYPASS = 's3:BypassGovernanceRetention';
const S3_KEYS: Readonly<Record<string, readonly string[]>> = {
  's3:x-amz-server-side-encryption': [
    's3:PutObject',
    's3:ReplicateObject',
    's3:UpdateObjectEncryption',
    BYPASS,
  ],
  's3:x-amz-server-side-encryption-aws-kms-key-id': [
    's3:PutObject',
    's3:ReplicateObject',
    's3:UpdateObjectEncryption',
    BYPASS,
  ],
  's3:x-amz-server-side-encryption-customer-algorithm': ['s3:PutObject', 's3:ReplicateObject', BYPASS],
  's3:object-lock-mode': ['s3:PutObject', 's3:PutObjectRetention', BYPASS],
  's3:object-lock-retain-until-date': ['s3:PutObject', 's3:PutObjectRetention', BYPASS],
  's3:object-lock-remaining-retention-days': ['s3:PutObject', 's3:PutObjectRetention', BYPASS],
  's3:object-lock-legal-hold': ['s3:PutObject', 's3:PutObjectLegalHold', BYPASS],
  's3:if-none-match': ['s3:PutObject'],
  's3:if-match': ['s3:PutObject', 's3:DeleteObject'],
  's3:objectcreationoperation': ['s3:PutObject'],
  's3:prefix': ['s3:ListBucket', 's3:ListBucketVersions'],
  's3:delimiter': ['s3:ListBucket', 's3:ListBucketVersions'],
  's3:max-keys': ['s3:ListBucket', 's3:ListBucketVersions'],
  's3:versionid': ['s3:GetObjectVersion', 's3:GetObjectVersionAttributes', 's3:DeleteObjectVersion'],
};
const CRYPTOGRAPHY = [
  'kms:Encrypt',
  'kms:Decrypt',
  'kms:GenerateDataKey',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
];
const KMS_KEYS: Readonly<Record<string, readonly string[] | 'every action'>> = {
  // On every operation on a key.
  'kms:viaservice': 'every action',
  'kms:calleraccount': 'every action',
  'kms:schedulekeydeletionpendingwindowindays': ['kms:ScheduleKeyDeletion'],
};
const KMS_CONTEXT = /^kms:encryptioncontext:/;
const GLOBAL = [
  'aws:securetransport',
  'aws:principalarn',
  'aws:principalaccount',
  'aws:principalorgid',
  'aws:sourcearn',
  'aws:sourceaccount',
  'aws:multifactorauthpresent',
];
/** Keys of other services, by the actions they go with. */
const OTHER_KEYS: Readonly<Record<string, readonly string[]>> = {
  'sts:externalid': ['sts:AssumeRole'],
  'ecs:cluster': ['ecs:RunTask'],
  'iam:passedtoservice': ['iam:PassRole'],
};

/** Every action that this project names or has to think of. */
const ACTIONS: readonly string[] = [
  ...Object.values(S3_KEYS).flat(),
  ...CRYPTOGRAPHY,
  ...prefixed('s3', [
    ['GetObject', 'GetObjectVersion', 'GetObjectAttributes', 'GetObjectVersionAttributes'],
    ['GetObjectRetention', 'GetObjectLegalHold', 'GetObjectVersionForReplication', 'GetObjectVersionAcl'],
    [
      'GetObjectVersionTagging',
      'ReplicateDelete',
      'ReplicateTags',
      'DeleteObjectVersion',
      'PutObjectTagging',
    ],
    [
      'GetBucketVersioning',
      'GetBucketObjectLockConfiguration',
      'GetReplicationConfiguration',
      'GetBucketPolicy',
    ],
    [
      'GetEncryptionConfiguration',
      'GetLifecycleConfiguration',
      'GetBucketPublicAccessBlock',
      'GetBucketLocation',
    ],
    [
      'GetBucketOwnershipControls',
      'GetBucketLogging',
      'PutBucketObjectLockConfiguration',
      'PutBucketVersioning',
    ],
    [
      'PutLifecycleConfiguration',
      'PutReplicationConfiguration',
      'PutEncryptionConfiguration',
      'PutBucketAcl',
    ],
    ['PutBucketPublicAccessBlock', 'PutBucketOwnershipControls', 'PutBucketLogging', 'PutBucketPolicy'],
    ['DeleteBucketPolicy', 'DeleteBucket', 'PutObjectAcl', 'AbortMultipartUpload', 'PutBucketNotification'],
    ['ObjectOwnerOverrideToBucketOwner', 'RestoreObject', 'PutInventoryConfiguration', 'PutBucketTagging'],
    ['PutObjectVersionAcl', 'DeleteObjectTagging', 'DeleteObjectVersionTagging', 'PutObjectVersionTagging'],
  ]),
  ...prefixed('kms', [
    ['DescribeKey', 'GetKeyPolicy', 'GetKeyRotationStatus', 'ListKeyPolicies', 'ListKeyRotations'],
    ['ListResourceTags', 'ListGrants', 'RevokeGrant', 'CreateGrant', 'PutKeyPolicy', 'UpdateKeyDescription'],
    [
      'EnableKey',
      'DisableKey',
      'EnableKeyRotation',
      'DisableKeyRotation',
      'RotateKeyOnDemand',
      'TagResource',
    ],
    [
      'UntagResource',
      'CreateAlias',
      'UpdateAlias',
      'DeleteAlias',
      'ScheduleKeyDeletion',
      'CancelKeyDeletion',
    ],
    ['DeleteImportedKeyMaterial', 'ImportKeyMaterial', 'ReplicateKey', 'UpdatePrimaryRegion', 'RetireGrant'],
  ]),
  'sts:AssumeRole',
  'iam:PassRole',
  'ecs:RunTask',
  ...prefixed('ecr', [
    ['GetAuthorizationToken', 'BatchCheckLayerAvailability', 'BatchGetImage', 'GetDownloadUrlForLayer'],
  ]),
  ...prefixed('logs', [['CreateLogStream', 'PutLogEvents']]),
  'secretsmanager:GetSecretValue',
  ...prefixed('sqs', [['SendMessage', 'ReceiveMessage', 'DeleteMessage', 'PurgeQueue']]),
  'sns:Publish',
  'events:PutEvents',
];

/** What AWS would refuse, or silently never match: actions it does not have, keys that do not go with an action. */
export function conditionFaults(policy: PolicyDocument): string[] {
  return policy.statements.flatMap((statement) => {
    const place = `${policy.name} ${statement.sid}`;
    const unknown = statement.actions.values.filter((pattern) => expand(pattern).length === 0);
    return [
      ...unknown.map((action) => `${place}: no action ${action}`),
      ...statement.conditions.flatMap((condition) => keyFaults(place, statement, condition)),
    ];
  });
}

function keyFaults(place: string, { actions }: Statement, { key }: Condition): string[] {
  const covered = actions.negated
    ? ACTIONS.filter((action) => !actions.values.some((pattern) => matchesAction(pattern, action)))
    : actions.values.flatMap(expand);
  const wrong = covered.filter((action) => !goesWith(key.toLowerCase(), action));
  return wrong.length === 0 ? [] : [`${place}: ${key} is not a condition key of ${wrong.join(', ')}`];
}

function goesWith(key: string, action: string): boolean {
  if (GLOBAL.includes(key)) return true;
  if (!/^(?:s3|kms):/.test(action)) return OTHER_KEYS[key]?.includes(action) ?? false;
  if (action.startsWith('s3:')) return S3_KEYS[key]?.includes(action) ?? false;
  if (KMS_CONTEXT.test(key)) return CRYPTOGRAPHY.includes(action);
  const known = KMS_KEYS[key];
  return known === 'every action' || (known?.includes(action) ?? false);
}

function expand(pattern: string): string[] {
  return [...new Set(ACTIONS)].filter((action) => matchesAction(pattern, action));
}

function prefixed(service: string, rows: readonly (readonly string[])[]): string[] {
  return rows.flat().map((name) => `${service}:${name}`);
}
