type Json = { readonly [name: string]: unknown };

/** Seconds that a local run waits where AWS would wait longer. */
const SHORT_SECONDS = 1;

/** What a task that failed is called here: moto refuses errors of functions that begin with `States.`. */
export const TASK_FAILED_HERE = 'Local.TaskFailed';

const FUNCTION = 'arn:aws:lambda:us-east-1:123456789012:function:ecs';

/**
 * The definition as moto can run it: waits are short, and ECS is a function, since moto's own integration of ECS
 * calls it with parameters that it does not take. Every state, transition, expression, retrier and catcher is as
 * deployed.
 */
export function localDefinition(definition: object): object {
  return rewritten(definition, (object) => ({
    ...object,
    ...(object['Type'] === 'Wait' && { Seconds: SHORT_SECONDS }),
    ...('IntervalSeconds' in object && {
      IntervalSeconds: SHORT_SECONDS,
      MaxDelaySeconds: 2 * SHORT_SECONDS,
    }),
    ...(object['StringEquals'] === 'States.TaskFailed' && { StringEquals: TASK_FAILED_HERE }),
    ...(String(object['Resource']).endsWith(':ecs:runTask.sync') && { Resource: FUNCTION }),
  })) as object;
}

function rewritten(value: unknown, change: (object: Json) => Json): unknown {
  if (Array.isArray(value)) return value.map((each) => rewritten(each, change));
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([name, member]) => [name, rewritten(member, change)]);
  return change(Object.fromEntries(members) as Json);
}
