import type { ITerraformDependable, TerraformProvider } from 'cdktf';
import type { Construct } from 'constructs';
import type { AnchorEncryption } from './anchor-encryption';
import { BucketPolicy } from './bucket-policy';
import {
  denyConfigurationChange,
  denyDelete,
  denyInsecureTransport,
  denyReplicateIn,
  denyUnconditionalCreate,
  denyWeakLock,
  denyWrongEncryption,
} from './deny-statements';
import type { ObjectLockRetention } from './object-lock-retention';
import type { PolicyStatement } from './policy-document';

export interface AnchorBucketPolicyProps {
  readonly bucketName: string;
  readonly bucketArn: string;
  readonly encryption: AnchorEncryption;
  readonly retention: ObjectLockRetention;

  /** ARN of the only principal that may change the bucket's configuration afterwards. */
  readonly deployRoleArn: string;

  /**
   * Further statements, for example an Allow for another account.
   *
   * @default - only the statements that guard anchors
   */
  readonly additionalStatements?: readonly PolicyStatement[];

  /**
   * Provider of the bucket.
   *
   * @default - the stack's default AWS provider
   */
  readonly provider?: TerraformProvider;

  /** What has to be there before the policy. @default - the bucket only */
  readonly dependsOn?: ITerraformDependable[];
}

/**
 * Bucket policy of an anchor bucket. It allows nothing: it denies everyone what would weaken an anchor,
 * whatever their own policies say. Object Lock keeps what is there; the policy keeps what arrives right.
 */
export class AnchorBucketPolicy extends BucketPolicy {
  /** @throws ConstructError `PROPS_INVALID` */
  constructor(scope: Construct, id: string, props: AnchorBucketPolicyProps) {
    super(scope, id, { ...props, statements: anchorStatements(props) });
  }
}

function anchorStatements(props: AnchorBucketPolicyProps): PolicyStatement[] {
  const { bucketArn, encryption, retention, deployRoleArn } = props;
  return [
    denyInsecureTransport(bucketArn),
    ...denyWrongEncryption(bucketArn, encryption),
    ...denyWeakLock(bucketArn, retention),
    denyUnconditionalCreate(bucketArn),
    denyDelete(bucketArn),
    denyReplicateIn(bucketArn),
    denyConfigurationChange(bucketArn, deployRoleArn),
  ];
}
