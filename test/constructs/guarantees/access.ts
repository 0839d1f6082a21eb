import type { DataAwsIamPolicyDocument } from '@cdktf/provider-aws/lib/data-aws-iam-policy-document';
import { resource, type Statement, statements } from '../../support/infra-stack';
import { anchoring, grantDocument, replicationDocument, arn, objects } from './full-stack';
import { type Guarantee, statement, change, conditionsOf, same, allStatements } from './guarantee';

const LOCK_BOUNDS = [
  'StringEquals s3:object-lock-mode COMPLIANCE',
  'NumericGreaterThanEquals s3:object-lock-remaining-retention-days ${(var.worm_retention_days - 1)}',
  'NumericLessThanEquals s3:object-lock-remaining-retention-days ${(var.worm_retention_days + 1)}',
];

export const access: readonly Guarantee[] = [
  {
    promise: 'nothing is allowed by a wildcard action, and no policy allows by exclusion',
    holds: (of) =>
      allStatements(of).every(
        (s) =>
          (s.effect === 'Deny' || s.actions.every((action) => !action.includes('*'))) &&
          !('not_actions' in s || 'not_resources' in s || 'not_principals' in s),
      ),
    breakIt: (of) => change(of, grantDocument('Write'), 'ReadBackAnchors', (s) => s.actions.push('s3:Get*')),
  },
  {
    promise: 'the writer has exactly the actions it needs: it deletes, holds and configures nothing',
    holds: (of) =>
      same([...statements(of, grantDocument('Write')).values()].flatMap((s) => s.actions).sort(), [
        'kms:Decrypt',
        'kms:GenerateDataKey',
        's3:GetBucketObjectLockConfiguration',
        's3:GetBucketVersioning',
        's3:GetObject',
        's3:GetObjectRetention',
        's3:GetObjectVersion',
        's3:ListBucket',
        's3:ListBucketVersions',
        's3:PutObject',
        's3:PutObjectRetention',
      ]),
    breakIt: (of) =>
      change(of, grantDocument('Write'), 'CreateAnchors', (s) => s.actions.push('s3:DeleteObject')),
  },
  {
    promise: 'the writer creates under the names of its chain only, once, encrypted and locked as demanded',
    holds: (of) => {
      const create = statement(of, grantDocument('Write'), 'CreateAnchors');
      const key = `\${aws_kms_key.${anchoring.key!.resource.friendlyUniqueId}.arn}`;
      return (
        same(create.resources, [
          `${arn('bucket')}/\${var.chain_id}/????/??/??/??/anchor-????????T??????Z.json`,
        ]) &&
        same(conditionsOf(create), [
          'Null s3:if-none-match false',
          'StringEquals s3:x-amz-server-side-encryption aws:kms',
          `StringEquals s3:x-amz-server-side-encryption-aws-kms-key-id ${key}`,
          ...LOCK_BOUNDS,
        ])
      );
    },
    breakIt: (of) =>
      change(of, grantDocument('Write'), 'CreateAnchors', (s) => {
        s.resources = objects('bucket');
      }),
  },
  {
    promise: 'the writer cannot lock an anchor for longer than the retention and a day',
    holds: (of) => same(conditionsOf(statement(of, grantDocument('Write'), 'SendRetention')), LOCK_BOUNDS),
    breakIt: (of) => change(of, grantDocument('Write'), 'SendRetention', (s) => s.condition.pop()),
  },
  {
    promise: 'the verifier reads and changes nothing, in both buckets',
    holds: (of) => {
      const replicaGrant = anchoring.node.findChild('ReplicaGrants').node.findChild('Verify').node;
      const documents = [
        grantDocument('Verify'),
        replicaGrant.findChild('Document') as DataAwsIamPolicyDocument,
      ];
      return documents.every((document) => {
        const actions = [...statements(of, document).values()].flatMap((s) => s.actions);
        return (
          actions.length > 10 && actions.every((action) => /^(s3:Get|s3:List|kms:Decrypt$)/.test(action))
        );
      });
    },
    breakIt: (of) =>
      change(of, grantDocument('Verify'), 'ReadAnchors', (s) => s.actions.push('s3:PutObjectLegalHold')),
  },
  {
    promise: 'auditors come from the named accounts, with the external id, and no role exists without them',
    holds: (of) => {
      const trust = anchoring.verifier.node.findChild('Trust') as DataAwsIamPolicyDocument;
      const s = statement(of, trust, 'AssumedByAuditors');
      const role = resource(of, 'aws_iam_role', 'Anchoring_Verifier_');
      return (
        same(s.principals, [{ identifiers: '${var.auditor_account_ids}', type: 'AWS' }]) &&
        same(conditionsOf(s), ['StringEquals sts:ExternalId ${var.auditor_external_id}']) &&
        String(role.count).startsWith('${(length(var.auditor_account_ids) >= 1) ? ') &&
        String(role.count).endsWith(' : 0}') &&
        role.max_session_duration === 43_200
      );
    },
    breakIt: (of) => {
      const trust = anchoring.verifier.node.findChild('Trust') as DataAwsIamPolicyDocument;
      change(of, trust, 'AssumedByAuditors', (s) => s.condition.pop());
    },
  },
  {
    promise: 'legal holds are in the hands of the custodian only',
    holds: (of) => {
      const own = new Set([grantDocument('Hold').friendlyUniqueId, replicationDocument.friendlyUniqueId]);
      return Object.entries(of.data.aws_iam_policy_document!).every(
        ([name, document]) =>
          own.has(name) ||
          (document.statement as Statement[]).every((s) => !s.actions.includes('s3:PutObjectLegalHold')),
      );
    },
    breakIt: (of) =>
      change(of, grantDocument('Write'), 'SendRetention', (s) => s.actions.push('s3:PutObjectLegalHold')),
  },
];
