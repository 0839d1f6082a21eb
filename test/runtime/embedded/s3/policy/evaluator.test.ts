import fc from 'fast-check';
import {
  findDeny,
  type PolicyRequest,
  type Statement,
} from '../../../../../runtime/embedded/s3/policy/evaluator';
import { evaluateOperator, parseOperator } from '../../../../../runtime/embedded/s3/policy/operators';
import { matchesArn, matchesWildcard } from '../../../../../runtime/embedded/s3/policy/wildcard';

function evaluate(name: string, actual: string | undefined, ...expected: string[]): boolean {
  const operator = parseOperator(name);
  if (operator === null) throw new Error(`no operator ${name}`);
  return evaluateOperator(operator, actual, expected);
}

describe('operators', () => {
  test.each([
    ['StringEquals', 'a', ['a'], true],
    ['StringEquals', 'a', ['A'], false],
    ['StringEquals', 'b', ['a', 'b'], true],
    ['StringNotEquals', 'c', ['a', 'b'], true],
    ['StringNotEquals', 'b', ['a', 'b'], false],
    ['StringEqualsIgnoreCase', 'AbC', ['aBc'], true],
    ['StringNotEqualsIgnoreCase', 'AbC', ['aBc'], false],
    ['StringLike', 'chain/2030', ['chain/*'], true],
    ['StringLike', 'chain/2030', ['chain/????'], true],
    ['StringLike', 'chain/2030', ['chain'], false],
    ['StringNotLike', 'chain/2030', ['chain/*'], false],
    ['StringNotLike', 'other', ['chain/*', 'x*'], true],
    ['NumericEquals', '10', ['10.0'], true],
    ['NumericNotEquals', '10', ['11'], true],
    ['NumericLessThan', '9', ['10'], true],
    ['NumericLessThan', '10', ['10'], false],
    ['NumericLessThanEquals', '10', ['10'], true],
    ['NumericGreaterThan', '100', ['99'], true],
    ['NumericGreaterThanEquals', '99', ['100'], false],
    ['NumericLessThan', 'many', ['10'], false],
    ['DateLessThan', '2030-01-01T00:00:00Z', ['2030-01-02T00:00:00Z'], true],
    ['DateGreaterThan', '2030-01-01T00:00:00Z', ['1893456000'], false],
    ['DateEquals', '2030-01-01T00:00:00Z', ['1893456000'], true],
    ['DateNotEquals', '2030-01-01T00:00:00Z', ['1893456000'], false],
    ['DateLessThanEquals', '2030-01-01T00:00:00+01:00', ['2029-12-31T23:00:00Z'], true],
    ['DateGreaterThanEquals', '2031-01-01T00:00:00Z', ['2030-01-01T00:00:00Z'], true],
    ['Bool', 'true', ['TRUE'], true],
    ['Bool', 'false', ['true'], false],
    ['ArnEquals', 'arn:aws:iam::1:role/a', ['arn:aws:iam::1:role/a'], true],
    ['ArnEquals', 'arn:aws:iam::1:role/a', ['arn:aws:iam::*:role/*'], true],
    ['ArnLike', 'arn:aws:iam::1:role/a', ['arn:aws:iam::2:role/*'], false],
    ['ArnNotEquals', 'arn:aws:iam::1:role/a', ['arn:aws:iam::1:role/b'], true],
    ['ArnNotLike', 'arn:aws:iam::1:role/a', ['arn:aws:iam::1:role/*'], false],
    ['Null', 'present', ['true'], false],
    ['Null', 'present', ['false'], true],
  ])('%s of %s with %j is %s', (name, actual, expected, result) => {
    expect(evaluate(name, actual, ...expected)).toBe(result);
  });

  test.each([
    ['StringEquals', false],
    ['StringLike', false],
    ['NumericLessThan', false],
    ['DateGreaterThan', false],
    ['Bool', false],
    ['ArnLike', false],
    ['StringNotEquals', true],
    ['StringNotLike', true],
    ['StringNotEqualsIgnoreCase', true],
    ['NumericNotEquals', true],
    ['DateNotEquals', true],
    ['ArnNotEquals', true],
    ['StringEqualsIfExists', true],
    ['StringNotEqualsIfExists', true],
    ['NumericLessThanIfExists', true],
    ['BoolIfExists', true],
  ])('%s of an absent key is %s', (name, result) => {
    expect(evaluate(name, undefined, 'x')).toBe(result);
  });

  test('Null of an absent key is its value', () => {
    expect(evaluate('Null', undefined, 'true')).toBe(true);
    expect(evaluate('Null', undefined, 'false')).toBe(false);
  });

  test('IfExists changes nothing when the key is there', () => {
    expect(evaluate('StringEqualsIfExists', 'a', 'b')).toBe(false);
    expect(evaluate('StringNotEqualsIfExists', 'a', 'a')).toBe(false);
  });

  test.each(['', 'StringMatches', 'stringequals', 'NullIfExists', 'IfExists', 'BoolNot'])(
    '%s is none',
    (name) => {
      expect(parseOperator(name)).toBeNull();
    },
  );
});

