import type { DataAwsIamPolicyDocument } from '@cdktf/provider-aws/lib/data-aws-iam-policy-document';
import { resource, statements } from '../../support/infra-stack';
import { replica, replicaKey, replicationDocument } from './full-stack';
import { type Guarantee, statement, change, conditionsOf, same, block } from './guarantee';

export const replication: readonly Guarantee[] = [
  {
    promise: 'replication is a V2 rule that copies KMS objects under the replica key and no delete markers',
    holds: (of) => {
      const rule = block(resource(of, 'aws_s3_bucket_replication_configuration'), 'rule', 0);
      return (
        rule.status === 'Enabled' &&
        same(rule.filter, {}) &&
        rule.priority === 1 &&
        same(rule.delete_marker_replication, { status: 'Disabled' }) &&
        same(rule.source_selection_criteria, { sse_kms_encrypted_objects: { status: 'Enabled' } }) &&
        block(rule, 'destination', 'encryption_configuration').replica_kms_key_id ===
          `\${aws_kms_key.${replicaKey.resource.friendlyUniqueId}.arn}`
      );
    },
    breakIt: (of) => {
      delete block(resource(of, 'aws_s3_bucket_replication_configuration'), 'rule', 0).filter;
    },
  },
  {
    promise: 'the replication role deletes nothing and is used by S3 for this account only',
    holds: (of) => {
      const actions = [...statements(of, replicationDocument).values()].flatMap((s) => s.actions);
      const trust = replica.role.node.findChild('Trust') as DataAwsIamPolicyDocument;
      const s = statement(of, trust, 'AssumedByReplication');
      return (
        actions.includes('s3:ReplicateObject') &&
        actions.every((action) => !action.includes('Delete')) &&
        same(s.principals, [{ identifiers: ['s3.amazonaws.com'], type: 'Service' }]) &&
        conditionsOf(s).some((condition) => condition.startsWith('StringEquals aws:SourceAccount'))
      );
    },
    breakIt: (of) =>
      change(of, replicationDocument, 'WriteReplica', (s) => s.actions.push('s3:ReplicateDelete')),
  },
  {
    promise: 'everything of the replica is made in the DR region',
    holds: (of) =>
      [
        'aws_s3_bucket',
        'aws_s3_bucket_policy',
        'aws_kms_key',
        'aws_kms_alias',
        'aws_s3_bucket_versioning',
      ].every((type) =>
        Object.entries(of.resource[type]!).every(
          ([name, made]) => name.includes('Replica') === (made.provider === 'aws.dr_region'),
        ),
      ),
    breakIt: (of) => delete resource(of, 'aws_s3_bucket_policy', 'Replica').provider,
  },
];
