import { BUCKET, REPLICA } from '../../support/terraform/full-stack';
import { after, ANCHOR, type Row, type Stage, type Who } from './stage';

const CUSTODIAN = 'the custodian';
const REPLICATION = 'the replication role';
const STAGING = ANCHOR.replace('production', 'staging');

const BUCKET_READS = [
  's3:GetBucketVersioning',
  's3:GetBucketObjectLockConfiguration',
  's3:GetReplicationConfiguration',
  's3:GetEncryptionConfiguration',
  's3:GetBucketPolicy',
  's3:GetLifecycleConfiguration',
];
const OBJECT_READS = [
  's3:GetObject',
  's3:GetObjectVersion',
  's3:GetObjectAttributes',
  's3:GetObjectVersionAttributes',
  's3:GetObjectRetention',
  's3:GetObjectLegalHold',
];
/** Everything that changes an object without a header of its own. */
const OBJECT_WRITES = [
  's3:PutObjectRetention',
  's3:PutObjectLegalHold',
  's3:PutObjectTagging',
  's3:PutObjectAcl',
  's3:RestoreObject',
  's3:UpdateObjectEncryption',
];

const onAnchor =
  (bucket: string, action: string, key = ANCHOR) =>
  ({ calls }: Stage) =>
    calls.onObject(bucket, key, action);
const keyOf = ({ sourceKey, replicaKey }: Stage, bucket: string) =>
  bucket === BUCKET ? sourceKey : replicaKey;

/** Auditors and the task that verifies are granted the same. */
function verifierRows(who: Who, bucket: string): Row[] {
  const where = bucket === BUCKET ? 'in the source' : 'in the replica';
  const refused = (action: string) => `not allowed: ${action} (identity)`;
  return [
    [
      who,
      `reads a version ${where}`,
      (stage) => stage.calls.read(bucket, ANCHOR, keyOf(stage, bucket)),
      'allowed',
    ],
    ...OBJECT_READS.map((action): Row => [who, `${action} ${where}`, onAnchor(bucket, action), 'allowed']),
    [
      who,
      `reads another chain ${where}`,
      onAnchor(bucket, 's3:GetObjectVersion', STAGING),
      refused('s3:GetObjectVersion'),
    ],
    ...['s3:ListBucketVersions', 's3:ListBucket'].flatMap((action): Row[] => [
      [
        who,
        `${action} of its chain ${where}`,
        ({ calls }) => calls.list(bucket, action, 'production/'),
        'allowed',
      ],
      [
        who,
        `${action} of another chain ${where}`,
        ({ calls }) => calls.list(bucket, action, 'staging/'),
        refused(action),
      ],
      [who, `${action} of everything ${where}`, ({ calls }) => calls.list(bucket, action), refused(action)],
    ]),
    ...BUCKET_READS.map((action): Row => [
      who,
      `${action} ${where}`,
      ({ calls }) => calls.onBucket(bucket, action),
      'allowed',
    ]),
    [
      who,
      `puts an anchor ${where}`,
      ({ calls, headers }) => calls.put(bucket, ANCHOR, headers),
      bucket === BUCKET
        ? 'not allowed: s3:PutObject (identity), s3:PutObjectRetention (identity), kms:GenerateDataKey (both)'
        : 'denied by DenyForeignWrites',
    ],
    ...OBJECT_WRITES.map((action): Row => [
      who,
      `${action} ${where}`,
      onAnchor(bucket, action),
      refused(action),
    ]),
    ...['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:BypassGovernanceRetention'].map((action): Row => [
      who,
      `${action} ${where}`,
      onAnchor(bucket, action),
      'denied by DenyDelete',
    ]),
    [
      who,
      `changes the policy ${where}`,
      ({ calls }) => calls.onBucket(bucket, 's3:PutBucketPolicy'),
      'denied by DenyConfigTamper',
    ],
  ];
}

