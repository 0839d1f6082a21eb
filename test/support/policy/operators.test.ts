import { conditionHolds } from './operators';

const KEY_ABSENT = undefined;

test.each([
  ['StringEquals', ['a', 'b'], ['b'], true],
  ['StringEquals', ['a'], ['A'], false],
  ['StringEqualsIgnoreCase', ['a'], ['A'], true],
  ['StringNotEquals', ['a', 'b'], ['c'], true],
  ['StringNotEquals', ['a', 'b'], ['b'], false],
  ['StringLike', ['prod/*'], ['prod/2030/'], true],
  ['StringLike', ['prod/*'], ['prod2/2030/'], false],
  ['StringLike', ['a?c'], ['abc'], true],
  ['StringLike', ['a.c'], ['abc'], false],
  ['StringNotLike', ['prod/*'], ['prod/2030/'], false],
  ['NumericLessThan', ['399'], ['398'], true],
  ['NumericLessThan', ['399'], ['399'], false],
  ['NumericLessThan', ['9'], ['10'], false],
  ['NumericLessThanEquals', ['399'], ['399'], true],
  ['NumericGreaterThan', ['9'], ['10'], true],
  ['NumericGreaterThanEquals', ['399'], ['398.9'], false],
  ['NumericEquals', ['7'], ['7.0'], true],
  ['NumericNotEquals', ['7'], ['8'], true],
  ['NumericLessThan', ['1'], [''], false],
  ['DateLessThan', ['2030-01-01T00:00:00Z'], ['2029-12-31T23:59:59Z'], true],
  ['DateGreaterThan', ['2030-01-01T00:00:00Z'], ['2029-12-31T23:59:59Z'], false],
  ['DateEquals', ['1893456000'], ['2030-01-01T00:00:00Z'], true],
  ['Bool', ['false'], ['false'], true],
  ['Bool', ['true'], ['false'], false],
  ['ArnEquals', ['arn:aws:iam::1:role/*'], ['arn:aws:iam::1:role/a/b'], true],
  ['ArnLike', ['arn:aws:iam::*:role/a'], ['arn:aws:iam::1:role/a'], true],
  ['ArnLike', ['arn:aws:*:role/a'], ['arn:aws:iam::1:role/a'], false],
  ['ArnNotEquals', ['arn:aws:iam::1:role/a'], ['arn:aws:iam::1:role/b'], true],
  ['Null', ['true'], ['x'], false],
  ['Null', ['false'], ['x'], true],
])('%s %j of %j: %s', (operator, expected, actual, holds) => {
  expect(conditionHolds(operator, expected, actual)).toBe(holds);
});

test.each([
  ['StringEquals', ['a'], false],
  ['StringLike', ['*'], false],
  ['StringNotEquals', ['a'], true],
  ['StringNotLike', ['*'], true],
  ['NumericLessThan', ['399'], false],
  ['NumericNotEquals', ['1'], true],
  ['Bool', ['false'], false],
  ['ArnEquals', ['*'], false],
  ['ArnNotEquals', ['arn:aws:iam::1:role/a'], true],
  ['Null', ['true'], true],
  ['Null', ['false'], false],
  ['StringEqualsIfExists', ['a'], true],
  ['StringNotEqualsIfExists', ['a'], true],
  ['NumericLessThanIfExists', ['1'], true],
  ['ForAllValues:StringEquals', ['a'], true],
  ['ForAnyValue:StringEquals', ['a'], false],
  ['ForAnyValue:StringNotEquals', ['a'], false],
])('%s %j without the key: %s', (operator, expected, holds) => {
  expect(conditionHolds(operator, expected, KEY_ABSENT)).toBe(holds);
});

test('IfExists changes nothing when the key is there', () => {
  expect(conditionHolds('StringEqualsIfExists', ['a'], ['b'])).toBe(false);
  expect(conditionHolds('StringNotEqualsIfExists', ['a'], ['a'])).toBe(false);
});

test('set operators look at every value or at any', () => {
  expect(conditionHolds('ForAllValues:StringEquals', ['a', 'b'], ['a', 'b'])).toBe(true);
  expect(conditionHolds('ForAllValues:StringEquals', ['a'], ['a', 'b'])).toBe(false);
  expect(conditionHolds('ForAnyValue:StringEquals', ['a'], ['a', 'b'])).toBe(true);
  expect(conditionHolds('ForAnyValue:StringNotEquals', ['a'], ['a'])).toBe(false);
});

test.each(['StringEqual', 'stringequals', 'NullIfExists', 'ForSomeValues:StringEquals'])(
  'there is no operator %s',
  (operator) => {
    expect(() => conditionHolds(operator, ['a'], ['a'])).toThrow('IAM has no condition operator');
  },
);

test('a key with several values needs a set operator', () => {
  expect(() => conditionHolds('StringEquals', ['a'], ['a', 'b'])).toThrow('several values');
});
