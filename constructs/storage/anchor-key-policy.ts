import { KEY_ACTIONS, type KeyUse } from './anchor-key-reference';
import { denyEveryone, type PolicyStatement, when } from './policy-document';

/** Waiting time that KMS keeps before it deletes a key, in days; the longest there is. */
export const DELETION_WINDOW_DAYS = 30;

/**
 * Administration without use: no Encrypt, Decrypt, GenerateDataKey or ReEncrypt, and no CreateGrant, which
 * would hand out use.
 */
const ADMINISTRATION = [
  'kms:DescribeKey',
  'kms:GetKeyPolicy',
  'kms:GetKeyRotationStatus',
  'kms:ListKeyPolicies',
  'kms:ListKeyRotations',
  'kms:ListResourceTags',
  'kms:ListGrants',
  'kms:RevokeGrant',
  'kms:PutKeyPolicy',
  'kms:UpdateKeyDescription',
  'kms:EnableKey',
  'kms:DisableKey',
  'kms:EnableKeyRotation',
  'kms:DisableKeyRotation',
  'kms:RotateKeyOnDemand',
  'kms:TagResource',
  'kms:UntagResource',
  'kms:CreateAlias',
  'kms:UpdateAlias',
  'kms:DeleteAlias',
  'kms:ScheduleKeyDeletion',
  'kms:CancelKeyDeletion',
];

/** Everything that can make locked anchors unreadable. */
const DESTRUCTION = [
  'kms:ScheduleKeyDeletion',
  'kms:DisableKey',
  'kms:DeleteImportedKeyMaterial',
  'kms:DisableKeyRotation',
];

export interface KeyPolicyContext {
  readonly accountId: string;
  /** `arn:PARTITION:iam::ACCOUNT:root` */
  readonly accountRootArn: string;
  readonly viaService: string;
  readonly breakGlassRoleArn: string | undefined;
  readonly deployRoleArn: string | undefined;
}

/** Administration by the account's IAM policies, and what even administrators may not do. */
export function administrationStatements(context: KeyPolicyContext): PolicyStatement[] {
  const { accountRootArn, breakGlassRoleArn, deployRoleArn } = context;
  const statements: PolicyStatement[] = [
    {
      sid: 'AdministerThroughIam',
      effect: 'Allow',
      principals: [{ type: 'AWS', identifiers: [accountRootArn] }],
      actions: ADMINISTRATION,
      resources: ['*'],
    },
    denyEveryone('DenyKeyDestruction', DESTRUCTION, ['*'], exceptFor(breakGlassRoleArn)),
    denyEveryone(
      'DenyShortDeletionWindow',
      ['kms:ScheduleKeyDeletion'],
      ['*'],
      [when('NumericLessThan', 'kms:ScheduleKeyDeletionPendingWindowInDays', String(DELETION_WINDOW_DAYS))],
    ),
  ];
  // KMS has no way around a key policy, not even for root. So changes are pinned to the deploy role only
  // when a second role can still make them.
  if (breakGlassRoleArn !== undefined && deployRoleArn !== undefined) {
    statements.push(
      denyEveryone(
        'DenyKeyPolicyChange',
        ['kms:PutKeyPolicy'],
        ['*'],
        exceptFor(deployRoleArn, breakGlassRoleArn),
      ),
    );
  }
  return statements;
}

/**
 * Use of the key by named roles, through S3 and within the account only. The roles are compared as
 * `aws:PrincipalArn`, not named as principals: KMS would replace a principal by an internal id, and a role
 * that is made again under the same name would be locked out.
 */
export function useStatement(
  context: KeyPolicyContext,
  use: KeyUse,
  roleArns: readonly string[],
): PolicyStatement {
  return {
    sid: `Allow${use.charAt(0).toUpperCase()}${use.slice(1)}`,
    effect: 'Allow',
    principals: [{ type: 'AWS', identifiers: [context.accountRootArn] }],
    actions: [...KEY_ACTIONS[use]],
    resources: ['*'],
    condition: [
      when('ArnEquals', 'aws:PrincipalArn', ...roleArns),
      when('StringEquals', 'kms:ViaService', context.viaService),
      when('StringEquals', 'kms:CallerAccount', context.accountId),
    ],
  };
}

function exceptFor(...roleArns: (string | undefined)[]) {
  const known = roleArns.filter((arn) => arn !== undefined);
  return known.length > 0 ? [when('ArnNotEquals', 'aws:PrincipalArn', ...known)] : [];
}
