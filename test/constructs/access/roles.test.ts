import { TerraformOutput, TerraformVariable } from 'cdktf';
import { ServiceRole, type ServiceRoleProps } from '../../../constructs/access/grantee-role';
import { VerifierRole, type VerifierRoleProps } from '../../../constructs/access/verifier-role';
import { faultsOf, foreignStack, resource, type Statement, synthesise } from '../../support/infra-stack';

const AUDITORS: VerifierRoleProps = { roleName: 'v', auditorAccountIds: ['111122223333'], externalId: 'abc' };

function verifier(props: Partial<VerifierRoleProps> = {}) {
  const stack = foreignStack();
  const role = new VerifierRole(stack, 'Verifier', { ...AUDITORS, ...props });
  return { stack, role };
}

function trustOf(json: ReturnType<typeof synthesise>): Statement {
  const [document] = Object.values(json.data.aws_iam_policy_document ?? {});
  return (document?.statement as Statement[])[0] as Statement;
}

describe('VerifierRole', () => {
  const props = (given: Partial<VerifierRoleProps>) =>
    faultsOf(() => verifier(given)).map(({ prop }) => prop);

  test.each<[Partial<VerifierRoleProps>, string[]]>([
    [{}, []],
    [{ auditorAccountIds: ['12345678901'] }, ['auditorAccountIds[0]']],
    [{ auditorAccountIds: ['111122223333', 'arn:aws:iam::111122223333:root'] }, ['auditorAccountIds[1]']],
    [{ externalId: 'a' }, ['externalId']],
    [{ externalId: 'a b' }, ['externalId']],
    [{ organizationId: 'o-a1b2c3d4e5' }, []],
    [{ organizationId: 'ou-x' }, ['organizationId']],
    [{ roleName: 'a/b', externalId: '' }, ['roleName', 'externalId']],
    [{ auditorAccountIds: [], externalId: '' }, []],
  ])('%j has the faults %j', (given, expected) => {
    expect(props(given)).toEqual(expected);
  });

  test('an empty list creates no role', () => {
    const { stack, role } = verifier({ auditorAccountIds: [], externalId: '' });
    expect(role.resource).toBeUndefined();
    expect(role.existingRoleArn).toBeUndefined();
    expect(synthesise(stack).resource?.aws_iam_role).toBeUndefined();
  });

  test('a list creates a role with sessions of 12 hours, for these accounts and the external id', () => {
    const { stack } = verifier();
    const json = synthesise(stack);
    expect(resource(json, 'aws_iam_role')).toMatchObject({ name: 'v', max_session_duration: 43_200 });
    expect(resource(json, 'aws_iam_role')).not.toHaveProperty('count');
    expect(trustOf(json)).toMatchObject({
      principals: [{ type: 'AWS', identifiers: ['111122223333'] }],
      condition: [{ test: 'StringEquals', variable: 'sts:ExternalId', values: ['abc'] }],
    });
  });

  test('a second factor and an organisation can be demanded too', () => {
    const { stack } = verifier({ requireMfa: true, organizationId: 'o-a1b2c3d4e5' });
    expect(trustOf(synthesise(stack)).condition.slice(1)).toEqual([
      { test: 'Bool', variable: 'aws:MultiFactorAuthPresent', values: ['true'] },
      { test: 'StringEquals', variable: 'aws:PrincipalOrgID', values: ['o-a1b2c3d4e5'] },
    ]);
  });

  test('with tokens Terraform decides whether there is a role, and refuses one without external id', () => {
    const stack = foreignStack();
    const ids = new TerraformVariable(stack, 'ids', { type: 'list(string)' }).listValue;
    const externalId = new TerraformVariable(stack, 'external', {}).stringValue;
    const role = new VerifierRole(stack, 'Verifier', { roleName: 'v', auditorAccountIds: ids, externalId });
    new TerraformOutput(stack, 'arn', { value: role.existingRoleArn });
    const json = synthesise(stack);
    const address = `aws_iam_role.${role.resource?.friendlyUniqueId}`;
    expect(resource(json, 'aws_iam_role').count).toBe(
      '${(length(var.ids) >= 1) ? (length(var.external) >= 2) ? 1 : tonumber("An external id of at least 2 characters is required when auditors are named: set auditor_external_id") : 0}',
    );
    expect(role.roleName).toBe(`\${${address}[0].name}`);
    expect(json.output?.arn?.value).toBe(`\${one(${address}[*].arn)}`);
  });
});

describe('ServiceRole', () => {
  const props = (given: ServiceRoleProps) =>
    faultsOf(() => new ServiceRole(foreignStack(), 'Writer', given)).map(({ prop }) => prop);

  test('is assumed by tasks of this account, or by the service that is named', () => {
    const trust = (assumedBy?: string) => {
      const stack = foreignStack();
      new ServiceRole(stack, 'Writer', { roleName: 'writer', assumedBy });
      return trustOf(synthesise(stack));
    };
    expect(trust().principals).toEqual([{ type: 'Service', identifiers: ['ecs-tasks.amazonaws.com'] }]);
    expect(trust().condition).toMatchObject([{ test: 'StringEquals', variable: 'aws:SourceAccount' }]);
    expect(trust('lambda.amazonaws.com').principals[0]?.identifiers).toEqual(['lambda.amazonaws.com']);
  });

  test('checks its values together', () => {
    expect(props({ roleName: 'x'.repeat(64) })).toEqual([]);
    expect(props({ roleName: 'x'.repeat(65), assumedBy: '*' })).toEqual(['roleName', 'assumedBy']);
  });
});
