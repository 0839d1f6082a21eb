import type { KnownDefects } from './anchor-store';

const DELETE_MARKERS_LAST = 'all versions are listed before all delete markers';
const RETENTION = 'GetObjectRetention answers with the object';
const POLICY =
  'of a bucket policy only s3:GetObject, s3:PutObject, s3:HeadObject and s3:DeleteObject are applied';

/** What moto_server 5.2.1 does otherwise than S3, by the case that shows it. */
export const MOTO_DEFECTS: KnownDefects = {
  'a delete marker stands between the versions it was laid over and those after it': DELETE_MARKERS_LAST,
  'over a delete marker it succeeds, and the listing shows all three': DELETE_MARKERS_LAST,
  'after: only later keys, whether or not that key exists': 'a marker that is no key swallows the next key',
  'after: no version of a key that has several': 'a key marker skips one version of its key, not all',
  'keys with control characters, which XML cannot carry': 'a key with a line feed is answered 404 on PUT',
  'a body that is not the one of the checksum is refused and not stored':
    'x-amz-checksum-sha256 is kept without being compared with the body',
  'on a key that does not exist is not found': 'PutObjectLegalHold on a missing key is answered 500',
  'a version without lock and without SHA-256 checksum': RETENTION,
  'a wrong region': 'the region of the signature is not looked at',
  'listPage under a Deny of s3:ListBucketVersions in the bucket policy': POLICY,
  'read under a Deny of s3:GetObjectVersion in the bucket policy': POLICY,
  'head under a Deny of s3:GetObjectVersion in the bucket policy': POLICY,
  'read under a Deny of s3:GetObjectRetention in the bucket policy': POLICY,
  'head under a Deny of s3:GetObjectRetention in the bucket policy': POLICY,
  'create under a Deny of s3:PutObjectRetention in the bucket policy': POLICY,
  'setLegalHold under a Deny of s3:PutObjectLegalHold in the bucket policy': POLICY,
  'bucketLock under a Deny of s3:GetBucketVersioning in the bucket policy': POLICY,
  'bucketLock under a Deny of s3:GetBucketObjectLockConfiguration in the bucket policy': POLICY,
};
