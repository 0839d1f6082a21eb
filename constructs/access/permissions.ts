import { Fn, Token } from 'cdktf';
import { isUnknownAtSynth } from '../validation';

/**
 * The exact IAM actions of each part, and where in the bucket they apply. S3 actions only: what a part may
 * do with the key is listed with the key.
 */

/** Creating anchors. PutObjectRetention is what S3 asks for when an upload carries lock headers. */
export const CREATE_ANCHORS = ['s3:PutObject'];
export const SEND_RETENTION = ['s3:PutObjectRetention'];

/** What the writer reads: the newest anchor, its own upload after a lost reply, and that its lock holds. */
export const READ_BACK_ANCHORS = ['s3:GetObject', 's3:GetObjectVersion', 's3:GetObjectRetention'];

/** Both listings: by version, and by key (which also turns 403 into 404 for keys that are absent). */
export const LIST_ANCHORS = ['s3:ListBucket', 's3:ListBucketVersions'];

/** What the writer checks before it trusts the bucket. */
export const CHECK_BUCKET = ['s3:GetBucketVersioning', 's3:GetBucketObjectLockConfiguration'];

/** Everything that proves an anchor: body, checksum, lock and hold of each version. */
export const VERIFY_ANCHORS = [
  's3:GetObject',
  's3:GetObjectVersion',
  's3:GetObjectAttributes',
  's3:GetObjectVersionAttributes',
  's3:GetObjectRetention',
  's3:GetObjectLegalHold',
];

/** Everything that proves how the bucket is configured. */
export const VERIFY_BUCKET = [
  's3:GetBucketVersioning',
  's3:GetBucketObjectLockConfiguration',
  's3:GetReplicationConfiguration',
  's3:GetEncryptionConfiguration',
  's3:GetBucketPolicy',
  's3:GetLifecycleConfiguration',
];

/** Setting, lifting and seeing legal holds. */
export const HOLD_ANCHORS = ['s3:PutObjectLegalHold', 's3:GetObjectLegalHold'];
/** A hold is put on a version, so its holder has to find versions. */
export const FIND_VERSIONS = ['s3:ListBucketVersions'];

/** What replication reads in the source; `GetObjectVersion` would not cover SSE-KMS objects. */
export const REPLICATE_FROM_BUCKET = ['s3:GetReplicationConfiguration', 's3:ListBucket'];
export const REPLICATE_FROM_OBJECTS = [
  's3:GetObjectVersionForReplication',
  's3:GetObjectVersionAcl',
  's3:GetObjectVersionTagging',
  's3:GetObjectRetention',
  's3:GetObjectLegalHold',
];

/** What replication writes. No ReplicateDelete: delete markers are not replicated. */
export const REPLICATE_TO_OBJECTS = [
  's3:ReplicateObject',
  's3:ReplicateTags',
  's3:PutObjectRetention',
  's3:PutObjectLegalHold',
];

/**
 * Shape of an anchor's key below its chain, `YYYY/MM/DD/HH/anchor-YYYYMMDDTHHMMSSZ.json`. The length is
 * fixed, so the writer of `prod` can create nothing in `prod/eu`, which `prod/*` would let it.
 */
const ANCHOR_KEY_SHAPE = '????/??/??/??/anchor-????????T??????Z.json';

/** Resources on which the writer of a chain may create. */
export function newAnchorsOf(bucketArn: string, chainId: string): string {
  return `${bucketArn}/${chainId}/${ANCHOR_KEY_SHAPE}`;
}

/** Everything below a chain, and what lies below chains whose id begins with it. */
export function objectsOf(bucketArn: string, chainId: string): string {
  return `${bucketArn}/${prefixOf(chainId)}`;
}

/** Value for a condition on `s3:prefix`. */
export function prefixOf(chainId: string): string {
  return `${chainId}/*`;
}

/** One value per chain, also when only Terraform knows the chains. */
export function perChain(chainIds: readonly string[], value: (chainId: string) => string): string[] {
  return isUnknownAtSynth(chainIds)
    ? Token.asList(Fn.formatlist(value('%s'), [chainIds]))
    : chainIds.map(value);
}
