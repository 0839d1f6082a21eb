import { resource, statements } from '../../support/infra-stack';
import { keyPolicies, BREAK_GLASS } from './full-stack';
import { type Guarantee, statement, change, deniesEveryone, conditionsOf } from './guarantee';

/** Actions that use a key, or hand out its use. */
const KEY_USE = /^kms:(Encrypt|Decrypt|ReEncrypt|GenerateDataKey|CreateGrant|GenerateMac|Sign)/;

export const keys: readonly Guarantee[] = [
  {
    promise: 'keys are rotated, wait 30 days before deletion, and carry their policy themselves',
    holds: (of) =>
      Object.values(of.resource.aws_kms_key!).every(
        (key, index) =>
          key.enable_key_rotation === true &&
          key.deletion_window_in_days === 30 &&
          key.policy === `\${data.aws_iam_policy_document.${keyPolicies[index]!.friendlyUniqueId}.json}`,
      ) && of.resource.aws_kms_key_policy === undefined,
    breakIt: (of) => delete resource(of, 'aws_kms_key', 'Anchoring_Key').policy,
  },
  {
    promise: 'only the break-glass role makes a key unusable',
    holds: (of) =>
      keyPolicies.every((document) =>
        deniesEveryone(
          statement(of, document, 'DenyKeyDestruction'),
          [
            'kms:ScheduleKeyDeletion',
            'kms:DisableKey',
            'kms:DeleteImportedKeyMaterial',
            'kms:DisableKeyRotation',
          ],
          ['*'],
          [`ArnNotEquals aws:PrincipalArn ${BREAK_GLASS}`],
        ),
      ),
    breakIt: (of) => change(of, keyPolicies[1]!, 'DenyKeyDestruction', (s) => s.actions.shift()),
  },
  {
    promise: 'nobody deletes a key in fewer than 30 days',
    holds: (of) =>
      keyPolicies.every((document) =>
        deniesEveryone(
          statement(of, document, 'DenyShortDeletionWindow'),
          ['kms:ScheduleKeyDeletion'],
          ['*'],
          ['NumericLessThan kms:ScheduleKeyDeletionPendingWindowInDays 30'],
        ),
      ),
    breakIt: (of) =>
      change(of, keyPolicies[0]!, 'DenyShortDeletionWindow', (s) => {
        s.condition[0]!.values = ['7'];
      }),
  },
  {
    promise:
      'keys are used by named roles only, through S3 only, from this account only; administrators cannot use them',
    holds: (of) =>
      keyPolicies.every((document) =>
        [...statements(of, document).values()]
          .filter(
            (s) =>
              s.effect === 'Allow' &&
              s.actions.some((action) => action.includes('*') || KEY_USE.test(action)),
          )
          .every((s) =>
            [
              'ArnEquals aws:PrincipalArn',
              'StringEquals kms:ViaService',
              'StringEquals kms:CallerAccount',
            ].every((wanted) => conditionsOf(s).some((condition) => condition.startsWith(wanted))),
          ),
      ),
    breakIt: (of) =>
      change(of, keyPolicies[0]!, 'AdministerThroughIam', (s) => s.actions.push('kms:CreateGrant')),
  },
];
