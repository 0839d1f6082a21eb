import type { S3Request } from './http/request';
import { S3Error, notImplemented } from './s3-error';

type Scope = 'service' | 'bucket' | 'object';

/** Method, scope and the query name that selects among operations with the same of both ('' for none). */
const ROUTES = [
  ['service', 'GET', '', 'ListBuckets'],
  ['bucket', 'PUT', '', 'CreateBucket'],
  ['bucket', 'HEAD', '', 'HeadBucket'],
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
  ['bucket', 'POST', 'delete', 'DeleteObjects'],
  ['object', 'GET', '', 'GetObject'],
  ['object', 'HEAD', '', 'HeadObject'],
  ['object', 'PUT', '', 'PutObject'],
  ['object', 'DELETE', '', 'DeleteObject'],
  ['object', 'GET', 'retention', 'GetObjectRetention'],
  ['object', 'PUT', 'retention', 'PutObjectRetention'],
  ['object', 'GET', 'legal-hold', 'GetObjectLegalHold'],
  ['object', 'PUT', 'legal-hold', 'PutObjectLegalHold'],
] as const satisfies readonly (readonly [Scope, string, string, string])[];

export type OperationName = (typeof ROUTES)[number][3];

const MULTIPART = ['uploads', 'uploadId', 'partNumber'];

const SELECTORS: ReadonlySet<string> = new Set(ROUTES.map(([, , selector]) => selector).filter(Boolean));

/** The query name that selects an operation; '' for none. */
export function selectorOf(operation: OperationName): string {
  return ROUTES.find((route) => route[3] === operation)?.[2] ?? '';
}

/** @throws S3Error NotImplemented, or MethodNotAllowed when the resource has no such method */
export function resolveOperation(request: S3Request): OperationName {
  const { method, query } = request;
  const names = [...query.keys()];
  if (names.some((name) => MULTIPART.includes(name))) {
    throw notImplemented('multipart uploads; send the object in one PutObject of at most 5 GiB');
  }
  const scope: Scope = request.bucket === '' ? 'service' : request.key === '' ? 'bucket' : 'object';
  const selector = names.find((name) => SELECTORS.has(name)) ?? '';
  const route = ROUTES.find((each) => each[0] === scope && each[1] === method && each[2] === selector);
  if (route === undefined) {
    const unknown = names.find((name) => !SELECTORS.has(name) && !/^x-/i.test(name));
    if (unknown !== undefined) throw notImplemented(`${method} with ?${unknown}`);
    if (scope === 'bucket' && method === 'POST') throw notImplemented('browser form uploads (POST Object)');
    if (scope === 'bucket' && method === 'DELETE' && selector === '') throw notImplemented('DeleteBucket');
    throw new S3Error('MethodNotAllowed', 'The specified method is not allowed against this resource.', {
      details: { Method: method, ResourceType: scope.toUpperCase() },
    });
  }
  return route[3];
}
