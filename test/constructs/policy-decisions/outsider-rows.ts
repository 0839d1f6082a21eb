import { ACCOUNT, BUCKET, LOGS, REPLICA } from '../../support/terraform/full-stack';
import { ANCHOR, changed, type Row, type Stage, type Who } from './stage';

const ADMIN = 'an administrator';
const ROOT = 'the root user';
const FOREIGN = 'an administrator of another account';
const NOBODY = 'nobody in particular';
const LOGGING = 'the logging service';
const UNLOCKED = { 'x-amz-object-lock-mode': undefined, 'x-amz-object-lock-retain-until-date': undefined };

const onAnchor =
  (bucket: string, action: string) =>
  ({ calls }: Stage) =>
    calls.onObject(bucket, ANCHOR, action);
const onBucket =
  (bucket: string, action: string) =>
  ({ calls }: Stage) =>
    calls.onBucket(bucket, action);

/** Changes of the configuration that weaken what protects anchors. */
const CONFIGURATION = [
  's3:PutBucketObjectLockConfiguration',
  's3:PutBucketVersioning',
  's3:PutLifecycleConfiguration',
  's3:PutReplicationConfiguration',
  's3:PutEncryptionConfiguration',
  's3:PutBucketPublicAccessBlock',
  's3:PutBucketOwnershipControls',
  's3:PutBucketAcl',
  's3:PutBucketLogging',
  's3:DeleteBucket',
];
const POLICY_CHANGES = ['s3:PutBucketPolicy', 's3:DeleteBucketPolicy'];
const DELETES = ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:BypassGovernanceRetention'];

function mightyRows(who: Who, bucket: string): Row[] {
  return [
    ...DELETES.map((action): Row => [
      who,
      `${action} in ${bucket}`,
      onAnchor(bucket, action),
      'denied by DenyDelete',
    ]),
    ...CONFIGURATION.map((action): Row => [
      who,
      `${action} of ${bucket}`,
      onBucket(bucket, action),
      'denied by DenyConfigTamper',
    ]),
    // AWS lets the root user repair a bucket policy whatever it says.
    ...POLICY_CHANGES.map((action): Row => [
      who,
      `${action} of ${bucket}`,
      onBucket(bucket, action),
      who === ROOT ? 'allowed' : 'denied by DenyConfigTamper',
    ]),
  ];
}

function unlockedRows(who: Who): Row[] {
  return [
    [
      who,
      'puts an unlocked object into the source',
      ({ calls, headers }) => calls.put(BUCKET, ANCHOR, changed(headers, UNLOCKED)),
      'denied by DenyWithoutObjectLock',
    ],
    ...['s3:ReplicateObject', 's3:ReplicateDelete', 's3:ReplicateTags'].flatMap((action): Row[] => [
      [who, `${action} into the source`, onAnchor(BUCKET, action), 'denied by DenyReplicateIn'],
      [who, `${action} into the replica`, onAnchor(REPLICA, action), 'denied by DenyForeignWrites'],
    ]),
    [who, 'puts into the replica', onAnchor(REPLICA, 's3:PutObject'), 'denied by DenyForeignWrites'],
    [
      who,
      'shortens a lock',
      ({ calls }) => calls.putRetention(BUCKET, ANCHOR, 'COMPLIANCE', Date.parse('2030-02-01T00:00:00Z')),
      'denied by DenyShortLock',
    ],
  ];
}

const ADMINISTRATORS: readonly Row[] = [
  ...[ADMIN, ROOT].flatMap((who) => [
    ...mightyRows(who as Who, BUCKET),
    ...mightyRows(who as Who, REPLICA),
    ...unlockedRows(who as Who),
  ]),
  ...[BUCKET, REPLICA].flatMap((bucket) => [
    ...[...CONFIGURATION, ...POLICY_CHANGES].map((action): Row => [
      'the deploy role',
      `${action} of ${bucket}`,
      onBucket(bucket, action),
      'allowed',
    ]),
    ...DELETES.map((action): Row => [
      'the deploy role',
      `${action} in ${bucket}`,
      onAnchor(bucket, action),
      'denied by DenyDelete',
    ]),
  ]),
];

