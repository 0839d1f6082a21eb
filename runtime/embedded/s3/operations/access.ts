import type { Exchange, Services } from '../exchange';
import { header } from '../http/request';
import type { Action } from '../policy/actions';
import type { AccessRequest } from '../policy/authorizer';
import { accountOf } from '../policy/evaluator';
import { S3Error } from '../s3-error';
import type { BucketRecord } from '../store/records';

/**
 * Finds the bucket and checks its policy for an action on the bucket itself.
 * @throws S3Error NoSuchBucket or AccessDenied
 */
export function bucketFor(exchange: Exchange, services: Services, ...actions: Action[]): BucketRecord {
  const bucket = services.store.bucket(exchange.bucket);
  services.authorizer.require(actions, { request: exchange, caller: exchange.caller, bucket });
  return bucket;
}

/**
 * Holds `x-amz-expected-bucket-owner` against the owner: every bucket belongs to the account of its caller.
 * @throws S3Error InvalidBucketOwnerAWSAccountID, NoSuchBucket or AccessDenied
 */
export function assertExpectedOwner({ bucket, caller, headers }: Exchange, { store }: Services): void {
  const expected = header(headers, 'x-amz-expected-bucket-owner');
  if (expected === undefined) return;
  if (!/^\d{12}$/.test(expected)) {
    throw new S3Error(
      'InvalidBucketOwnerAWSAccountID',
      'The value of the expected bucket owner parameter must be an AWS account ID',
    );
  }
  store.bucket(bucket);
  if (expected !== accountOf(caller.principalArn)) throw new S3Error('AccessDenied', 'Access Denied');
}

/** What the policy needs to know of a request on one object. */
export function objectAccess(
  exchange: Exchange,
  bucket: BucketRecord,
  more: Pick<AccessRequest, 'lock' | 'creates'> = {},
): AccessRequest & { readonly key: string } {
  return { request: exchange, caller: exchange.caller, bucket, key: exchange.key, ...more };
}

/** The caller asks to pass over GOVERNANCE retention, which needs a right of its own. */
export function bypassesGovernance(exchange: Exchange): boolean {
  return header(exchange.headers, 'x-amz-bypass-governance-retention')?.toLowerCase() === 'true';
}
