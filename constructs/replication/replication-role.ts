import { DataAwsCallerIdentity } from '@cdktf/provider-aws/lib/data-aws-caller-identity';
import { DataAwsIamPolicyDocument } from '@cdktf/provider-aws/lib/data-aws-iam-policy-document';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy';
import { Construct } from 'constructs';
import { REPLICATE_FROM_BUCKET, REPLICATE_FROM_OBJECTS, REPLICATE_TO_OBJECTS } from '../access/permissions';
import { KEY_ACTIONS } from '../storage/anchor-key-reference';
import { allow, type PolicyStatement, when } from '../storage/policy-document';
import type { WormBucket } from '../storage/worm-bucket';
import { type Tags, tagsFor } from '../tags';

export interface ReplicationRoleProps {
  readonly roleName: string;
  readonly source: WormBucket;
  readonly tags: Tags | undefined;
}

/** The role S3 takes on to copy anchors. It can read the source, write the replica, and delete nowhere. */
export class ReplicationRole extends Construct {
  readonly resource: IamRole;
  private readonly source: WormBucket;

  constructor(scope: Construct, id: string, props: ReplicationRoleProps) {
    super(scope, id);
    this.source = props.source;
    const { provider } = props.source;
    const { accountId } = new DataAwsCallerIdentity(this, 'Caller', { provider });
    const trust = new DataAwsIamPolicyDocument(this, 'Trust', {
      provider,
      statement: [
        {
          sid: 'AssumedByReplication',
          effect: 'Allow',
          principals: [{ type: 'Service', identifiers: ['s3.amazonaws.com'] }],
          actions: ['sts:AssumeRole'],
          condition: [when('StringEquals', 'aws:SourceAccount', accountId)],
        },
      ],
    });
    this.resource = new IamRole(this, 'Resource', {
      provider,
      name: props.roleName,
      assumeRolePolicy: trust.json,
      tags: tagsFor(props.tags, props.roleName, 'Audit anchor replication'),
    });
  }

  /** Grants the copy into `replica`, on both buckets and both keys. */
  replicateTo(replica: WormBucket): IamRolePolicy {
    const { source, resource } = this;
    source.encryption.key?.allow('replicateFrom', resource.arn);
    replica.encryption.key?.allow('replicateTo', resource.arn);
    const document = new DataAwsIamPolicyDocument(this, 'Document', {
      provider: source.provider,
      statement: [
        allow('ReadSource', REPLICATE_FROM_BUCKET, [source.bucketArn]),
        allow('ReadSourceAnchors', REPLICATE_FROM_OBJECTS, [`${source.bucketArn}/*`]),
        allow('WriteReplica', REPLICATE_TO_OBJECTS, [`${replica.bucketArn}/*`]),
        ...keyStatement('DecryptSource', source, KEY_ACTIONS.replicateFrom),
        ...keyStatement('EncryptReplica', replica, KEY_ACTIONS.replicateTo),
      ],
    });
    return new IamRolePolicy(this, 'Policy', {
      provider: source.provider,
      name: 'audit-anchor-replication',
      role: resource.name,
      policy: document.json,
    });
  }
}

function keyStatement(sid: string, bucket: WormBucket, actions: readonly string[]): PolicyStatement[] {
  const { key } = bucket.encryption;
  if (!key) return [];
  return [
    allow(
      sid,
      actions,
      [key.keyArn],
      [
        when('StringEquals', 'kms:ViaService', key.viaService),
        when('StringLike', 'kms:EncryptionContext:aws:s3:arn', bucket.bucketArn, `${bucket.bucketArn}/*`),
      ],
    ),
  ];
}
