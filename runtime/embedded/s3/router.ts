import { S3Error, notImplemented } from './s3-error';
import type { S3Request } from './http/request';

type Scope = 'service' | 'bucket' | 'object';

/** Method, scope and the query name that selects among operations with the same of both ('' for none). */
const ROUTES = [
  ['service', 'GET', '', 'ListBuckets'],
  ['bucket', 'PUT', '', 'CreateBucket'],
  ['bucket', 'HEAD', '', 'HeadBucket'],
  ['bucket', 'DELETE', '', 'DeleteBucket'],
  ['bucket', 'GET', '', 'ListObjects'],
  ['bucket', 'GET', 'list-type', 'ListObjectsV2'],
  ['bucket', 'GET', 'versions', 'ListObjectVersions'],
  ['bucket', 'GET', 'location', 'GetBucketLocation'],
  ['bucket', 'GET', 'versioning', 'GetBucketVersioning'],
  ['bucket', 'PUT', 'versioning', 'PutBucketVersioning'],
  ['bucket', 'GET', 'object-lock', 'GetObjectLockConfiguration'],
  ['bucket', 'PUT', 'object-lock', 'PutObjectLockConfiguration'],
  ['bucket', 'GET', 'policy', 'GetBucketPolicy'],
  ['bucket', 'PUT', 'policy', 'PutBucketPolicy'],
  ['bucket', 'DELETE', 'policy', 'DeleteBucketPolicy'],
  ['bucket', 'GET', 'encryption', 'GetBucketEncryption'],
  ['bucket', 'PUT', 'encryption', 'PutBucketEncryption'],
  ['bucket', 'POST', 'delete', 'DeleteObjects'],
  ['object', 'GET', '', 'GetObject'],
  ['object', 'HEAD', '', 'HeadObject'],
  ['object', 'PUT', '', 'PutObject'],
  ['object', 'DELETE', '', 'DeleteObject'],
  ['object', 'GET', 'attributes', 'GetObjectAttributes'],
  ['object', 'GET', 'retention', 'GetObjectRetention'],
  ['object', 'PUT', 'retention', 'PutObjectRetention'],
  ['object', 'GET', 'legal-hold', 'GetObjectLegalHold'],
  ['object', 'PUT', 'legal-hold', 'PutObjectLegalHold'],
] as const satisfies readonly (readonly [Scope, string, string, string])[];

export type OperationName = (typeof ROUTES)[number][3] | 'CopyObject';

const MULTIPART = ['uploads', 'uploadId', 'partNumber'];

/** Query names that select operations of S3 which are not built in. Other unknown names S3 ignores. */
const NOT_BUILT_IN = [
  'abac',
  'accelerate',
  'acl',
  'analytics',
  'annotation',
  'cors',
  'intelligent-tiering',
  'inventory',
  'lifecycle',
  'logging',
  'metadataConfiguration',
  'metadataTable',
  'metrics',
  'notification',
  'ownershipControls',
  'policyStatus',
  'publicAccessBlock',
  'renameObject',
  'replication',
  'requestPayment',
  'restore',
  'select',
  'session',
  'tagging',
  'torrent',
  'website',
];

const SELECTORS: ReadonlySet<string> = new Set(ROUTES.map(([, , selector]) => selector).filter(Boolean));

/** @throws S3Error NotImplemented, or MethodNotAllowed when the resource has no such method */
export function resolveOperation(request: S3Request): OperationName {
  const { method, query } = request;
  const names = [...query.keys()];
  if (names.some((name) => MULTIPART.includes(name))) {
    throw notImplemented('multipart uploads; send the object in one PutObject of at most 5 GiB');
  }
  const missing = names.find((name) => NOT_BUILT_IN.includes(name));
  if (missing !== undefined) throw notImplemented(`${method} with ?${missing}`);
  const scope: Scope = request.bucket === '' ? 'service' : request.key === '' ? 'bucket' : 'object';
  const selector = names.find((name) => SELECTORS.has(name)) ?? '';
  const route = ROUTES.find((each) => each[0] === scope && each[1] === method && each[2] === selector);
  if (route === undefined) {
    if (scope === 'bucket' && method === 'POST') throw notImplemented('browser form uploads (POST Object)');
    if (selector === 'encryption') throw notImplemented(`${method} with ?encryption on this resource`);
    throw new S3Error('MethodNotAllowed', 'The specified method is not allowed against this resource.', {
      details: { Method: method, ResourceType: scope.toUpperCase() },
    });
  }
  const operation = route[3];
  return operation === 'PutObject' && request.headers['x-amz-copy-source'] !== undefined
    ? 'CopyObject'
    : operation;
}
