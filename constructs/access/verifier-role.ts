import { DataAwsCallerIdentity } from '@cdktf/provider-aws/lib/data-aws-caller-identity';
import { DataAwsIamPolicyDocument } from '@cdktf/provider-aws/lib/data-aws-iam-policy-document';
import { DataAwsPartition } from '@cdktf/provider-aws/lib/data-aws-partition';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import { Fn, Op, TerraformCount, type TerraformProvider, Token } from 'cdktf';
import { Construct } from 'constructs';
import { when } from '../storage/policy-document';
import { numberWhile } from '../guard';
import { type Tags, tagsFor } from '../tags';
import { isUnknownAtSynth, PropCheck, type TextRule } from '../validation';
import { type GranteeRole, ROLE_NAME } from './grantee-role';

export interface VerifierRoleProps {
  /** Name of the role. */
  readonly roleName: string;

  /**
   * Accounts of the auditors, 12 digits each. An empty list creates no role; for a token Terraform decides.
   */
  readonly auditorAccountIds: string[];

  /**
   * The external id that auditors have to present, 2 to 1,224 characters. It keeps a party that auditors
   * also work for from using their access; it is not a password.
   */
  readonly externalId: string;

  /**
   * Demand that the auditor's session was made with a second factor. Sessions from single sign-on do not
   * carry the proof, so auditors who use it are shut out.
   *
   * @default false - no second factor is demanded
   */
  readonly requireMfa?: boolean;

  /**
   * Id of the AWS organisation the auditors have to belong to, `o-...`.
   *
   * @default - any organisation
   */
  readonly organizationId?: string;

  /**
   * Tags of the role.
   *
   * @default - only `Name` and `Purpose`, which are always set
   */
  readonly tags?: Tags;

  /**
   * Provider that makes the role.
   *
   * @default - the stack's default AWS provider
   */
  readonly provider?: TerraformProvider;
}

/** Longest session an auditor can ask for, in seconds: 12 hours, the most that AWS has. */
export const MAX_SESSION_SECONDS = 43_200;

export const ACCOUNT_ID: TextRule = {
  test: (id) => /^\d{12}$/.test(id),
  allowed: 'an AWS account id of 12 digits',
};

const EXTERNAL_ID: TextRule = {
  test: (id) => /^[\w+=,.@:/-]{2,1224}$/.test(id),
  allowed: '2 to 1,224 of letters, digits and "_+=,.@:/-"',
};

const ORGANIZATION_ID: TextRule = {
  test: (id) => /^o-[a-z0-9]{10,32}$/.test(id),
  allowed: 'an organisation id such as "o-a1b2c3d4e5"',
};

const EXTERNAL_ID_NEEDED =
  'An external id of at least 2 characters is required when auditors are named: set auditor_external_id';

/** Faults of the props, also for those who compose this construct and call the props by other names. */
export function checkVerifierRoleProps(
  check: PropCheck,
  props: Pick<VerifierRoleProps, 'auditorAccountIds' | 'externalId' | 'organizationId'>,
  names = { externalId: 'externalId', organizationId: 'organizationId' },
): void {
  check.list(
    'auditorAccountIds',
    props.auditorAccountIds,
    ACCOUNT_ID,
    'keep leading zeros by quoting the id',
  );
  if (props.auditorAccountIds.length === 0) return;
  check
    .text(
      names.externalId,
      props.externalId,
      EXTERNAL_ID,
      'agree on one with the auditor, for example a UUID',
    )
    .text(
      names.organizationId,
      props.organizationId,
      ORGANIZATION_ID,
      'take it from "aws organizations describe-organization"',
    );
}

/**
 * The role external auditors take on. It has no permissions of its own: grant it `verify`.
 *
 * `resource` is undefined when the list of accounts is empty.
 */
export class VerifierRole extends Construct implements GranteeRole {
  readonly resource: IamRole | undefined;
  readonly roleArn: string;
  readonly count: TerraformCount | undefined;
  private readonly givenName: string;

  /** @throws ConstructError `PROPS_INVALID` */
  constructor(scope: Construct, id: string, props: VerifierRoleProps) {
    super(scope, id);
    const check = new PropCheck(this).text('roleName', props.roleName, ROLE_NAME, 'choose another name');
    checkVerifierRoleProps(check, props);
    check.throwIfAny();

    const { provider, roleName, auditorAccountIds } = props;
    const { accountId } = new DataAwsCallerIdentity(this, 'Caller', { provider });
    const { partition } = new DataAwsPartition(this, 'Partition', { provider });
    // Spelt out, so that a key policy can name the role also when Terraform creates none.
    this.roleArn = `arn:${partition}:iam::${accountId}:role/${roleName}`;
    this.givenName = roleName;
    if (auditorAccountIds.length === 0) return;

    const trust = new DataAwsIamPolicyDocument(this, 'Trust', {
      provider,
      statement: [
        {
          sid: 'AssumedByAuditors',
          effect: 'Allow',
          principals: [{ type: 'AWS', identifiers: auditorAccountIds }],
          actions: ['sts:AssumeRole'],
          condition: [
            when('StringEquals', 'sts:ExternalId', props.externalId),
            ...(props.requireMfa ? [when('Bool', 'aws:MultiFactorAuthPresent', 'true')] : []),
            ...(props.organizationId
              ? [when('StringEquals', 'aws:PrincipalOrgID', props.organizationId)]
              : []),
          ],
        },
      ],
    });
    if (isUnknownAtSynth(auditorAccountIds)) this.count = oneIfAny(auditorAccountIds, props.externalId);
    this.resource = new IamRole(this, 'Resource', {
      provider,
      count: this.count,
      name: roleName,
      description: 'Read-only access to audit anchors for external auditors',
      assumeRolePolicy: trust.json,
      maxSessionDuration: MAX_SESSION_SECONDS,
      tags: tagsFor(props.tags, roleName, 'Audit anchor verification'),
    });
  }

  /** @throws ConstructError `CALL_INVALID` when the list of accounts is empty, so that there is no role */
  get roleName(): string {
    const { resource, count } = this;
    new PropCheck(this)
      .rule(resource !== undefined, {
        prop: 'auditorAccountIds',
        found: 'empty, so there is no role to grant anything to',
        allowed: 'a grant only when "resource" is defined',
        fix: 'name the accounts of the auditors or leave the grant out',
      })
      .throwIfAny('CALL_INVALID');
    if (!resource) return this.givenName;
    return count ? `\${${addressOf(resource)}[0].name}` : resource.name;
  }

  /** ARN of the role, null in Terraform or undefined here when there is none. */
  get existingRoleArn(): string | undefined {
    const { resource, count } = this;
    return resource && count ? `\${one(${addressOf(resource)}[*].arn)}` : resource?.arn;
  }
}

function addressOf(role: IamRole): string {
  return `${role.terraformResourceType}.${role.friendlyUniqueId}`;
}

/** One role when there are auditors, who then need an external id. */
function oneIfAny(auditorAccountIds: string[], externalId: string): TerraformCount {
  const one = isUnknownAtSynth(externalId)
    ? numberWhile(Op.gte(Fn.lengthOf(externalId), 2), 1, EXTERNAL_ID_NEEDED)
    : 1;
  return TerraformCount.of(Token.asNumber(Fn.conditional(Op.gte(Fn.lengthOf(auditorAccountIds), 1), one, 0)));
}
