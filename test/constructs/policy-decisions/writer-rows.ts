import { BUCKET, REPLICA } from '../../support/terraform/full-stack';
import { after, ANCHOR, changed, type Row, type Stage } from './stage';

const WRITER = 'the writer';
/** Nothing allows an upload, and nothing allows to send its lock headers. */
const NO_UPLOAD = 'not allowed: s3:PutObject (identity), s3:PutObjectRetention (identity)';

/** The runtime's own PUT, with some of its headers changed. */
const put =
  (changes: Readonly<Record<string, string | undefined>> = {}, key = ANCHOR, bucket = BUCKET) =>
  ({ calls, headers }: Stage) =>
    calls.put(bucket, key, changed(headers, changes));
const until = (days: number) => ({
  'x-amz-object-lock-retain-until-date': new Date(after(days)).toISOString(),
});
const NO_LOCK = { 'x-amz-object-lock-mode': undefined, 'x-amz-object-lock-retain-until-date': undefined };
const SSE = 'x-amz-server-side-encryption';
const SSE_KEY = 'x-amz-server-side-encryption-aws-kms-key-id';
const OTHER_KEY = 'arn:aws:kms:us-east-1:111122223333:key/99999999-9999-4999-8999-999999999999';

export const WRITES: readonly Row[] = [
  [WRITER, 'puts an anchor as the runtime does', put(), 'allowed'],
  [WRITER, 'without lock headers', put(NO_LOCK), 'denied by DenyWithoutObjectLock'],
  [
    WRITER,
    'in GOVERNANCE',
    put({ 'x-amz-object-lock-mode': 'GOVERNANCE' }),
    'denied by DenyWithoutObjectLock',
  ],
  [WRITER, 'locked for 30 days', put(until(30)), 'denied by DenyShortLock'],
  [WRITER, 'locked for two days less than agreed', put(until(398)), 'denied by DenyShortLock'],
  [WRITER, 'locked for a day more, for clocks that differ', put(until(401)), 'allowed'],
  [WRITER, 'locked for three days more', put(until(403)), NO_UPLOAD],
  [WRITER, 'locked for 100 years', put(until(36_500)), NO_UPLOAD],
  [WRITER, 'under another key', put({ [SSE_KEY]: OTHER_KEY }), 'denied by DenyWrongKey'],
  [
    WRITER,
    'under the key that S3 takes without a name',
    put({ [SSE_KEY]: undefined }),
    'denied by DenyWrongKey',
  ],
  [
    WRITER,
    'without encryption headers',
    put({ [SSE]: undefined, [SSE_KEY]: undefined }),
    'denied by DenyUnencryptedUploads, DenyWrongKey',
  ],
  [WRITER, 'under keys of S3', put({ [SSE]: 'AES256' }), 'denied by DenyUnencryptedUploads'],
  [WRITER, 'without if-none-match', put({ 'if-none-match': undefined }), 'denied by DenyUnconditionalCreate'],
  [
    WRITER,
    'under a legal hold',
    put({ 'x-amz-object-lock-legal-hold': 'ON' }),
    'not allowed: s3:PutObjectLegalHold (identity)',
  ],
  [WRITER, 'into another chain', put({}, ANCHOR.replace('production', 'staging')), NO_UPLOAD],
  [
    WRITER,
    'into a chain whose name begins the same',
    put({}, ANCHOR.replace('production', 'production2')),
    NO_UPLOAD,
  ],
  [WRITER, 'into a chain below', put({}, ANCHOR.replace('production', 'production/eu')), NO_UPLOAD],
  [WRITER, 'under a name that is no anchor', put({}, 'production/2030/01/15/14/notes.json'), NO_UPLOAD],
  [WRITER, 'into the replica', put({}, ANCHOR, REPLICA), 'denied by DenyForeignWrites'],
  [
    WRITER,
    'lengthens a lock to 100 years',
    ({ calls }) => calls.putRetention(BUCKET, ANCHOR, 'COMPLIANCE', after(36_500)),
    'not allowed: s3:PutObjectRetention (identity)',
  ],
  [
    WRITER,
    'sets the lock that it has',
    ({ calls }) => calls.putRetention(BUCKET, ANCHOR, 'COMPLIANCE', after(400)),
    'allowed',
  ],
  [
    WRITER,
    'sets that lock on another chain',
    ({ calls }) =>
      calls.putRetention(BUCKET, ANCHOR.replace('production', 'staging'), 'COMPLIANCE', after(400)),
    'not allowed: s3:PutObjectRetention (identity)',
  ],
  [
    WRITER,
    'shortens a lock',
    ({ calls }) => calls.putRetention(BUCKET, ANCHOR, 'COMPLIANCE', after(10)),
    'denied by DenyShortLock',
  ],
  [
    WRITER,
    'weakens a lock to GOVERNANCE',
    ({ calls }) => calls.putRetention(BUCKET, ANCHOR, 'GOVERNANCE', after(400)),
    'not allowed: s3:PutObjectRetention (identity)',
  ],
  ...(
    [
      ['deletes', 's3:DeleteObject'],
      ['deletes a version', 's3:DeleteObjectVersion'],
      ['passes over governance', 's3:BypassGovernanceRetention'],
    ] as const
  ).map(([does, action]): Row => [WRITER, does, onAnchor(action), 'denied by DenyDelete']),
  ...['s3:PutObjectLegalHold', 's3:PutObjectTagging', 's3:RestoreObject', 's3:PutObjectAcl'].map(
    (action): Row => [WRITER, action, onAnchor(action), `not allowed: ${action} (identity)`],
  ),
  [WRITER, 'replicates into the source', onAnchor('s3:ReplicateObject'), 'denied by DenyReplicateIn'],
];

