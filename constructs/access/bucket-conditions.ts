import { KEY_ACTIONS, type KeyUse } from '../storage/anchor-key-reference';
import { allow, type PolicyStatement, when } from '../storage/policy-document';
import type { WormBucket } from '../storage/worm-bucket';

/** Conditions on the encryption that an upload asks for: what the bucket demands, and nothing else. */
export function encryptionHeaders({ encryption: { algorithm, key } }: WormBucket) {
  return key
    ? [
        when('StringEquals', 's3:x-amz-server-side-encryption', algorithm),
        when('StringEquals', 's3:x-amz-server-side-encryption-aws-kms-key-id', key.keyArn),
      ]
    : // Without a header S3 encrypts with SSE-S3.
      [when('StringEqualsIfExists', 's3:x-amz-server-side-encryption', algorithm)];
}

/** Conditions on the lock that an upload asks for: the bucket's mode, and its retention give or take a day. */
export function lockBounds({ retention }: WormBucket) {
  const { mode, fewestRemainingDays, mostRemainingDays } = retention;
  const days = 's3:object-lock-remaining-retention-days';
  return [
    when('StringEquals', 's3:object-lock-mode', mode),
    when('NumericGreaterThanEquals', days, fewestRemainingDays),
    when('NumericLessThanEquals', days, mostRemainingDays),
  ];
}

/** Use of the bucket's key through S3, for this bucket; nothing with SSE-S3. */
export function keyStatements({ bucketArn, encryption }: WormBucket, use: KeyUse): PolicyStatement[] {
  if (!encryption.key) return [];
  return [
    allow(
      'UseKey',
      KEY_ACTIONS[use],
      [encryption.key.keyArn],
      [
        when('StringEquals', 'kms:ViaService', encryption.key.viaService),
        // With a bucket key the context is the bucket's ARN, without one the object's.
        when('StringLike', 'kms:EncryptionContext:aws:s3:arn', bucketArn, `${bucketArn}/*`),
      ],
    ),
  ];
}
