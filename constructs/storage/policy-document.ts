import type { IResolvable } from 'cdktf';
import type {
  DataAwsIamPolicyDocumentStatement,
  DataAwsIamPolicyDocumentStatementCondition,
} from '@cdktf/provider-aws/lib/data-aws-iam-policy-document';

/** A statement of a policy, in the shape of Terraform's `aws_iam_policy_document`. */
export type PolicyStatement = DataAwsIamPolicyDocumentStatement;
type Condition = DataAwsIamPolicyDocumentStatementCondition;

/** One condition: operator, key and the values of which one has to match. */
export function when(test: string, variable: string, ...values: string[]): Condition {
  return { test, variable, values };
}

function statement(
  effect: 'Allow' | 'Deny',
  sid: string,
  actions: readonly string[],
  resources: readonly string[],
  condition: readonly Condition[],
): PolicyStatement {
  return {
    sid,
    effect,
    actions: [...actions],
    resources: [...resources],
    ...(condition.length > 0 && { condition: [...condition] }),
  };
}

/** A Deny for every principal, and for requests without one. */
export function denyEveryone(
  sid: string,
  actions: readonly string[],
  resources: readonly string[],
  condition: readonly Condition[] = [],
): PolicyStatement {
  const principals = [{ type: '*', identifiers: ['*'] }];
  return { ...statement('Deny', sid, actions, resources, condition), principals };
}

/** An Allow in an identity policy. */
export function allow(
  sid: string,
  actions: readonly string[],
  resources: readonly string[],
  condition: readonly Condition[] = [],
): PolicyStatement {
  return statement('Allow', sid, actions, resources, condition);
}

/** Statements a caller adds: ours are unaffected, and a repeated sid is refused because Terraform would. */
export function repeatedSids(
  own: readonly PolicyStatement[],
  additional: readonly PolicyStatement[] | IResolvable | undefined,
): readonly string[] {
  if (!Array.isArray(additional)) return [];
  const seen = new Set(own.map(({ sid }) => sid));
  const repeated: string[] = [];
  for (const { sid } of additional as readonly PolicyStatement[]) {
    if (sid === undefined) continue;
    if (seen.has(sid)) repeated.push(sid);
    seen.add(sid);
  }
  return repeated;
}
