import { DataAwsIamPolicyDocument } from '@cdktf/provider-aws/lib/data-aws-iam-policy-document';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy';
import { Construct } from 'constructs';
import { ServiceRole } from '../../access/grantee-role';
import { allow, type PolicyStatement, when } from '../../storage/policy-document';
import type { TaskLogs } from '../platform/task-logs';
import type { TaskPlatform } from '../platform/task-platform';
import { secretWithoutSelector } from '../platform/task-secrets';

export interface ExecutionRoleProps {
  readonly roleName: string;
  readonly platform: TaskPlatform;
  readonly logs: TaskLogs;
  /** ARNs as task definitions name them. */
  readonly secretArns: readonly string[];
  /** KMS keys that encrypt the secrets, other than AWS's own. */
  readonly secretsKeyArns: readonly string[];
}

/**
 * What ECS itself may do to start a task: pull its image, write its log and read its secrets. The program never
 * holds this role, so it can read no secret it was not started with.
 */
export class ExecutionRole extends Construct {
  readonly role: ServiceRole;
  readonly document: DataAwsIamPolicyDocument;
  readonly policy: IamRolePolicy;

  constructor(scope: Construct, id: string, props: ExecutionRoleProps) {
    super(scope, id);
    const { roleName, platform } = props;
    const { provider, tags } = platform;
    this.role = new ServiceRole(this, 'Role', { roleName, tags, provider });
    this.document = new DataAwsIamPolicyDocument(this, 'Document', {
      provider,
      statement: statements(props),
    });
    this.policy = new IamRolePolicy(this, 'Policy', {
      provider,
      name: 'audit-anchor-execution',
      role: this.role.roleName,
      policy: this.document.json,
    });
  }

  get roleArn(): string {
    return this.role.roleArn;
  }
}

function statements({ platform, logs, secretArns, secretsKeyArns }: ExecutionRoleProps): PolicyStatement[] {
  const { imageRepositoryArn, surroundings } = platform;
  const secrets = [...new Set(secretArns.map(secretWithoutSelector))];
  return [
    ...(imageRepositoryArn === undefined
      ? []
      : [
          // A token is not for a repository; IAM accepts no other resource.
          allow('SignInToRegistry', ['ecr:GetAuthorizationToken'], ['*']),
          allow(
            'PullImage',
            ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
            [imageRepositoryArn],
          ),
        ]),
    allow('WriteLog', ['logs:CreateLogStream', 'logs:PutLogEvents'], [`${logs.logGroupArn}:*`]),
    allow('ReadSecrets', ['secretsmanager:GetSecretValue'], secrets),
    ...(secretsKeyArns.length === 0
      ? []
      : [
          allow('OpenSecrets', ['kms:Decrypt'], secretsKeyArns, [
            when(
              'StringEquals',
              'kms:ViaService',
              `secretsmanager.${surroundings.region}.${surroundings.dnsSuffix}`,
            ),
            when('StringEquals', 'kms:EncryptionContext:SecretARN', ...secrets),
          ]),
        ]),
  ];
}
