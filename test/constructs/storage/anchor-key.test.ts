import { AnchorKey, type AnchorKeyProps } from '../../../constructs/storage/anchor-key';
import { errorOf, faultsOf, foreignStack, resource, statements, synthesise } from '../../support/infra-stack';

const DEPLOY = 'arn:aws:iam::123456789012:role/deploy';
const BREAK_GLASS = 'arn:aws:iam::123456789012:role/break-glass';

function made(props: AnchorKeyProps = {}) {
  const stack = foreignStack();
  const key = new AnchorKey(stack, 'Key', props);
  return {
    key,
    policy: () => statements(synthesise(stack), key.policyDocument),
    json: () => synthesise(stack),
  };
}

const principals = (sid: string, { policy }: ReturnType<typeof made>) =>
  policy().get(sid)?.condition?.[0]?.values;

test.each(['audit-anchors', 'a/b_c-1'])('accepts the alias %s', (aliasName) => {
  expect(resource(made({ aliasName }).json(), 'aws_kms_alias').name).toBe(`alias/${aliasName}`);
});

test.each(['', 'alias:x', 'aws/s3', 'x'.repeat(251)])('refuses the alias "%s"', (aliasName) => {
  expect(faultsOf(() => made({ aliasName }))).toMatchObject([{ prop: 'aliasName' }]);
});

test('reports all faults with its path', () => {
  const error = errorOf(() => made({ aliasName: '', breakGlassRoleArn: 'x', deployRoleArn: 'y' }));
  expect(error.path).toBe('foreign/Key');
  expect(error.faults.map(({ prop }) => prop)).toEqual(['aliasName', 'breakGlassRoleArn', 'deployRoleArn']);
});

test('without a break-glass role nobody makes the key unusable, and the policy stays changeable', () => {
  const key = made({ deployRoleArn: DEPLOY });
  expect(key.policy().get('DenyKeyDestruction')).not.toHaveProperty('condition');
  // One role alone could lose the key policy for good.
  expect(key.policy().has('DenyKeyPolicyChange')).toBe(false);
});

test('with a break-glass role, it and the deploy role are the only ones that change the policy', () => {
  const key = made({ deployRoleArn: DEPLOY, breakGlassRoleArn: BREAK_GLASS });
  expect(principals('DenyKeyDestruction', key)).toEqual([BREAK_GLASS]);
  expect(principals('DenyKeyPolicyChange', key)).toEqual([DEPLOY, BREAK_GLASS]);
});

test('nobody may use a key that was granted to nobody', () => {
  const allowed = [...made().policy().values()].filter(({ effect }) => effect === 'Allow');
  expect(allowed.map(({ sid }) => sid)).toEqual(['AdministerThroughIam']);
  expect(allowed[0]?.actions).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/crypt|DataKey|CreateGrant/)]),
  );
});

test('each use names its roles once and gives exactly its actions', () => {
  const key = made();
  key.key.allow('write', 'arn:writer');
  key.key.allow('read', 'arn:reader');
  key.key.allow('read', 'arn:other');
  key.key.allow('read', 'arn:reader');
  expect(principals('AllowWrite', key)).toEqual(['arn:writer']);
  expect(principals('AllowRead', key)).toEqual(['arn:reader', 'arn:other']);
  expect(key.policy().get('AllowWrite')?.actions).toEqual(['kms:GenerateDataKey', 'kms:Decrypt']);
  expect(key.policy().get('AllowRead')?.actions).toEqual(['kms:Decrypt']);
});

test('S3 is named with the suffix of the partition, so that it is right in China too', () => {
  const key = made();
  key.key.allow('read', 'arn:reader');
  const via = key.policy().get('AllowRead')?.condition[1];
  expect(via?.variable).toBe('kms:ViaService');
  expect(via?.values[0]).toMatch(
    /^s3\.\$\{data\.aws_region\.\w+\.id\}\.\$\{data\.aws_partition\.\w+\.dns_suffix\}$/,
  );
});
