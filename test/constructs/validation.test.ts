import { Token, TerraformVariable } from 'cdktf';
import { ConstructError } from '../../constructs/errors';
import { isUnknownAtSynth, PropCheck } from '../../constructs/validation';
import { errorOf, foreignStack } from '../support/infra-stack';

const LOWER = { test: (text: string) => /^[a-z]+$/.test(text), allowed: 'a-z' };
const FIX = 'choose another';

describe('PropCheck', () => {
  test('reports every fault at once, with the construct path, the value, what is allowed and what to do', () => {
    const stack = foreignStack();
    const check = new PropCheck(stack)
      .text('name', 'ABC', LOWER, FIX)
      .wholeNumber('days', 0, { min: 1, max: 9 }, 'days', FIX)
      .list('roles', ['ok', 'Not'], LOWER, FIX)
      .rule(false, { prop: 'mode', found: 'GOVERNANCE', allowed: 'COMPLIANCE', fix: FIX });
    const error = errorOf(() => check.throwIfAny());
    expect(error).toBeInstanceOf(ConstructError);
    expect(error).toMatchObject({ code: 'PROPS_INVALID', path: 'foreign', name: 'ConstructError' });
    expect(error.message).toMatchInlineSnapshot(`
      "foreign: 4 values are not allowed
        - "name" is "ABC"; allowed: a-z; choose another
        - "days" is 0; allowed: a whole number of days from 1 to 9; choose another
        - "roles[1]" is "Not"; allowed: a-z; choose another
        - "mode" is GOVERNANCE; allowed: COMPLIANCE; choose another"
    `);
  });

  test.each([1, 9])('accepts %d of 1 to 9', (days) => {
    expect(() =>
      new PropCheck('x').wholeNumber('days', days, { min: 1, max: 9 }, 'days', FIX).throwIfAny(),
    ).not.toThrow();
  });

  test.each([0, 10, 1.5, Number.NaN, Infinity])('refuses %d of 1 to 9', (days) => {
    expect(() =>
      new PropCheck('x').wholeNumber('days', days, { min: 1, max: 9 }, 'days', FIX).throwIfAny(),
    ).toThrow('"days"');
  });

  test('passes absent values and tokens of every kind', () => {
    const stack = foreignStack();
    const variable = new TerraformVariable(stack, 'v', {});
    const check = new PropCheck(stack)
      .text('text', undefined, LOWER, FIX)
      .text('text', variable.stringValue, LOWER, FIX)
      .text('text', `PREFIX-${variable.stringValue}`, LOWER, FIX)
      .text('text', '${var.v}', LOWER, FIX)
      .wholeNumber('days', undefined, { min: 1, max: 9 }, 'days', FIX)
      .wholeNumber('days', variable.numberValue, { min: 1, max: 9 }, 'days', FIX)
      .list('roles', undefined, LOWER, FIX)
      .list('roles', variable.listValue, LOWER, FIX)
      .list('roles', [variable.stringValue], LOWER, FIX);
    expect(() => check.throwIfAny()).not.toThrow();
  });

  test('tells members of a group with its name, at any depth, once and together with the others', () => {
    const check = new PropCheck('x').text('own', 'A', LOWER, FIX);
    const members = check.within('group');
    members.text('own', 'A', LOWER, FIX).text('own', 'A', LOWER, FIX);
    members.within('inner').list('list', ['A'], LOWER, FIX);
    const { faults } = errorOf(() => check.throwIfAny());
    expect(faults.map(({ prop }) => prop)).toEqual(['own', 'group.own', 'group.inner.list[0]']);
  });

  test('tells a number that has no unit', () => {
    const check = new PropCheck('x').wholeNumber('port', 0, { min: 1, max: 9 }, undefined, FIX);
    expect(errorOf(() => check.throwIfAny()).faults).toMatchObject([
      { found: '0', allowed: 'a whole number from 1 to 9' },
    ]);
  });

  test('cuts long values short', () => {
    const error = errorOf(() => new PropCheck('x').text('name', 'A'.repeat(5_000), LOWER, FIX).throwIfAny());
    expect(error.faults[0]?.found).toHaveLength(103);
  });
});

test('isUnknownAtSynth tells tokens and expressions from values', () => {
  expect([Token.asString({ x: 1 }), '${var.x}', 'a${var.x}b'].map(isUnknownAtSynth)).toEqual([
    true,
    true,
    true,
  ]);
  expect(['', 'x', '$x', 4, undefined, [], ['x']].map(isUnknownAtSynth)).toEqual(Array(7).fill(false));
});
