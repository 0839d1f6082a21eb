import { matchesArn, matchesPattern } from './patterns';

type Test = (actual: string, expected: string) => boolean;

const byNumber =
  (compare: (a: number, b: number) => boolean): Test =>
  (actual, expected) =>
    actual.trim() !== '' && expected.trim() !== '' && compare(Number(actual), Number(expected));
const byDate =
  (compare: (a: number, b: number) => boolean): Test =>
  (actual, expected) =>
    compare(timeOf(actual), timeOf(expected));

const ORDERS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  Equals: (a, b) => a === b,
  LessThan: (a, b) => a < b,
  LessThanEquals: (a, b) => a <= b,
  GreaterThan: (a, b) => a > b,
  GreaterThanEquals: (a, b) => a >= b,
};

/** The positive operators; a negated one is the positive one turned round. */
const TESTS: Readonly<Record<string, Test>> = {
  StringEquals: (actual, expected) => actual === expected,
  StringEqualsIgnoreCase: (actual, expected) => actual.toLowerCase() === expected.toLowerCase(),
  StringLike: (actual, expected) => matchesPattern(expected, actual),
  // ArnEquals and ArnLike behave alike.
  ArnEquals: (actual, expected) => matchesArn(expected, actual),
  ArnLike: (actual, expected) => matchesArn(expected, actual),
  Bool: (actual, expected) => actual.toLowerCase() === expected.toLowerCase(),
  ...Object.fromEntries(Object.entries(ORDERS).map(([name, order]) => [`Numeric${name}`, byNumber(order)])),
  ...Object.fromEntries(Object.entries(ORDERS).map(([name, order]) => [`Date${name}`, byDate(order)])),
};
const NEGATED: Readonly<Record<string, string>> = {
  StringNotEquals: 'StringEquals',
  StringNotEqualsIgnoreCase: 'StringEqualsIgnoreCase',
  StringNotLike: 'StringLike',
  ArnNotEquals: 'ArnEquals',
  ArnNotLike: 'ArnLike',
  NumericNotEquals: 'NumericEquals',
  DateNotEquals: 'DateEquals',
};

/**
 * Whether one line of a Condition block holds.
 *
 * An absent key makes positive operators false, negated ones true, and every operator with `IfExists` true.
 * Several values in the policy are alternatives; for a negated operator all of them have to differ.
 *
 * @param actual values of the key in the request; undefined when the request does not have it
 * @throws Error for an operator that IAM does not have
 */
export function conditionHolds(
  operator: string,
  expected: readonly string[],
  actual: readonly string[] | undefined,
): boolean {
  const [set, bare] = splitSet(operator);
  const present = actual !== undefined && actual.length > 0;
  if (bare === 'Null') return expected.some((value) => (value.toLowerCase() === 'true') === !present);
  const lenient = bare.endsWith('IfExists');
  const name = lenient ? bare.slice(0, -'IfExists'.length) : bare;
  const positive = NEGATED[name];
  const test = TESTS[positive ?? name];
  if (test === undefined) throw new Error(`IAM has no condition operator ${operator}`);
  // ForAllValues holds for an empty set, ForAnyValue does not.
  if (!present) return lenient || set === 'ForAllValues' || (positive !== undefined && set !== 'ForAnyValue');
  const holds = (value: string) =>
    expected.some((wanted) => test(value, wanted)) === (positive === undefined);
  if (set === 'ForAnyValue') return actual.some(holds);
  if (set === undefined && actual.length > 1) throw new Error(`${operator} on a key with several values`);
  return actual.every(holds);
}

function splitSet(operator: string): [set: string | undefined, operator: string] {
  const [first, second] = operator.split(':');
  if (second === undefined) return [undefined, first ?? ''];
  if (first !== 'ForAllValues' && first !== 'ForAnyValue')
    throw new Error(`IAM has no condition operator ${operator}`);
  return [first, second];
}

function timeOf(value: string): number {
  return /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value);
}
