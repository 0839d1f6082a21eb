import { evaluateOperator, type ParsedOperator } from './operators';
import { matchesWildcard } from './wildcard';

export interface Condition {
  readonly operator: ParsedOperator;
  /** Lower case. */
  readonly key: string;
  readonly values: readonly string[];
}

/** Patterns of a statement; `negated` for NotAction, NotResource and NotPrincipal. */
export interface Patterns {
  readonly negated: boolean;
  readonly values: readonly string[];
}

export interface Statement {
  readonly sid: string | null;
  readonly effect: 'Allow' | 'Deny';
  /** `*`, account ids or ARNs. */
  readonly principals: Patterns;
  /** Matched without regard to case. */
  readonly actions: Patterns;
  readonly resources: Patterns;
  /** All have to hold. */
  readonly conditions: readonly Condition[];
}

export interface Policy {
  readonly statements: readonly Statement[];
}

export interface PolicyRequest {
  readonly principalArn: string;
  readonly action: string;
  readonly resource: string;
  /** Values of condition keys in the request, lower-case names; an absent key is absent. */
  readonly context: ReadonlyMap<string, string>;
}

/** The first Deny statement that covers the request, or undefined. Allow statements are not looked at. */
export function findDeny(policy: Policy, request: PolicyRequest): Statement | undefined {
  return policy.statements.find((statement) => statement.effect === 'Deny' && covers(statement, request));
}

function covers(statement: Statement, request: PolicyRequest): boolean {
  return (
    matchesAny(statement.principals, (value) => isPrincipal(value, request.principalArn)) &&
    matchesAny(statement.actions, (value) => matchesAction(value, request.action)) &&
    matchesAny(statement.resources, (value) => matchesWildcard(value, request.resource)) &&
    statement.conditions.every((condition) =>
      evaluateOperator(condition.operator, request.context.get(condition.key), condition.values),
    )
  );
}

function matchesAny(patterns: Patterns, matches: (value: string) => boolean): boolean {
  return patterns.values.some(matches) !== patterns.negated;
}

export function matchesAction(pattern: string, action: string): boolean {
  return matchesWildcard(pattern.toLowerCase(), action.toLowerCase());
}

/** An account id, or the ARN of its root, stands for every principal of that account. */
function isPrincipal(pattern: string, arn: string): boolean {
  if (pattern === '*' || pattern === arn) return true;
  const account = /^\d{12}$/.test(pattern) ? pattern : /^arn:[^:]+:iam::(\d{12}):root$/.exec(pattern)?.[1];
  return account !== undefined && account === accountOf(arn);
}

export function accountOf(arn: string): string {
  return arn.split(':')[4] ?? '';
}
