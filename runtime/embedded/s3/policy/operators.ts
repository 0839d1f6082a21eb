import { matchesArn, matchesWildcard } from './wildcard';

interface Operator {
  /** Compares one value of the policy with the value of the request; false for values it cannot read. */
  readonly test: (actual: string, expected: string) => boolean;
  /** Negated operators are true when the key is absent, and when none of the values matches. */
  readonly negated: boolean;
  /** What a value in a policy has to look like. */
  readonly accepts: (expected: string) => boolean;
}

const text = () => true;
const isNumber = (value: string) => value.trim() !== '' && Number.isFinite(Number(value));
const isBoolean = (value: string) => /^(true|false)$/i.test(value);
const isDate = (value: string) => !Number.isNaN(toTime(value));
const isArn = (value: string) => value === '*' || value.split(':').length >= 6;
const fold = (value: string) => value.toLowerCase();

type Comparison = (actual: number, expected: number) => boolean;
const COMPARISONS: Readonly<Record<string, { readonly compare: Comparison; readonly negated: boolean }>> = {
  Equals: { compare: (a, b) => a === b, negated: false },
  NotEquals: { compare: (a, b) => a === b, negated: true },
  LessThan: { compare: (a, b) => a < b, negated: false },
  LessThanEquals: { compare: (a, b) => a <= b, negated: false },
  GreaterThan: { compare: (a, b) => a > b, negated: false },
  GreaterThanEquals: { compare: (a, b) => a >= b, negated: false },
};

function both(name: string, test: Operator['test'], accepts: Operator['accepts']): [string, Operator][] {
  const [family, rest] = name.split(':') as [string, string];
  return [
    [`${family}${rest}`, { test, negated: false, accepts }],
    [`${family}Not${rest}`, { test, negated: true, accepts }],
  ];
}

function compared(
  family: 'Numeric' | 'Date',
  read: (value: string) => number,
  accepts: Operator['accepts'],
): [string, Operator][] {
  return Object.entries(COMPARISONS).map(([name, { compare, negated }]) => [
    `${family}${name}`,
    { test: (actual, expected) => compare(read(actual), read(expected)), negated, accepts },
  ]);
}

const OPERATORS: ReadonlyMap<string, Operator> = new Map([
  ...both('String:Equals', (actual, expected) => actual === expected, text),
  ...both('String:EqualsIgnoreCase', (actual, expected) => fold(actual) === fold(expected), text),
  ...both('String:Like', (actual, expected) => matchesWildcard(expected, actual), text),
  ...both('Arn:Equals', (actual, expected) => matchesArn(expected, actual), isArn),
  ...both('Arn:Like', (actual, expected) => matchesArn(expected, actual), isArn),
  ...compared('Numeric', Number, isNumber),
  ...compared('Date', toTime, isDate),
  [
    'Bool',
    { test: (actual, expected) => fold(actual) === fold(expected), negated: false, accepts: isBoolean },
  ],
]);

/** ISO 8601 or seconds since the epoch, as IAM takes dates. */
function toTime(value: string): number {
  return /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value);
}

export interface ParsedOperator {
  /** Without the IfExists suffix. */
  readonly name: string;
  readonly ifExists: boolean;
}

/** @returns null when IAM has no such operator, or when it is one this server does not evaluate */
export function parseOperator(name: string): ParsedOperator | null {
  if (name === 'Null') return { name, ifExists: false };
  const base = name.endsWith('IfExists') ? name.slice(0, -'IfExists'.length) : name;
  return OPERATORS.has(base) ? { name: base, ifExists: base !== name } : null;
}

export function acceptsValue(operator: ParsedOperator, value: string): boolean {
  return operator.name === 'Null'
    ? isBoolean(value)
    : (OPERATORS.get(operator.name)?.accepts(value) ?? false);
}

/** @param actual the value in the request, undefined when the key is absent */
export function evaluateOperator(
  operator: ParsedOperator,
  actual: string | undefined,
  expected: readonly string[],
): boolean {
  if (operator.name === 'Null') {
    return expected.some((value) => (fold(value) === 'true') === (actual === undefined));
  }
  const known = OPERATORS.get(operator.name);
  if (known === undefined) return false;
  if (actual === undefined) return operator.ifExists || known.negated;
  return expected.some((value) => known.test(actual, value)) !== known.negated;
}
