import type { TerraformProvider } from 'cdktf';
import type { Construct } from 'constructs';
import type { AnchorEncryption } from '../storage/anchor-encryption';
import { AnchorLifecycle } from '../storage/anchor-lifecycle';
import { BucketPolicy } from '../storage/bucket-policy';
import {
  denyConfigurationChange,
  denyDelete,
  denyForeignWrites,
  denyInsecureTransport,
} from '../storage/deny-statements';
import type { ObjectLockRetention } from '../storage/object-lock-retention';
import type { PolicyStatement } from '../storage/policy-document';
import { WormBucket } from '../storage/worm-bucket';
import type { Tags } from '../tags';

export interface ReplicaBucketProps {
  readonly bucketName: string;
  readonly retention: ObjectLockRetention;
  readonly encryption: AnchorEncryption;
  readonly replicationRoleArn: string;
  readonly deployRoleArn: string;
  readonly expireAfterRetention: boolean | undefined;
  readonly additionalPolicyStatements: readonly PolicyStatement[] | undefined;
  readonly tags: Tags | undefined;
  readonly provider: TerraformProvider;
}

/** WORM bucket into which only replication writes. */
export class ReplicaBucket extends WormBucket {
  readonly policy: BucketPolicy;
  readonly lifecycle: AnchorLifecycle;

  constructor(scope: Construct, id: string, props: ReplicaBucketProps) {
    super(scope, id, () => ({ ...props, displayName: props.bucketName, environment: undefined }));
    const { bucketArn, bucketName } = this;
    this.policy = this.inOrder(
      (order) =>
        new BucketPolicy(this, 'Policy', {
          ...order,
          bucketName,
          statements: [
            denyInsecureTransport(bucketArn),
            denyForeignWrites(bucketArn, props.replicationRoleArn),
            denyDelete(bucketArn),
            denyConfigurationChange(bucketArn, props.deployRoleArn),
          ],
          additionalStatements: props.additionalPolicyStatements,
        }),
    );
    this.lifecycle = this.inOrder(
      (order) =>
        new AnchorLifecycle(this, 'Lifecycle', {
          ...order,
          bucketName,
          retention: props.retention,
          expireAfterRetention: props.expireAfterRetention,
        }),
    );
  }
}
