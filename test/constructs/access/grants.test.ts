import { DataAwsIamRole } from '@cdktf/provider-aws/lib/data-aws-iam-role';
import type { DataAwsIamPolicyDocument } from '@cdktf/provider-aws/lib/data-aws-iam-policy-document';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import { TerraformVariable } from 'cdktf';
import { type Grantee, ServiceRole } from '../../../constructs/access/grantee-role';
import { AnchorBucketGrants } from '../../../constructs/access/grants';
import { VerifierRole } from '../../../constructs/access/verifier-role';
import { AnchorBucket, type AnchorBucketProps } from '../../../constructs/storage/anchor-bucket';
import { AnchorEncryption } from '../../../constructs/storage/anchor-encryption';
import type { AnchorKey } from '../../../constructs/storage/anchor-key';
import { errorOf, foreignStack, resource, statements, synthesise } from '../../support/infra-stack';
import { brokenReferences } from '../../support/terraform-references';

function made(props: AnchorBucketProps = {}) {
  const stack = foreignStack();
  const bucket = new AnchorBucket(stack, 'Anchors', { bucketName: 'audit-anchors-x', ...props });
  const grants = new AnchorBucketGrants(stack, 'Grants', { bucket });
  const policy = (id: string) =>
    statements(
      synthesise(stack),
      grants.node.findChild(id).node.findChild('Document') as DataAwsIamPolicyDocument,
    );
  return { stack, bucket, grants, policy, arn: `\${aws_s3_bucket.${bucket.resource.friendlyUniqueId}.arn}` };
}

describe('grantees', () => {
  test.each<[string, (stack: ReturnType<typeof made>['stack']) => Grantee, RegExp]>([
    ['a name', () => 'gateway', /^\$\{data\.aws_iam_role\.Grants_Write_Role_\w+\.name\}$/],
    [
      'a resource',
      (stack) => new IamRole(stack, 'R', { name: 'r', assumeRolePolicy: '{}' }),
      /^\$\{aws_iam_role\.R\.name\}$/,
    ],
    [
      'a data source',
      (stack) => new DataAwsIamRole(stack, 'R', { name: 'r' }),
      /^\$\{data\.aws_iam_role\.R\.name\}$/,
    ],
    [
      'a construct',
      (stack) => new ServiceRole(stack, 'R', { roleName: 'r' }),
      /^\$\{aws_iam_role\.R_\w+\.name\}$/,
    ],
  ])('%s is granted, on the bucket and on the key', (_, grantee, role) => {
    const { stack, bucket, grants } = made();
    grants.write('Write', grantee(stack), { chainIds: ['prod'] });
    const json = synthesise(stack);
    const policy = resource(json, 'aws_iam_role_policy');
    expect(policy.role).toMatch(role);
    const allowed = statements(json, (bucket.encryption.key as AnchorKey).policyDocument).get('AllowWrite');
    expect(allowed?.condition[0]?.values).toEqual([String(policy.role).replace('.name}', '.arn}')]);
  });

  test('a name that is an ARN is refused', () => {
    const error = errorOf(() => made().grants.verify('Verify', 'arn:aws:iam::123456789012:role/x'));
    expect(error).toMatchObject({
      code: 'CALL_INVALID',
      path: 'foreign/Grants',
      faults: [{ prop: 'grantee' }],
    });
  });

  test('a verifier role without auditors cannot be granted anything', () => {
    const { stack, grants } = made();
    const role = new VerifierRole(stack, 'Verifier', {
      roleName: 'v',
      auditorAccountIds: [],
      externalId: '',
    });
    expect(errorOf(() => grants.verify('Verify', role))).toMatchObject({
      code: 'CALL_INVALID',
      path: 'foreign/Verifier',
    });
  });
});

