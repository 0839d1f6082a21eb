import { brokenReferences, expressionsIn } from './terraform-references';
import type { Synthesised } from './infra-stack';

function json(parts: Partial<Synthesised>): Synthesised {
  return {
    provider: { aws: [{}] },
    resource: { aws_s3_bucket: { a: { bucket: 'x' } } },
    data: { aws_caller_identity: { c: {} } },
    variable: { days: {} },
    ...parts,
  };
}

const output = (value: unknown) => json({ output: { o: { value } } });

describe('brokenReferences', () => {
  test.each([
    ['a resource attribute', '${aws_s3_bucket.a.arn}/*'],
    ['a data attribute in snake case', '${data.aws_caller_identity.c.account_id}'],
    ['a variable in an expression', '${(var.days - 1)}'],
    ['an index and a splat', '${one(aws_s3_bucket.a[*].arn)} ${aws_s3_bucket.a[0].arn}'],
    ['an escaped expression', '$${aws_s3_bucket.missing.arn}'],
    [
      'a loop variable and text that looks like a reference',
      '${[for id in var.days : regex("aws_s3_bucket.z.arn", id)]}',
    ],
  ])('accepts %s', (_, value) => {
    expect(brokenReferences(output(value))).toEqual([]);
  });

  test.each([
    [
      'a resource that is not declared',
      '${aws_s3_bucket.b.arn}',
      'output.o.value: "aws_s3_bucket.b.arn" is not declared',
    ],
    [
      'a data source that is not declared',
      '${data.aws_caller_identity.d.account_id}',
      'output.o.value: "data.aws_caller_identity.d.account_id" is not declared',
    ],
    [
      'an attribute that is misspelt',
      '${aws_s3_bucket.a.anr}',
      'output.o.value: "aws_s3_bucket" has no attribute "anr"',
    ],
    [
      'a variable that is not declared',
      '${max(1, var.dayz)}',
      'output.o.value: variable "dayz" is not declared',
    ],
    [
      'a reference in a string of an expression',
      '${upper("x-${var.inner}")}',
      'output.o.value: variable "inner" is not declared',
    ],
  ])('finds %s', (_, value, fault) => {
    expect(brokenReferences(output(value))).toEqual([fault]);
  });

  test('finds a provider alias that is not configured, and a missing default provider', () => {
    const aliased = json({ resource: { aws_s3_bucket: { a: { provider: 'aws.dr' } } } });
    expect(brokenReferences(aliased)).toEqual(['aws_s3_bucket.a: provider "aws.dr" is not configured']);
    expect(brokenReferences({ ...aliased, provider: { aws: [{}, { alias: 'dr' }] } })).toEqual([]);
    const onlyAlias = json({ provider: { aws: [{ alias: 'dr' }] }, data: {} });
    expect(brokenReferences(onlyAlias)).toEqual(['aws_s3_bucket.a: provider "aws" is not configured']);
  });

  test('finds a dependency that is not declared', () => {
    const dependent = json({ resource: { aws_s3_bucket: { a: { depends_on: ['aws_kms_key.k'] } } } });
    expect(brokenReferences(dependent)).toEqual([
      'aws_s3_bucket.a.depends_on: "aws_kms_key.k" is not declared',
    ]);
  });
});

test('expressionsIn keeps braces and quotes inside an expression together', () => {
  expect(expressionsIn('a ${merge(var.t, {"k" = "}"})} b ${c}')).toEqual(['merge(var.t, {"" = ""})', 'c']);
});
