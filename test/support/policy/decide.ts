import type { PolicyDocument, Statement } from './document';
import { conditionHolds } from './operators';
import { matchesAction } from './patterns';
import { accountOf, isResource, namedBy, type Principal, principalContext } from './principal';

/** One thing that has to be authorised. A call of the API may need several. */
export interface Check {
  readonly action: string;
  readonly resource: string;
  /** Condition keys in lower case; a key that is not in the request is not in here. */
  readonly context: Readonly<Record<string, readonly string[]>>;
}

/** What is asked for, and whose rules apply. */
export interface Target {
  readonly service: 's3' | 'kms' | 'sts' | 'other';
  /** Account that owns the resource. */
  readonly account: string;
  /** The resource's own policy; null when there is none. */
  readonly policy: PolicyDocument | null;
}

export type Decision =
  | { readonly allowed: true; readonly by: readonly string[] }
  | { readonly allowed: false; readonly because: 'explicit deny'; readonly by: readonly string[] }
  | {
      readonly allowed: false;
      readonly because: 'not allowed';
      readonly missing: 'identity' | 'resource' | 'both';
    };

/** The root user of the owner's account may always repair a bucket policy, whatever it says. */
const ROOT_KEEPS = ['s3:GetBucketPolicy', 's3:PutBucketPolicy', 's3:DeleteBucketPolicy'];

/**
 * AWS's evaluation: an explicit Deny anywhere wins; inside an account S3 and most others take an Allow of either
 * side; KMS and STS always need the resource's own policy, which may leave the decision to the account's identity
 * policies; across accounts both sides have to allow.
 */
export function decide(principal: Principal, check: Check, target: Target): Decision {
  const context = { ...principalContext(principal), ...check.context };
  const identity = 'policies' in principal ? principal.policies : [];
  const covering = (policies: readonly PolicyDocument[], effect: Statement['effect']) =>
    policies
      .flatMap((policy) => policy.statements)
      .filter((statement) => {
        return statement.effect === effect && covers(statement, principal, { ...check, context });
      });
  const resource = target.policy === null || rootKeeps(principal, check, target) ? [] : [target.policy];

  const denied = [...covering(identity, 'Deny'), ...covering(resource, 'Deny')];
  if (denied.length > 0) return { allowed: false, because: 'explicit deny', by: sids(denied) };

  const own = covering(identity, 'Allow');
  const ofResource = covering(resource, 'Allow');
  const direct = ofResource.filter((statement) => reach(statement, principal) === 'itself');
  const identityAllows = own.length > 0 || principal.kind === 'root';
  const sameAccount = accountOf(principal) === target.account;
  const resourceAllows =
    direct.length > 0 || (ofResource.length > 0 && identityAllows) || resourceNotNeeded(target, sameAccount);
  const identityNeeded = accountOf(principal) !== null && !(sameAccount && direct.length > 0);

  const missingIdentity = identityNeeded && !identityAllows;
  const missingResource = !resourceAllows && !(ofResource.length > 0 && missingIdentity);
  if (!missingIdentity && !missingResource) return { allowed: true, by: sids([...own, ...ofResource]) };
  const missing = missingIdentity && missingResource ? 'both' : missingIdentity ? 'identity' : 'resource';
  return { allowed: false, because: 'not allowed', missing };
}

/** Inside its account a bucket, for one, does without a policy. Keys and roles never do without theirs. */
function resourceNotNeeded({ service }: Target, sameAccount: boolean): boolean {
  return service !== 'kms' && service !== 'sts' && sameAccount;
}

function rootKeeps(principal: Principal, { action }: Check, { service, account }: Target): boolean {
  return (
    service === 's3' &&
    principal.kind === 'root' &&
    accountOf(principal) === account &&
    ROOT_KEEPS.includes(action)
  );
}

function covers(statement: Statement, principal: Principal, check: Check): boolean {
  const { actions, resources, conditions } = statement;
  return (
    reach(statement, principal) !== 'no' &&
    actions.values.some((pattern) => matchesAction(pattern, check.action)) !== actions.negated &&
    isResource(resources.values, check.resource) !== resources.negated &&
    conditions.every(({ operator, key, values }) =>
      conditionHolds(operator, values, check.context[key.toLowerCase()]),
    )
  );
}

function reach({ principals }: Statement, principal: Principal): ReturnType<typeof namedBy> {
  return principals === null ? 'itself' : namedBy(principals, principal);
}

function sids(statements: readonly Statement[]): string[] {
  return [...new Set(statements.map(({ sid }) => sid))];
}
