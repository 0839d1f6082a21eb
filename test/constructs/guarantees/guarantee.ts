import { isDeepStrictEqual } from 'node:util';
import type { DataAwsIamPolicyDocument } from '@cdktf/provider-aws/lib/data-aws-iam-policy-document';
import { type Block, type Statement, statements, type Synthesised } from '../../support/infra-stack';

/** A promise of the stack, how it is seen in the synthesised JSON, and a change that breaks it. */
export interface Guarantee {
  readonly promise: string;
  readonly holds: (json: Synthesised) => boolean;
  /** Changes the JSON in place. */
  readonly breakIt: (json: Synthesised) => unknown;
}

/** The statement of a document; an empty one when it is missing, which no check accepts. */
export function statement(of: Synthesised, document: DataAwsIamPolicyDocument, sid: string): Statement {
  const missing: Statement = { sid, effect: '', actions: [], resources: [], principals: [], condition: [] };
  return { ...missing, ...statements(of, document).get(sid) };
}

/** Changes a statement in place. */
export function change(
  of: Synthesised,
  document: DataAwsIamPolicyDocument,
  sid: string,
  mutate: (statement: Statement) => unknown,
): void {
  const found = statements(of, document).get(sid);
  if (!found) throw new Error(`no statement ${sid}`);
  mutate(found);
}

export function removeStatement(of: Synthesised, document: DataAwsIamPolicyDocument, sid: string): void {
  const policy = of.data.aws_iam_policy_document![document.friendlyUniqueId]!;
  policy.statement = (policy.statement as Statement[]).filter((s) => s.sid !== sid);
}

/** True for a Deny of at least these actions, for everyone, on these resources, under these conditions. */
export function deniesEveryone(
  s: Statement,
  actions: readonly string[],
  resources: readonly string[],
  condition: readonly string[],
): boolean {
  return (
    s.effect === 'Deny' &&
    same(s.principals, [{ type: '*', identifiers: ['*'] }]) &&
    actions.every((action) => s.actions.includes(action)) &&
    same([...s.resources].sort(), [...resources].sort()) &&
    same(conditionsOf(s), condition)
  );
}

/** `operator key value,value`, one text per condition. */
export function conditionsOf({ condition = [] }: Partial<Statement>): string[] {
  return condition.map(
    ({ test: operator, variable, values }) => `${operator} ${variable} ${values.join(',')}`,
  );
}

export function same(found: unknown, expected: unknown): boolean {
  return isDeepStrictEqual(found, expected);
}

/** A block inside a block. */
export function block(value: unknown, ...path: (string | number)[]): Block {
  return path.reduce<unknown>((at, key) => (at as Block)[key], value) as Block;
}

export function allStatements(of: Synthesised): Statement[] {
  return Object.values(of.data.aws_iam_policy_document!).flatMap(
    (document) => document.statement as Statement[],
  );
}
