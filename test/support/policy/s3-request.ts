import type { RecordedRequest } from '../recording-proxy';
import type { ApiCall, S3Calls } from './api-call';

/** Sub-resources of an object, by method. */
const OF_OBJECT: Readonly<Record<string, string>> = {
  'GET retention': 's3:GetObjectRetention',
  'GET legal-hold': 's3:GetObjectLegalHold',
  'PUT legal-hold': 's3:PutObjectLegalHold',
};
/** Sub-resources of a bucket, by method. */
const OF_BUCKET: Readonly<Record<string, string>> = {
  'GET versioning': 's3:GetBucketVersioning',
  'GET object-lock': 's3:GetBucketObjectLockConfiguration',
};

/**
 * What AWS would have to authorise for a request of the S3 protocol, addressed by path.
 * @param bucket authorise it as if it were sent to this bucket
 * @param kmsKey the key that objects in there are encrypted with
 * @throws Error for a request that is not known here, so that a new one is noticed
 */
export function callOf(request: RecordedRequest, calls: S3Calls, bucket: string, kmsKey: string): ApiCall {
  const { method, query, headers } = request;
  const [, , ...rest] = request.path.split('/');
  const key = rest.join('/');
  if (key === '') {
    if (method === 'GET' && query.has('versions')) {
      return calls.list(bucket, 's3:ListBucketVersions', query.get('prefix') ?? undefined);
    }
    const action = subresource(method, query, OF_BUCKET);
    if (action !== undefined) return calls.onBucket(bucket, action);
  } else {
    const action = subresource(method, query, OF_OBJECT);
    if (action !== undefined) return calls.onObject(bucket, key, action);
    if (method === 'PUT' && [...query.keys()].every((name) => name === 'x-id'))
      return calls.put(bucket, key, headers);
    if (['GET', 'HEAD'].includes(method) && query.has('versionId')) return calls.read(bucket, key, kmsKey);
  }
  throw new Error(`no one knows what ${method} ${request.path}?${query.toString()} needs`);
}

function subresource(
  method: string,
  query: URLSearchParams,
  table: Readonly<Record<string, string>>,
): string | undefined {
  const name = [...query.keys()].find((each) => `${method} ${each}` in table);
  return name === undefined ? undefined : table[`${method} ${name}`];
}