const CUSTODIAN_ROWS: readonly Row[] = [
  ...['s3:PutObjectLegalHold', 's3:GetObjectLegalHold'].map((action): Row => [
    CUSTODIAN,
    action,
    onAnchor(BUCKET, action),
    'allowed',
  ]),
  [
    CUSTODIAN,
    'finds versions',
    ({ calls }) => calls.list(BUCKET, 's3:ListBucketVersions', 'production/'),
    'allowed',
  ],
  [
    CUSTODIAN,
    'finds versions of another chain',
    ({ calls }) => calls.list(BUCKET, 's3:ListBucketVersions', 'staging/'),
    'not allowed: s3:ListBucketVersions (identity)',
  ],
  [
    CUSTODIAN,
    'holds another chain',
    onAnchor(BUCKET, 's3:PutObjectLegalHold', STAGING),
    'not allowed: s3:PutObjectLegalHold (identity)',
  ],
  ...['s3:GetObject', 's3:GetObjectVersion', 's3:PutObjectRetention'].map((action): Row => [
    CUSTODIAN,
    action,
    onAnchor(BUCKET, action),
    `not allowed: ${action} (identity)`,
  ]),
  [
    CUSTODIAN,
    'puts an anchor',
    ({ calls, headers }) => calls.put(BUCKET, ANCHOR, headers),
    'not allowed: s3:PutObject (identity), s3:PutObjectRetention (identity), kms:GenerateDataKey (both), kms:Decrypt (both)',
  ],
  [CUSTODIAN, 'deletes a version', onAnchor(BUCKET, 's3:DeleteObjectVersion'), 'denied by DenyDelete'],
  [
    CUSTODIAN,
    'holds in the replica',
    onAnchor(REPLICA, 's3:PutObjectLegalHold'),
    'not allowed: s3:PutObjectLegalHold (identity)',
  ],
];

const REPLICATION_ROWS: readonly Row[] = [
  ...['s3:GetReplicationConfiguration', 's3:ListBucket'].map((action): Row => [
    REPLICATION,
    action,
    ({ calls }) => calls.onBucket(BUCKET, action),
    'allowed',
  ]),
  ...[
    's3:GetObjectVersionForReplication',
    's3:GetObjectVersionAcl',
    's3:GetObjectVersionTagging',
    's3:GetObjectRetention',
    's3:GetObjectLegalHold',
  ].map((action): Row => [REPLICATION, `${action} in the source`, onAnchor(BUCKET, action), 'allowed']),
  ...['s3:ReplicateObject', 's3:ReplicateTags', 's3:PutObjectRetention', 's3:PutObjectLegalHold'].map(
    (action): Row => [REPLICATION, `${action} in the replica`, onAnchor(REPLICA, action), 'allowed'],
  ),
  ...['s3:ReplicateDelete', 's3:PutObject', 's3:GetObjectVersion', 's3:ObjectOwnerOverrideToBucketOwner'].map(
    (action): Row => [
      REPLICATION,
      `${action} in the replica`,
      onAnchor(REPLICA, action),
      `not allowed: ${action} (identity)`,
    ],
  ),
  ...['s3:ReplicateObject', 's3:ReplicateDelete', 's3:ReplicateTags'].map((action): Row => [
    REPLICATION,
    `${action} in the source`,
    onAnchor(BUCKET, action),
    'denied by DenyReplicateIn',
  ]),
  ...[BUCKET, REPLICA].map((bucket): Row => [
    REPLICATION,
    `deletes in ${bucket}`,
    onAnchor(bucket, 's3:DeleteObject'),
    'denied by DenyDelete',
  ]),
  [
    REPLICATION,
    'sets a lock in the source',
    ({ calls }) => calls.putRetention(BUCKET, ANCHOR, 'COMPLIANCE', after(400)),
    'not allowed: s3:PutObjectRetention (identity)',
  ],
  [
    REPLICATION,
    'reads an anchor in the source',
    onAnchor(BUCKET, 's3:GetObjectVersion'),
    'not allowed: s3:GetObjectVersion (identity)',
  ],
  [
    REPLICATION,
    'opens the source key',
    ({ calls, sourceKey }) => calls.throughS3(BUCKET, sourceKey, 'kms:Decrypt'),
    'allowed',
  ],
  [
    REPLICATION,
    'encrypts with the source key',
    ({ calls, sourceKey }) => calls.throughS3(BUCKET, sourceKey, 'kms:GenerateDataKey'),
    'not allowed: kms:GenerateDataKey (both)',
  ],
  ...['kms:Encrypt', 'kms:GenerateDataKey', 'kms:Decrypt'].map((action): Row => [
    REPLICATION,
    `${action} with the replica key`,
    ({ calls, replicaKey }) => calls.throughS3(REPLICA, replicaKey, action),
    'allowed',
  ]),
];

export const READERS: readonly Row[] = [
  ...(['the verifier', 'the verifier task'] as const).flatMap((who) => [
    ...verifierRows(who, BUCKET),
    ...verifierRows(who, REPLICA),
  ]),
  ...CUSTODIAN_ROWS,
];
export const REPLICATION_ROLE: readonly Row[] = REPLICATION_ROWS;
