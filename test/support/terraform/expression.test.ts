import { evaluate, type Value } from './expression';

const VALUES: Readonly<Record<string, Value>> = {
  var: { days: 400, name: 'prod', none: '', list: ['a', 'b'], tags: { Team: 'audit' } },
  aws_role: { one: { arn: 'arn:1' }, counted: [{ arn: 'arn:2' }], absent: [] },
};
const scope = (root: string): Value => {
  const value = VALUES[root];
  if (value === undefined) throw new Error(`nothing is called "${root}"`);
  return value;
};

test.each<[string, Value]>([
  ['plain', 'plain'],
  ['${var.days}', 400],
  ['arn:${var.name}/*', 'arn:prod/*'],
  ['$${var.name}', '${var.name}'],
  ['${(var.days - 1)}', 399],
  ['${var.days + 2 * 3}', 406],
  ['${var.none == "" ? null : var.none}', null],
  ['${coalesce(var.none, "x${var.name}")}', 'xprod'],
  ['${aws_role.counted[0].arn}', 'arn:2'],
  ['${one(aws_role.counted[*].arn)}', 'arn:2'],
  ['${one(aws_role.absent[*].arn)}', null],
  ['${(length(var.list) >= 1) ? 1 : 0}', 1],
  ['${merge(var.tags, {"Name" = "x", Purpose = "y"})}', { Team: 'audit', Name: 'x', Purpose: 'y' }],
  ['${!(var.days > 1 && var.name != "prod")}', true],
  ['${concat(var.list, ["c"])}', ['a', 'b', 'c']],
  ['${-var.days}', -400],
  // What is not taken may be wrong: stacks refuse by a branch that cannot be evaluated.
  ['${var.days > 1 ? "yes" : tobool("no: change days")}', 'yes'],
  ['${var.days < 1 ? -aws_role.absent[0].arn + one(nothing[*].x) : var.days > 1 ? 1 : tonumber("x")}', 1],
])('%s', (template, value) => {
  expect(evaluate(template, scope)).toEqual(value);
});

test('structures are evaluated to their leaves', () => {
  expect(evaluate({ a: ['${var.name}', { b: '${var.days}' }], c: true }, scope)).toEqual({
    a: ['prod', { b: 400 }],
    c: true,
  });
});

test.each([
  ['${aws_role.two.arn}', 'there is no "two"'],
  ['${aws_role.one.name}', 'there is no "name"'],
  ['${var.days < 1 ? "yes" : tobool("no: change days")}', 'the function tobool of Terraform is not known'],
  ['${local.x}', 'nothing is called "local"'],
  ['${lookup(var.tags, "Team")}', 'the function lookup of Terraform is not known here'],
  ['${[for x in var.list : x]}', 'nothing is called "for"'],
  ['${var.days', 'unclosed'],
  ['${var.days +}', 'cannot evaluate'],
  ['${var.days ~ 1}', 'cannot read the expression'],
  ['a ${var.list}', 'expected text'],
  ['${var.name - 1}', 'is no number'],
  ['${aws_role.absent[0].arn}', 'cannot evaluate'],
])('%s is an error, not a guess', (template, message) => {
  expect(() => evaluate(template, scope)).toThrow(message);
});
