import type { Deployed } from './deployed';
import type { Named, PolicyDocument, Statement } from './document';

/** A stack with one thing missing in one of its policies. */
export interface Weakening {
  /** What is missing, for people. */
  readonly what: string;
  readonly changed: Deployed;
}

/** Every way to leave out one statement, condition, action or resource of one policy. */
export function weakenings(deployed: Deployed): Weakening[] {
  const { buckets, keys, roles, channels } = deployed;
  return [
    ...[...buckets].flatMap(([name, bucket]) =>
      bucket.policy === null
        ? []
        : without(bucket.policy).map(({ what, policy }) => ({
            what,
            changed: { ...deployed, buckets: new Map([...buckets, [name, { ...bucket, policy }]]) },
          })),
    ),
    ...[...keys].flatMap(([arn, key]) =>
      without(key.policy).map(({ what, policy }) => ({
        what,
        changed: { ...deployed, keys: new Map([...keys, [arn, { ...key, policy }]]) },
      })),
    ),
    ...[...channels].flatMap(([arn, channel]) =>
      channel.policy === null
        ? []
        : without(channel.policy).map(({ what, policy }) => ({
            what,
            changed: { ...deployed, channels: new Map([...channels, [arn, { arn, policy }]]) },
          })),
    ),
    ...[...roles].flatMap(([name, role]) => [
      ...(role.trust === null ? [] : without(role.trust)).map(({ what, policy }) => ({
        what,
        changed: { ...deployed, roles: new Map([...roles, [name, { ...role, trust: policy }]]) },
      })),
      ...role.policies.flatMap((each, at) =>
        without(each).map(({ what, policy }) => ({
          what,
          changed: {
            ...deployed,
            roles: new Map([...roles, [name, { ...role, policies: role.policies.with(at, policy) }]]),
          },
        })),
      ),
    ]),
  ];
}

interface Smaller {
  readonly what: string;
  readonly policy: PolicyDocument;
}

function without(policy: PolicyDocument): Smaller[] {
  const { name, statements } = policy;
  return statements.flatMap((statement, at) => {
    const place = `${name} ${statement.sid}`;
    const replaced = (what: string, other: Statement): Smaller => ({
      what: `${place} without ${what}`,
      policy: { ...policy, statements: statements.with(at, other) },
    });
    return [
      { what: `no ${place}`, policy: { ...policy, statements: statements.toSpliced(at, 1) } },
      ...statement.conditions.map((condition, index) =>
        replaced(`${condition.operator} ${condition.key}`, {
          ...statement,
          conditions: statement.conditions.toSpliced(index, 1),
        }),
      ),
      ...shorter(statement.actions).map(([value, actions]) => replaced(value, { ...statement, actions })),
      ...shorter(statement.resources).map(([value, resources]) =>
        replaced(value, { ...statement, resources }),
      ),
    ];
  });
}

/** A list without each of its members; a list of one stays, since AWS refuses an empty one. */
function shorter({ negated, values }: Named): [value: string, rest: Named][] {
  if (values.length < 2) return [];
  return values.map((value, at) => [value, { negated, values: values.toSpliced(at, 1) }]);
}
