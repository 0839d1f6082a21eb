import { evaluate, textOf, type Value } from '../../support/terraform/expression';

const REFERENCE = /\b(?:data\.)?aws_\w+\.\w+\.\w+/g;

/**
 * The JSON that Terraform makes of a `jsonencode` expression.
 * @param known texts in place of references; every other reference stands for itself
 * @param variables values of Terraform variables
 */
export function jsonText(
  expression: string,
  known: ReadonlyMap<string, string> = new Map(),
  variables: Readonly<Record<string, Value>> = {},
): string {
  const resolved = expression.replace(REFERENCE, (name) => JSON.stringify(known.get(name) ?? name));
  return textOf(
    evaluate(resolved, (root) => (root === 'var' ? variables : null)),
    expression,
  );
}