describe('write', () => {
  test('is bounded to several chains when they are named in one call', () => {
    const { grants, policy, arn } = made();
    grants.write('Write', 'gateway', { chainIds: ['a', 'b/c'] });
    const shape = '????/??/??/??/anchor-????????T??????Z.json';
    expect(policy('Write').get('CreateAnchors')?.resources).toEqual([
      `${arn}/a/${shape}`,
      `${arn}/b/c/${shape}`,
    ]);
    expect(policy('Write').get('ReadBackAnchors')?.resources).toEqual([`${arn}/a/*`, `${arn}/b/c/*`]);
    expect(policy('Write').get('ListAnchors')).toMatchObject({
      resources: [arn],
      condition: [{ test: 'StringLike', variable: 's3:prefix', values: ['a/*', 'b/c/*'] }],
    });
  });

  test('is bounded to chains that only Terraform knows', () => {
    const { stack, grants, policy } = made();
    const chainIds = new TerraformVariable(stack, 'chains', { type: 'list(string)' }).listValue;
    grants.write('Write', 'gateway', { chainIds });
    expect(policy('Write').get('ReadBackAnchors')?.resources).toMatch(
      /^\$\{formatlist\("\$\{aws_s3_bucket\.\w+\.arn\}\/%s\/\*", var\.chains\)\}$/,
    );
    expect(policy('Write').get('ListAnchors')?.condition[0]?.values).toBe(
      '${formatlist("%s/*", var.chains)}',
    );
    expect(brokenReferences(synthesise(stack))).toEqual([]);
  });

  test('needs a chain, an id of its own and lawful names, all reported at once', () => {
    const { grants } = made();
    grants.write('Write', 'gateway', { chainIds: ['a'] });
    const error = errorOf(() => grants.write('Write', 'a/b', { chainIds: ['x/', '*'], policyName: 'a b' }));
    expect(error.faults.map(({ prop }) => prop)).toEqual([
      'id',
      'policyName',
      'grantee',
      'chainIds[0]',
      'chainIds[1]',
    ]);
    expect(errorOf(() => grants.write('Other', 'gateway', { chainIds: [] })).faults).toMatchObject([
      { prop: 'chainIds' },
    ]);
  });

  test('with SSE-S3 grants no key and accepts an absent header', () => {
    const { grants, policy } = made({ encryption: AnchorEncryption.s3Managed() });
    grants.write('Write', 'gateway', { chainIds: ['a'] });
    expect(policy('Write').has('UseKey')).toBe(false);
    expect(policy('Write').get('CreateAnchors')?.condition).toContainEqual({
      test: 'StringEqualsIfExists',
      variable: 's3:x-amz-server-side-encryption',
      values: ['AES256'],
    });
  });

  test('the key is used through S3 for this bucket only', () => {
    const { grants, policy, arn } = made();
    grants.write('Write', 'gateway', { chainIds: ['a'] });
    expect(policy('Write').get('UseKey')?.condition.slice(1)).toEqual([
      { test: 'StringLike', variable: 'kms:EncryptionContext:aws:s3:arn', values: [arn, `${arn}/*`] },
    ]);
  });
});

describe('verify', () => {
  test('sees the whole bucket, or some chains', () => {
    const { grants, policy, arn } = made();
    grants.verify('All', 'auditor');
    grants.verify('Some', 'auditor', { chainIds: ['a'] });
    expect(policy('All').get('ReadAnchors')?.resources).toEqual([`${arn}/*`]);
    expect(policy('All').get('ListAnchors')).not.toHaveProperty('condition');
    expect(policy('Some').get('ReadAnchors')?.resources).toEqual([`${arn}/a/*`]);
    expect(policy('Some').get('ListAnchors')?.condition[0]?.values).toEqual(['a/*']);
  });
});

describe('hold', () => {
  test('gives holds and what finds versions, and no key', () => {
    const { grants, policy, arn } = made();
    const granted = grants.hold('Hold', 'custodian', { chainIds: ['a'] });
    expect(granted.nameInput).toBe('audit-anchor-custodian');
    expect([...policy('Hold').values()].map(({ actions, resources }) => ({ actions, resources }))).toEqual([
      { actions: ['s3:PutObjectLegalHold', 's3:GetObjectLegalHold'], resources: [`${arn}/a/*`] },
      { actions: ['s3:ListBucketVersions'], resources: [arn] },
    ]);
  });
});
