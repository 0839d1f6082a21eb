import { DataAwsCallerIdentity } from '@cdktf/provider-aws/lib/data-aws-caller-identity';
import { DataAwsIamPolicyDocument } from '@cdktf/provider-aws/lib/data-aws-iam-policy-document';
import { DataAwsIamRole } from '@cdktf/provider-aws/lib/data-aws-iam-role';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import type { TerraformCount, TerraformProvider } from 'cdktf';
import { Construct } from 'constructs';
import { when } from '../storage/policy-document';
import { type Tags, tagsFor } from '../tags';
import { PropCheck, type TextRule } from '../validation';

/** A role that can be granted something. */
export interface GranteeRole {
  readonly roleName: string;
  /** What `aws:PrincipalArn` says for the role's sessions. */
  readonly roleArn: string;
  /** Set when Terraform decides whether the role exists; its policies follow it. */
  readonly count?: TerraformCount;
}

/** A role by its name, as a resource or data source of the stack, or as a construct of this package. */
export type Grantee = string | IamRole | DataAwsIamRole | GranteeRole;

export const ROLE_NAME: TextRule = {
  test: (name) => /^[\w+=,.@-]{1,64}$/.test(name),
  allowed: '1 to 64 of letters, digits and "+=,.@_-": the name of an IAM role, not its ARN',
};

/** Turns what a caller may pass into a role; a name is looked up by a data source, child `Role`. */
export function granteeRole(
  scope: Construct,
  grantee: Grantee,
  provider: TerraformProvider | undefined,
): GranteeRole {
  if (typeof grantee === 'string') {
    const { name: roleName, arn: roleArn } = new DataAwsIamRole(scope, 'Role', { provider, name: grantee });
    return { roleName, roleArn };
  }
  if (grantee instanceof IamRole || grantee instanceof DataAwsIamRole) {
    return { roleName: grantee.name, roleArn: grantee.arn };
  }
  return grantee;
}

/** True when two are known to be one role, by identity or by the names and ARNs they were given. */
export function isSameRole(one: Grantee, other: Grantee): boolean {
  const names = givenNames(other);
  return one === other || givenNames(one).some((name) => names.includes(name));
}

/** What is known of a role's name; an account has one role of a name, whatever the path in its ARN. */
function givenNames(grantee: Grantee): string[] {
  if (typeof grantee === 'string') return [grantee];
  if (grantee instanceof IamRole || grantee instanceof DataAwsIamRole) return given(grantee.nameInput);
  if (grantee instanceof ServiceRole) return given(grantee.resource.nameInput);
  const { roleName, roleArn } = grantee;
  return [roleName, roleArn.slice(roleArn.lastIndexOf('/') + 1)];
}

function given(name: string | undefined): string[] {
  return name === undefined ? [] : [name];
}

export interface ServiceRoleProps {
  /** Name of the role. */
  readonly roleName: string;

  /**
   * Service that runs the program, for example `lambda.amazonaws.com`.
   *
   * @default `ecs-tasks.amazonaws.com` - a task role of ECS
   */
  readonly assumedBy?: string;

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

const SERVICE: TextRule = {
  test: (name) => /^[a-z0-9.-]+\.amazonaws\.com(\.cn)?$/.test(name),
  allowed: 'a service principal such as "ecs-tasks.amazonaws.com"',
};

/** A role that an AWS service of this account takes on to run the program. */
export class ServiceRole extends Construct implements GranteeRole {
  readonly resource: IamRole;

  /** @throws ConstructError `PROPS_INVALID` */
  constructor(scope: Construct, id: string, props: ServiceRoleProps) {
    super(scope, id);
    new PropCheck(this)
      .text('roleName', props.roleName, ROLE_NAME, 'choose another name')
      .text('assumedBy', props.assumedBy, SERVICE, 'name the service that runs the program')
      .throwIfAny();

    const { provider, roleName, assumedBy = 'ecs-tasks.amazonaws.com' } = props;
    const { accountId } = new DataAwsCallerIdentity(this, 'Caller', { provider });
    const trust = new DataAwsIamPolicyDocument(this, 'Trust', {
      provider,
      statement: [
        {
          sid: 'AssumedByService',
          effect: 'Allow',
          principals: [{ type: 'Service', identifiers: [assumedBy] }],
          actions: ['sts:AssumeRole'],
          // Keeps the service from using the role on behalf of another account.
          condition: [when('StringEquals', 'aws:SourceAccount', accountId)],
        },
      ],
    });
    this.resource = new IamRole(this, 'Resource', {
      provider,
      name: roleName,
      assumeRolePolicy: trust.json,
      tags: tagsFor(props.tags, roleName, 'WORM audit log anchoring'),
    });
  }

  get roleName(): string {
    return this.resource.name;
  }

  get roleArn(): string {
    return this.resource.arn;
  }
}
