import type { Caller } from '../http/caller';
import type { S3Request } from '../http/request';
import { S3Error } from '../s3-error';
import type { BucketRecord } from '../store/records';
import type { Action } from './actions';
import { findDeny, type Policy } from './evaluator';
import { parsePolicy } from './policy-parser';
import { requestContext, type ContextSettings, type RequestedLock } from './request-context';

export interface AccessRequest {
  readonly request: S3Request;
  readonly caller: Caller;
  readonly bucket: BucketRecord;
  /** Absent for actions on the bucket. */
  readonly key?: string;
  readonly lock?: RequestedLock;
  /** True for PutObject. */
  readonly creates?: boolean;
}

/** The root user of the owning account can always mend the policy, whatever the policy says. */
const OWNER_KEEPS: readonly Action[] = ['s3:GetBucketPolicy', 's3:PutBucketPolicy', 's3:DeleteBucketPolicy'];

/**
 * Decides by the Deny statements of bucket policies alone. Every caller is treated as the account that owns the
 * bucket with full rights of its own, so Allow statements change nothing, and a Deny always wins.
 */
export class Authorizer {
  private readonly parsed = new WeakMap<BucketRecord, Policy>();

  constructor(
    private readonly settings: ContextSettings,
    private readonly clock: { now(): number },
  ) {}

  /** @throws S3Error AccessDenied when a Deny statement covers any of the actions */
  require(actions: readonly Action[], access: AccessRequest): void {
    const denied = actions.find((action) => !this.permits(action, access));
    if (denied === undefined) return;
    throw new S3Error(
      'AccessDenied',
      `User: ${access.caller.principalArn} is not authorized to perform: ${denied} on resource: ` +
        `"${resourceArn(access)}" with an explicit deny in a resource-based policy`,
    );
  }

  permits(action: Action, access: AccessRequest): boolean {
    const { request, caller, bucket, lock = {}, creates = false } = access;
    if (bucket.policy === null) return true;
    if (caller.principalArn.endsWith(':root') && OWNER_KEEPS.includes(action)) return true;
    const context = requestContext(request, caller, this.settings, this.clock.now(), lock, creates);
    const resource = resourceArn(access);
    const policy = this.policyOf(bucket, bucket.policy);
    return findDeny(policy, { principalArn: caller.principalArn, action, resource, context }) === undefined;
  }

  private policyOf(bucket: BucketRecord, text: string): Policy {
    const known = this.parsed.get(bucket);
    if (known !== undefined) return known;
    const policy = parsePolicy(text, bucket.name);
    this.parsed.set(bucket, policy);
    return policy;
  }
}

function resourceArn({ bucket, key }: AccessRequest): string {
  return key === undefined ? `arn:aws:s3:::${bucket.name}` : `arn:aws:s3:::${bucket.name}/${key}`;
}
