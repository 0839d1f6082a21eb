import type { DataAwsIamPolicyDocument } from '@cdktf/provider-aws/lib/data-aws-iam-policy-document';
import { TerraformElement, TerraformResource } from 'cdktf';
import type { AnchorKey } from '../../../constructs/storage/anchor-key';
import { anchorStack, synthesise } from '../../support/infra-stack';
import { COMPUTE_SETTINGS } from '../../support/terraform/full-stack';

/** The stack with everything that can be switched on, its JSON, and its parts by name. */
export const BREAK_GLASS = 'arn:aws:iam::123456789012:role/break-glass';
export const DEPLOYER = '${coalesce(var.deploy_role_arn, data.aws_iam_session_context.Deployer.issuer_arn)}';

export const stack = anchorStack({
  enable_replication: true,
  expire_anchors: true,
  custodian_role_name: 'custodian',
  break_glass_role_arn: BREAK_GLASS,
  ...COMPUTE_SETTINGS,
  anchor_mode: 'scheduled',
  interface_endpoints: true,
  route_table_ids: ['rtb-0a1b2c3d4e5f67890'],
  dashboard: true,
});
export const json = synthesise(stack);

export const { anchoring } = stack;
export const replica = anchoring.replica!;
export const replicaKey = replica.node.findChild('Key') as AnchorKey;

/** Parts of Terraform addresses. */
export const BUCKET = 'Anchoring_Bucket';
export const REPLICA = 'Anchoring_Replica_Bucket';
export const LOGS = 'Anchoring_AccessLogs';
export const WORM = [BUCKET, REPLICA];

export const bucketPolicy = anchoring.bucket.policy.document;
export const replicaPolicy = replica.bucket.policy.document;
export const logsPolicy = anchoring.accessLogs!.policy.document;
export const keyPolicies = [anchoring.key!.policyDocument, replicaKey.policyDocument];
export const replicationDocument = replica.role.node.findChild('Document') as DataAwsIamPolicyDocument;

export function grantDocument(id: string): DataAwsIamPolicyDocument {
  return anchoring.grants.node.findChild(id).node.findChild('Document') as DataAwsIamPolicyDocument;
}

type BucketName = 'bucket' | 'replica' | 'logs';

export function arn(name: BucketName): string {
  const made = { bucket: anchoring.bucket, replica: replica.bucket, logs: anchoring.accessLogs! }[name];
  return `\${aws_s3_bucket.${made.resource.friendlyUniqueId}.arn}`;
}

export function objects(name: BucketName): string[] {
  return [`${arn(name)}/*`];
}

export function everything(name: BucketName): string[] {
  return [arn(name), ...objects(name)];
}

/** Resources whose generated class knows the argument `tags`. */
export function taggable(): { type: string; name: string }[] {
  return stack.node
    .findAll()
    .filter((node) => TerraformResource.isTerraformResource(node))
    .filter((node) => TerraformElement.isTerraformElement(node) && 'tagsInput' in node)
    .map((made) => ({ type: made.terraformResourceType, name: made.friendlyUniqueId }));
}