const OUTSIDERS: readonly Row[] = [
  ...[FOREIGN, NOBODY].flatMap((who): Row[] => [
    ...['s3:GetObject', 's3:GetObjectVersion', 's3:PutObjectLegalHold'].flatMap((action) =>
      [BUCKET, REPLICA].map((bucket): Row => [
        who as Who,
        `${action} in ${bucket}`,
        onAnchor(bucket, action),
        `not allowed: ${action} (resource)`,
      ]),
    ),
    [
      who as Who,
      'lists the source',
      ({ calls }) => calls.list(BUCKET, 's3:ListBucketVersions', 'production/'),
      'not allowed: s3:ListBucketVersions (resource)',
    ],
    [
      who as Who,
      'puts an anchor as the runtime does',
      ({ calls, headers }) => calls.put(BUCKET, ANCHOR, headers),
      'not allowed: s3:PutObject (resource), s3:PutObjectRetention (resource), kms:GenerateDataKey (resource), kms:Decrypt (resource)',
    ],
    [who as Who, 'deletes', onAnchor(BUCKET, 's3:DeleteObject'), 'denied by DenyDelete'],
    [who as Who, 'changes the policy', onBucket(BUCKET, 's3:PutBucketPolicy'), 'denied by DenyConfigTamper'],
  ]),
];

const PLAIN_HTTP: readonly Row[] = [
  [
    'the writer',
    'puts an anchor over plain HTTP',
    ({ plain, headers }) => plain.put(BUCKET, ANCHOR, headers),
    'denied by DenyInsecureTransport',
  ],
  ...[BUCKET, REPLICA].flatMap((bucket): Row[] => [
    [
      'the verifier',
      `reads ${bucket} over plain HTTP`,
      ({ plain }) => plain.read(bucket, ANCHOR, null),
      'denied by DenyInsecureTransport',
    ],
    [
      'the verifier',
      `lists ${bucket} over plain HTTP`,
      ({ plain }) => plain.list(bucket, 's3:ListBucketVersions', 'production/'),
      'denied by DenyInsecureTransport',
    ],
  ]),
  [
    ADMIN,
    'reads log files over plain HTTP',
    ({ plain }) => plain.onObject(LOGS, 'audit-anchors/log', 's3:GetObject'),
    'denied by DenyInsecureTransport',
  ],
  [
    ADMIN,
    'lists log files over plain HTTP',
    ({ plain }) => plain.list(LOGS, 's3:ListBucket'),
    'denied by DenyInsecureTransport',
  ],
];

const delivery =
  (key: string, source: string, account: string) =>
  ({ calls }: Stage) =>
    calls.onObject(LOGS, key, 's3:PutObject', { 'aws:sourcearn': [source], 'aws:sourceaccount': [account] });
const SOURCE = `arn:aws:s3:::${BUCKET}`;
const NO_DELIVERY = 'not allowed: s3:PutObject (resource)';

const LOG_DELIVERY: readonly Row[] = [
  [LOGGING, 'delivers logs of the source', delivery('audit-anchors/log', SOURCE, ACCOUNT), 'allowed'],
  [
    LOGGING,
    'delivers logs of another bucket',
    delivery('audit-anchors/log', 'arn:aws:s3:::other', ACCOUNT),
    NO_DELIVERY,
  ],
  [
    LOGGING,
    'delivers for another account',
    delivery('audit-anchors/log', SOURCE, '999988887777'),
    NO_DELIVERY,
  ],
  [LOGGING, 'delivers outside of the prefix', delivery('elsewhere/log', SOURCE, ACCOUNT), NO_DELIVERY],
  ['the replication service', 'delivers logs', delivery('audit-anchors/log', SOURCE, ACCOUNT), NO_DELIVERY],
  [
    LOGGING,
    'reads logs',
    ({ calls }) => calls.onObject(LOGS, 'audit-anchors/log', 's3:GetObject'),
    'not allowed: s3:GetObject (resource)',
  ],
  [LOGGING, 'writes into the source', onAnchor(BUCKET, 's3:ReplicateObject'), 'denied by DenyReplicateIn'],
];

export const OTHERS: readonly Row[] = [...ADMINISTRATORS, ...OUTSIDERS, ...PLAIN_HTTP, ...LOG_DELIVERY];
