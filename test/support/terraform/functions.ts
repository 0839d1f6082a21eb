import type { Value } from './expression';

type TerraformFunction = (...values: Value[]) => Value;

/** Functions of Terraform's language that synthesised stacks use outside of validation blocks. */
const FUNCTIONS: Readonly<Record<string, TerraformFunction>> = {
  coalesce: (...values) => {
    // Also a list as the only argument is accepted by cdktf's Fn.coalesce.
    const found = values.flat().find((value) => value !== null && value !== '');
    if (found === undefined) throw new Error('coalesce: every value is null or empty');
    return found;
  },
  length: (value) => {
    if (typeof value === 'string' || Array.isArray(value)) return value.length;
    return Object.keys(value as object).length;
  },
  merge: (...maps) => Object.assign({}, ...(maps as object[])) as Value,
  one: (value) => {
    const list = value as readonly Value[];
    if (list.length > 1) throw new Error('one: more than one value');
    return list[0] ?? null;
  },
  concat: (...lists) => lists.flat(),
  compact: (list) => (list as readonly Value[]).filter((value) => value !== null && value !== ''),
  distinct: (list) => [...new Set(list as readonly Value[])],
  tolist: (list) => list,
  tostring: (value) => (typeof value === 'number' || typeof value === 'boolean' ? String(value) : value),
  toset: (list) => [...new Set(list as readonly Value[])],
  floor: (value) => Math.floor(Number(value)),
  max: (...values) => Math.max(...values.map(Number)),
  join: (separator, list) => (list as readonly string[]).join(separator as string),
  jsonencode: (value) => JSON.stringify(value),
};

/** @throws Error for a function that is not among those above, so that a new one is noticed */
export function callFunction(name: string, values: readonly Value[]): Value {
  const called = FUNCTIONS[name];
  if (called === undefined)
    throw new Error(`the function ${name} of Terraform is not known here; add it to functions.ts`);
  return called(...values);
}