/** Decided without any bucket policy: the writer is bounded by its own policy too. */
export const WRITES_WITHOUT_BUCKET_POLICY: readonly Row[] = [
  [WRITER, 'puts an anchor as the runtime does', put(), 'allowed'],
  [WRITER, 'without lock headers', put(NO_LOCK), 'not allowed: s3:PutObject (identity)'],
  [WRITER, 'in GOVERNANCE', put({ 'x-amz-object-lock-mode': 'GOVERNANCE' }), NO_UPLOAD],
  [WRITER, 'locked for 30 days', put(until(30)), NO_UPLOAD],
  [
    WRITER,
    'under another key',
    put({ [SSE_KEY]: OTHER_KEY }),
    'not allowed: s3:PutObject (identity), kms:GenerateDataKey (both), kms:Decrypt (both)',
  ],
  [
    WRITER,
    'under the key that S3 takes without a name',
    put({ [SSE_KEY]: undefined }),
    'not allowed: s3:PutObject (identity)',
  ],
  [WRITER, 'under keys of S3', put({ [SSE]: 'AES256' }), 'not allowed: s3:PutObject (identity)'],
  [
    WRITER,
    'without if-none-match',
    put({ 'if-none-match': undefined }),
    'not allowed: s3:PutObject (identity)',
  ],
  [
    WRITER,
    'shortens a lock',
    ({ calls }) => calls.putRetention(BUCKET, ANCHOR, 'COMPLIANCE', after(10)),
    'not allowed: s3:PutObjectRetention (identity)',
  ],
  [WRITER, 'deletes', onAnchor('s3:DeleteObject'), 'not allowed: s3:DeleteObject (identity)'],
];

export const WRITER_READS: readonly Row[] = [
  [
    WRITER,
    'lists versions of an hour',
    ({ calls }) => calls.list(BUCKET, 's3:ListBucketVersions', 'production/2030/01/15/14/'),
    'allowed',
  ],
  [
    WRITER,
    'lists its chain',
    ({ calls }) => calls.list(BUCKET, 's3:ListBucketVersions', 'production/'),
    'allowed',
  ],
  [WRITER, 'lists keys', ({ calls }) => calls.list(BUCKET, 's3:ListBucket', 'production/'), 'allowed'],
  [
    WRITER,
    'lists another chain',
    ({ calls }) => calls.list(BUCKET, 's3:ListBucketVersions', 'staging/'),
    'not allowed: s3:ListBucketVersions (identity)',
  ],
  [
    WRITER,
    'lists everything',
    ({ calls }) => calls.list(BUCKET, 's3:ListBucketVersions'),
    'not allowed: s3:ListBucketVersions (identity)',
  ],
  [WRITER, 'reads a version', ({ calls, sourceKey }) => calls.read(BUCKET, ANCHOR, sourceKey), 'allowed'],
  ...['s3:GetObject', 's3:GetObjectRetention'].map((action): Row => [
    WRITER,
    action,
    onAnchor(action),
    'allowed',
  ]),
  [
    WRITER,
    'reads another chain',
    ({ calls }) => calls.read(BUCKET, ANCHOR.replace('production', 'staging'), null),
    'not allowed: s3:GetObjectVersion (identity)',
  ],
  [
    WRITER,
    'reads the replica',
    ({ calls, replicaKey }) => calls.read(REPLICA, ANCHOR, replicaKey),
    'not allowed: s3:GetObjectVersion (identity), kms:Decrypt (both)',
  ],
  ...['s3:GetBucketVersioning', 's3:GetBucketObjectLockConfiguration'].map((action): Row => [
    WRITER,
    action,
    ({ calls }) => calls.onBucket(BUCKET, action),
    'allowed',
  ]),
  [
    WRITER,
    'reads the bucket policy',
    ({ calls }) => calls.onBucket(BUCKET, 's3:GetBucketPolicy'),
    'not allowed: s3:GetBucketPolicy (identity)',
  ],
];

function onAnchor(action: string) {
  return ({ calls }: Stage) => calls.onObject(BUCKET, ANCHOR, action);
}
