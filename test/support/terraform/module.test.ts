import { TerraformModule } from './module';

const CONFIGURATION = {
  provider: { aws: [{ region: 'us-east-1' }, { alias: 'dr', region: '${var.dr_region}' }] },
  variable: { dr_region: { default: 'us-west-2' }, accounts: { default: [] }, days: {} },
  data: {
    aws_region: { here: {}, there: { provider: 'aws.dr' } },
    aws_caller_identity: { me: {} },
    aws_iam_session_context: { me: { arn: '${data.aws_caller_identity.me.arn}' } },
    aws_iam_policy_document: {
      trust: {
        statement: [
          {
            sid: 'Who',
            principals: [
              { type: 'AWS', identifiers: ['${data.aws_caller_identity.me.account_id}'] },
              { type: 'Service', identifiers: ['x.amazonaws.com'] },
            ],
            actions: ['sts:AssumeRole'],
            condition: [{ test: 'NumericLessThan', variable: 'a:b', values: ['${var.days - 1}'] }],
          },
        ],
      },
    },
  },
  resource: {
    aws_s3_bucket: {
      one: { bucket: 'b-${data.aws_region.here.id}' },
      two: { bucket: 'x', provider: 'aws.dr' },
    },
    aws_kms_key: { k: { provider: 'aws.dr' } },
    aws_iam_role: {
      r: { name: 'r', assume_role_policy: '${data.aws_iam_policy_document.trust.json}' },
      maybe: { count: '${length(var.accounts)}', name: 'maybe' },
    },
  },
};

const moduleWith = (variables: Record<string, string | number | string[]> = { days: 400 }) =>
  new TerraformModule(JSON.stringify(CONFIGURATION), {
    account: '111122223333',
    region: 'us-east-1',
    deployRoleArn: 'arn:aws:iam::111122223333:role/deployer',
    variables,
  });

test('resources have the attributes that only AWS knows, in the region of their provider', () => {
  const buckets = moduleWith().instances('aws_s3_bucket');
  expect(buckets.get('one')?.['arn']).toBe('arn:aws:s3:::b-us-east-1');
  expect(buckets.get('two')?.['region']).toBe('us-west-2');
  expect(moduleWith().instances('aws_kms_key').get('k')?.['arn']).toMatch(
    /^arn:aws:kms:us-west-2:111122223333:key\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  );
});

test('a policy document becomes the JSON that Terraform writes', () => {
  const role = moduleWith().instances('aws_iam_role').get('r');
  expect(JSON.parse(role?.['assume_role_policy'] as string)).toEqual({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'Who',
        Effect: 'Allow',
        Principal: { AWS: ['111122223333'], Service: ['x.amazonaws.com'] },
        Action: ['sts:AssumeRole'],
        Condition: { NumericLessThan: { 'a:b': [399] } },
      },
    ],
  });
});

test('a count decides how many instances there are', () => {
  const count = (accounts: string[]) => [...moduleWith({ accounts }).instances('aws_iam_role').keys()];
  expect(count([])).toEqual(['r']);
  expect(count(['1'])).toEqual(['r', 'maybe']);
  expect(count(['1', '2'])).toEqual(['r', 'maybe[0]', 'maybe[1]']);
});

test('a variable without a value is an error', () => {
  const role = moduleWith({}).instances('aws_iam_role').get('r');
  expect(() => role?.['assume_role_policy']).toThrow('the variable "days" has no value');
});
