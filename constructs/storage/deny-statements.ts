import type { AnchorEncryption } from './anchor-encryption';
import type { ObjectLockRetention } from './object-lock-retention';
import { denyEveryone, type PolicyStatement, when } from './policy-document';

/**
 * Statements of bucket policies. One family of condition keys per statement: S3 refuses a statement with a
 * key that is not valid for every one of its actions.
 */

/** Requests that travel in clear text. */
export function denyInsecureTransport(bucketArn: string): PolicyStatement {
  return denyEveryone(
    'DenyInsecureTransport',
    ['s3:*'],
    [bucketArn, `${bucketArn}/*`],
    [when('Bool', 'aws:SecureTransport', 'false')],
  );
}

/** Uploads that are not encrypted as the bucket demands, or under another key. */
export function denyWrongEncryption(
  bucketArn: string,
  { algorithm, key }: AnchorEncryption,
): PolicyStatement[] {
  const upload = (sid: string, ...conditions: ReturnType<typeof when>[]) =>
    denyEveryone(sid, ['s3:PutObject'], [`${bucketArn}/*`], conditions);
  if (key) {
    return [
      // Absent headers are denied too: the bucket's default would encrypt, but nothing would pin the key.
      upload('DenyUnencryptedUploads', when('StringNotEquals', 's3:x-amz-server-side-encryption', algorithm)),
      upload(
        'DenyWrongKey',
        when('StringNotEquals', 's3:x-amz-server-side-encryption-aws-kms-key-id', key.keyArn),
      ),
    ];
  }
  return [
    // Without a header S3 encrypts with SSE-S3, so only a header that asks for something else is denied.
    upload(
      'DenyUnencryptedUploads',
      when('Null', 's3:x-amz-server-side-encryption', 'false'),
      when('StringNotEquals', 's3:x-amz-server-side-encryption', algorithm),
    ),
    upload('DenyCustomerKeys', when('Null', 's3:x-amz-server-side-encryption-customer-algorithm', 'false')),
  ];
}

/** Uploads without the lock mode in the request (a default retention does not fill the key), or too short. */
export function denyWeakLock(bucketArn: string, retention: ObjectLockRetention): PolicyStatement[] {
  const objects = [`${bucketArn}/*`];
  return [
    denyEveryone('DenyWithoutObjectLock', ['s3:PutObject'], objects, [
      when('StringNotEquals', 's3:object-lock-mode', retention.mode),
    ]),
    denyEveryone('DenyShortLock', ['s3:PutObject', 's3:PutObjectRetention'], objects, [
      when('NumericLessThan', 's3:object-lock-remaining-retention-days', retention.fewestRemainingDays),
    ]),
  ];
}

/**
 * Uploads that could lay a new version over an anchor. The second condition leaves out the parts of
 * multipart uploads, which cannot carry the header; their completion is covered.
 */
export function denyUnconditionalCreate(bucketArn: string): PolicyStatement {
  return denyEveryone(
    'DenyUnconditionalCreate',
    ['s3:PutObject'],
    [`${bucketArn}/*`],
    [when('Null', 's3:if-none-match', 'true'), when('Bool', 's3:ObjectCreationOperation', 'true')],
  );
}

/** Deletes. Object Lock keeps versions, but would let anyone put a delete marker over an anchor. */
export function denyDelete(bucketArn: string): PolicyStatement {
  return denyEveryone(
    'DenyDelete',
    ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:BypassGovernanceRetention'],
    [`${bucketArn}/*`],
  );
}

/** Replication into the source: it is authorised by other actions than uploads are. */
export function denyReplicateIn(bucketArn: string): PolicyStatement {
  return denyEveryone(
    'DenyReplicateIn',
    ['s3:ReplicateObject', 's3:ReplicateDelete', 's3:ReplicateTags'],
    [`${bucketArn}/*`],
  );
}

/** Writes into the replica by anyone but the replication role. */
export function denyForeignWrites(bucketArn: string, replicationRoleArn: string): PolicyStatement {
  return denyEveryone(
    'DenyForeignWrites',
    ['s3:PutObject', 's3:ReplicateObject', 's3:ReplicateDelete', 's3:ReplicateTags'],
    [`${bucketArn}/*`],
    [when('ArnNotEquals', 'aws:PrincipalArn', replicationRoleArn)],
  );
}

const CONFIGURATION_CHANGES = [
  's3:PutBucketObjectLockConfiguration',
  's3:PutBucketVersioning',
  's3:PutLifecycleConfiguration',
  's3:PutReplicationConfiguration',
  's3:PutEncryptionConfiguration',
  's3:PutBucketPublicAccessBlock',
  's3:PutBucketOwnershipControls',
  's3:PutBucketAcl',
  's3:PutBucketLogging',
  's3:PutBucketPolicy',
  's3:DeleteBucketPolicy',
  's3:DeleteBucket',
];

/** Changes of the bucket's own configuration by anyone but the role that deploys. */
export function denyConfigurationChange(bucketArn: string, deployRoleArn: string): PolicyStatement {
  return denyEveryone(
    'DenyConfigTamper',
    CONFIGURATION_CHANGES,
    [bucketArn],
    [when('ArnNotEquals', 'aws:PrincipalArn', deployRoleArn)],
  );
}
