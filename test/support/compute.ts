import type { TerraformStack } from 'cdktf';
import { TaskPlatform, type TaskPlatformProps } from '../../constructs/compute/platform/task-platform';
import { AnchorBucket, type AnchorBucketProps } from '../../constructs/storage/anchor-bucket';
import { foreignStack } from './infra-stack';

export const DATABASE = 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:writer-a1b2C3';
export const READ_ONLY = 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:verifier-a1b2C3';
export const HMAC = 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:hmac-a1b2C3';

export const PLATFORM: TaskPlatformProps = {
  environment: 'staging',
  image: 'registry.example.com/audit-anchor:1.0.0',
  vpcId: 'vpc-0a1b2c3d4e5f67890',
  subnetIds: ['subnet-0a1b2c3d4e5f67890'],
};

/** A stack with a platform, some of whose props are changed. */
export function platformIn(
  props: Partial<TaskPlatformProps> = {},
  stack: TerraformStack = foreignStack(),
): { stack: TerraformStack; platform: TaskPlatform } {
  return { stack, platform: new TaskPlatform(stack, 'Platform', { ...PLATFORM, ...props }) };
}

/** A bucket for anchors. */
export function bucketIn(stack: TerraformStack, props: Partial<AnchorBucketProps> = {}): AnchorBucket {
  return new AnchorBucket(stack, 'Anchors', {
    bucketName: 'anchors',
    deployRoleArn: 'arn:aws:iam::111122223333:role/deploy',
    ...props,
  });
}