describe('wildcards', () => {
  test('match what the regular expression of the pattern matches', () => {
    const letter = fc.constantFrom('a', 'b', '*', '?');
    const word = fc.array(letter, { maxLength: 8 }).map((letters) => letters.join(''));
    fc.assert(
      fc.property(word, word, (pattern, text) => {
        const source = [...pattern].map((c) => (c === '*' ? '.*' : c === '?' ? '.' : c)).join('');
        expect(matchesWildcard(pattern, text)).toBe(new RegExp(`^${source}$`, 's').test(text));
      }),
      { numRuns: 2_000 },
    );
  });

  test('take no exponential time', () => {
    const started = Date.now();
    expect(matchesWildcard(`${'*a'.repeat(50)}b`, 'a'.repeat(5_000))).toBe(false);
    expect(Date.now() - started).toBeLessThan(1_000);
  });

  test('of an ARN stay within one part of it', () => {
    expect(matchesArn('arn:aws:iam::*:role/x', 'arn:aws:iam::1:user:role/x')).toBe(false);
    expect(matchesArn('arn:aws:iam::1:*', 'arn:aws:iam::1:role/a:b')).toBe(true);
  });
});

describe('findDeny', () => {
  const base: Statement = {
    sid: 'rule',
    effect: 'Deny',
    principals: { negated: false, values: ['*'] },
    actions: { negated: false, values: ['s3:PutObject'] },
    resources: { negated: false, values: ['arn:aws:s3:::b/*'] },
    conditions: [],
  };
  const request: PolicyRequest = {
    principalArn: 'arn:aws:iam::111122223333:role/writer',
    action: 's3:PutObject',
    resource: 'arn:aws:s3:::b/k/1',
    context: new Map([
      ['s3:x-amz-storage-class', 'GLACIER'],
      ['s3:object-lock-mode', 'GOVERNANCE'],
    ]),
  };
  const plain = (...values: string[]) => ({ negated: false, values });
  const not = (...values: string[]) => ({ negated: true, values });
  const condition = (name: string, key: string, ...values: string[]) => ({
    operator: parseOperator(name) ?? { name, ifExists: false },
    key,
    values,
  });
  const storageIsGlacier = condition('StringEquals', 's3:x-amz-storage-class', 'GLACIER');
  const modeIsCompliance = condition('StringEquals', 's3:object-lock-mode', 'COMPLIANCE');

  const cases: [string, Partial<Statement>, boolean][] = [
    ['as it stands', {}, true],
    ['an Allow', { effect: 'Allow' }, false],
    ['another action', { actions: plain('s3:GetObject') }, false],
    ['an action pattern in other case', { actions: plain('S3:put*') }, true],
    ['NotAction of it', { actions: not('s3:PutObject') }, false],
    ['NotAction of another', { actions: not('s3:GetObject', 's3:List*') }, true],
    ['another resource', { resources: plain('arn:aws:s3:::b/x/*') }, false],
    ['a resource in other case', { resources: plain('arn:aws:s3:::b/K/*') }, false],
    ['a resource with ?', { resources: plain('arn:aws:s3:::b/?/1') }, true],
    ['NotResource of it', { resources: not('arn:aws:s3:::b/k/*') }, false],
    ['its account', { principals: plain('111122223333') }, true],
    ['the root of its account', { principals: plain('arn:aws:iam::111122223333:root') }, true],
    ['another account', { principals: plain('999999999999') }, false],
    ['another role', { principals: plain('arn:aws:iam::111122223333:role/reader') }, false],
    ['NotPrincipal of it', { principals: not('arn:aws:iam::111122223333:role/writer') }, false],
    ['a condition that holds', { conditions: [storageIsGlacier] }, true],
    ['two conditions of which one holds', { conditions: [storageIsGlacier, modeIsCompliance] }, false],
  ];
  test.each(cases)('%s', (_, change, denied) => {
    const statement = { ...base, ...change };
    expect(findDeny({ statements: [statement] }, request)).toBe(denied ? statement : undefined);
  });

  test('finds a later statement, and an Allow before it changes nothing', () => {
    const allow: Statement = { ...base, effect: 'Allow', actions: plain('s3:*') };
    expect(findDeny({ statements: [allow, base] }, request)).toBe(base);
  });
});
