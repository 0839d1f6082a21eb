/**
 * Which action each S3 condition key goes with. Source: Service Authorization Reference, "Actions, resources,
 * and condition keys for Amazon S3" (August 2026), restricted to the actions a bucket policy can name.
 * PutBucketPolicy refuses a key that is not here, and a statement with an action its key does not go with.
 */
const WRITE_HEADERS = ['PutObject', 'BypassGovernanceRetention'];
const ACL_HEADERS = [...WRITE_HEADERS, 'CreateBucket', 'PutBucketAcl', 'PutObjectAcl', 'PutObjectVersionAcl'];
const LISTINGS = ['ListBucket', 'ListBucketVersions'];
const LOCK_MODE = ['PutObject', 'PutObjectRetention', 'BypassGovernanceRetention'];
const ENCRYPTION = [...WRITE_HEADERS, 'ReplicateObject', 'UpdateObjectEncryption'];

/** Keys this server evaluates, with the actions they are valid for; some need what it refuses, so they stay absent. */
const EVALUATED: Readonly<Record<string, readonly string[] | 'every action'>> = {
  's3:authtype': 'every action',
  's3:signatureversion': 'every action',
  's3:tlsversion': 'every action',
  's3:resourceaccount': 'every action',
  's3:x-amz-content-sha256': 'every action',
  's3:x-amz-server-side-encryption': ENCRYPTION,
  's3:x-amz-server-side-encryption-aws-kms-key-id': ENCRYPTION,
  's3:x-amz-server-side-encryption-customer-algorithm': [...WRITE_HEADERS, 'ReplicateObject'],
  's3:object-lock-mode': LOCK_MODE,
  's3:object-lock-retain-until-date': LOCK_MODE,
  's3:object-lock-remaining-retention-days': LOCK_MODE,
  's3:object-lock-legal-hold': ['PutObject', 'PutObjectLegalHold', 'BypassGovernanceRetention'],
  's3:if-none-match': ['PutObject'],
  's3:if-match': ['PutObject', 'DeleteObject'],
  's3:objectcreationoperation': ['PutObject'],
  's3:prefix': LISTINGS,
  's3:delimiter': LISTINGS,
  's3:max-keys': LISTINGS,
  's3:versionid': [
    'DeleteObjectVersion',
    'DeleteObjectVersionTagging',
    'GetObjectVersion',
    'GetObjectVersionAcl',
    'GetObjectVersionAttributes',
    'GetObjectVersionTagging',
    'GetObjectVersionTorrent',
    'PutObjectVersionAcl',
    'PutObjectVersionTagging',
  ],
  's3:x-amz-storage-class': [...WRITE_HEADERS, 'PutObjectAcl', 'PutObjectVersionAcl'],
  's3:x-amz-acl': ACL_HEADERS,
  's3:x-amz-copy-source': WRITE_HEADERS,
  's3:x-amz-metadata-directive': WRITE_HEADERS,
};

/** Keys S3 knows and this server does not evaluate; a policy with one is refused rather than half obeyed. */
const NOT_EVALUATED: ReadonlySet<string> = new Set([
  's3:accesspointnetworkorigin',
  's3:dataaccesspointaccount',
  's3:dataaccesspointarn',
  's3:inventoryaccessibleoptionalfields',
  's3:locationconstraint',
  's3:requestobjecttagkeys',
  's3:signatureage',
  's3:x-amz-bucket-namespace',
  's3:x-amz-grant-full-control',
  's3:x-amz-grant-read',
  's3:x-amz-grant-read-acp',
  's3:x-amz-grant-write',
  's3:x-amz-grant-write-acp',
  's3:x-amz-object-ownership',
  's3:x-amz-website-redirect-location',
]);
const TAG_KEY =
  /^(s3:(existingobjecttag|requestobjecttag|buckettag)|aws:(principaltag|requesttag|resourcetag))\//;

/** Global keys this server gives values to, or leaves absent because they need a service it does not have. */
const GLOBAL: ReadonlySet<string> = new Set([
  'aws:currenttime',
  'aws:epochtime',
  'aws:principalaccount',
  'aws:principalarn',
  'aws:principalisawsservice',
  'aws:principaltype',
  'aws:requestedregion',
  'aws:resourceaccount',
  'aws:securetransport',
  'aws:useragent',
  'aws:viaawsservice',
  'aws:sourceaccount',
  'aws:sourcearn',
  'aws:sourcevpc',
  'aws:sourcevpce',
]);

export type KeyStatus = 'evaluated' | 'not evaluated' | 'unknown';

/** Condition keys are case-insensitive. */
export function conditionKeyStatus(key: string): KeyStatus {
  const name = key.toLowerCase();
  if (name in EVALUATED || GLOBAL.has(name)) return 'evaluated';
  if (NOT_EVALUATED.has(name) || TAG_KEY.test(name)) return 'not evaluated';
  // S3 checks only its own keys and takes any global one.
  return name.startsWith('aws:') ? 'not evaluated' : 'unknown';
}

/** @param action as in a request, such as `s3:PutObject` */
export function keyAppliesTo(key: string, action: string): boolean {
  const actions = EVALUATED[key.toLowerCase()];
  return actions === undefined || actions === 'every action' || actions.includes(action.slice('s3:'.length));
}
