/** The S3 calls this adapter makes. */
export type S3Operation =
  | 'ListObjectVersions'
  | 'HeadObject'
  | 'GetObject'
  | 'GetObjectRetention'
  | 'PutObject'
  | 'PutObjectLegalHold'
  | 'GetBucketVersioning'
  | 'GetObjectLockConfiguration';

/** IAM actions by call, as the Service Authorization Reference lists them; reads always name a version. */
const ACTIONS: Readonly<Record<S3Operation, readonly string[]>> = {
  ListObjectVersions: ['s3:ListBucketVersions'],
  HeadObject: ['s3:GetObjectVersion'],
  GetObject: ['s3:GetObjectVersion'],
  GetObjectRetention: ['s3:GetObjectRetention'],
  PutObject: ['s3:PutObject', 's3:PutObjectRetention'],
  PutObjectLegalHold: ['s3:PutObjectLegalHold'],
  GetBucketVersioning: ['s3:GetBucketVersioning'],
  GetObjectLockConfiguration: ['s3:GetBucketObjectLockConfiguration'],
};

/** Actions the caller has to be allowed for `operation`. */
export function requiredActions(operation: S3Operation, kms: boolean): readonly string[] {
  const actions = ACTIONS[operation];
  if (operation === 'PutObject' && kms) return [...actions, 'kms:GenerateDataKey', 'kms:Decrypt'];
  return operation === 'GetObject' || operation === 'HeadObject'
    ? [...actions, 'kms:Decrypt (when encrypted with a KMS key)']
    : actions;
}
