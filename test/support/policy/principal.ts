import type { PolicyDocument, Principals } from './document';
import { matchesPattern } from './patterns';

/** Who sends a request, with the policies that hang on the sender. */
export type Principal =
  | {
      readonly kind: 'role' | 'user';
      /** ARN of the role or user itself; what `aws:PrincipalArn` holds, for sessions too. */
      readonly arn: string;
      readonly policies: readonly PolicyDocument[];
    }
  /** The root user of an account: no identity policy limits it. */
  | { readonly kind: 'root'; readonly arn: string }
  | { readonly kind: 'service'; readonly service: string }
  | { readonly kind: 'anonymous' };

/** Account of a principal, null for those outside of all accounts. */
export function accountOf(principal: Principal): string | null {
  return 'arn' in principal ? (principal.arn.split(':')[4] ?? null) : null;
}

/**
 * How a statement names a principal: itself, only its account (which then has to decide by identity policies), or
 * not at all.
 */
export function namedBy(principals: Principals, principal: Principal): 'itself' | 'account' | 'no' {
  if (principals.negated) return exempt(principals.values, principal) ? 'no' : 'itself';
  if (principals.values.includes('*')) return 'itself';
  if (principal.kind === 'anonymous') return 'no';
  if (principal.kind === 'service') {
    return principals.values.includes(`Service:${principal.service}`) ? 'itself' : 'no';
  }
  if (principals.values.includes(`AWS:${principal.arn}`)) return 'itself';
  return accountNames(principal).some((name) => principals.values.includes(name)) ? 'account' : 'no';
}

/** NotPrincipal lets a role or user go only when both it and its account are listed. */
function exempt(values: readonly string[], principal: Principal): boolean {
  if (principal.kind === 'anonymous') return false;
  if (principal.kind === 'service') return values.includes(`Service:${principal.service}`);
  const account = accountNames(principal).some((name) => values.includes(name));
  return account && (principal.kind === 'root' || values.includes(`AWS:${principal.arn}`));
}

function accountNames(principal: Principal): string[] {
  const account = accountOf(principal) ?? '';
  const partition = 'arn' in principal ? (principal.arn.split(':')[1] ?? '') : '';
  return [`AWS:${account}`, `AWS:arn:${partition}:iam::${account}:root`];
}

/** Condition keys that come from who asks. */
export function principalContext(principal: Principal): Record<string, readonly string[]> {
  const account = accountOf(principal);
  return {
    ...('arn' in principal && { 'aws:principalarn': [principal.arn] }),
    ...(account !== null && { 'aws:principalaccount': [account], 'kms:calleraccount': [account] }),
  };
}

/** True when the ARN of a resource is one that a policy names. */
export function isResource(patterns: readonly string[], arn: string): boolean {
  return patterns.some((pattern) => matchesPattern(pattern, arn));
}
