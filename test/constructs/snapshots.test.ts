import { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import { TerraformElement, type TerraformStack } from 'cdktf';
import {
  AnchorBucket,
  AnchorBucketGrants,
  AuditAnchoring,
  ObjectLockRetention,
} from '../../constructs/index';
import { anchorStack, foreignStack, synthesise } from '../support/infra-stack';
import { COMPUTE_SETTINGS, FULL_SETTINGS } from '../support/terraform/full-stack';

/** A stack of somebody else that uses one construct, in a region of its own and with a role it has already. */
function foreign(): TerraformStack {
  const stack = foreignStack();
  const provider = new AwsProvider(stack, 'frankfurt', { alias: 'frankfurt', region: 'eu-central-1' });
  const bucket = new AnchorBucket(stack, 'AuditAnchors', {
    provider,
    bucketNamePrefix: 'billing-anchors',
    retention: ObjectLockRetention.complianceDays(2_557),
    deployRoleArn: 'arn:aws:iam::123456789012:role/deploy',
    tags: { Team: 'billing' },
  });
  const gateway = new IamRole(stack, 'gateway', { name: 'billing-gateway', assumeRolePolicy: '{}' });
  new AnchorBucketGrants(stack, 'AnchorAccess', { bucket }).write('Gateway', gateway, {
    chainIds: ['billing'],
  });
  return stack;
}

/** Subnets without a way to AWS's services. */
const CLOSED_SUBNETS = { interface_endpoints: true, route_table_ids: ['rtb-0a1b2c3d4e5f67890'] };

test.each<[string, () => TerraformStack]>([
  ['defaults', () => anchorStack()],
  ['replication on', () => anchorStack({ enable_replication: true })],
  ['existing gateway role', () => anchorStack({ gateway_role_name: 'gateway' })],
  ['SSE-S3', () => anchorStack({ encryption: 's3' })],
  ['lifecycle on', () => anchorStack({ archive_anchors: true, expire_anchors: true })],
  ['imported into a foreign stack', foreign],
  ['service', () => anchorStack(COMPUTE_SETTINGS)],
  ['scheduled', () => anchorStack({ ...COMPUTE_SETTINGS, anchor_mode: 'scheduled' })],
  ['full verification', () => anchorStack({ ...COMPUTE_SETTINGS, full_verification_tasks: 16 })],
  ['full', () => anchorStack({ ...FULL_SETTINGS, ...CLOSED_SUBNETS, dashboard: true, expire_anchors: true })],
])('%s', (_, build) => {
  expect(synthesise(build())).toMatchSnapshot();
});

/** Ids become Terraform addresses; a changed address replaces a bucket that cannot be emptied. */
test('construct ids', () => {
  const stack = anchorStack({ enable_replication: true, custodian_role_name: 'custodian' });
  const addresses = stack.node
    .findAll()
    .filter((node) => TerraformElement.isTerraformElement(node))
    .filter((element) => 'terraformResourceType' in element)
    .map(
      (element) =>
        `${element.node.path} -> ${String(element.terraformResourceType)}.${element.friendlyUniqueId}`,
    );
  expect(addresses.sort()).toMatchSnapshot();
});

test('one import of the package gives the whole pattern to a foreign stack', () => {
  const stack = foreignStack();
  const anchoring = new AuditAnchoring(stack, 'Anchoring', { environment: 'staging' });
  expect(anchoring.bucket.resource.friendlyUniqueId).toMatch(/^Anchoring_Bucket_[0-9A-F]{8}$/);
});
