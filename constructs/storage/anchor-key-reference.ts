import { DataAwsPartition } from '@cdktf/provider-aws/lib/data-aws-partition';
import { DataAwsRegion } from '@cdktf/provider-aws/lib/data-aws-region';
import type { TerraformProvider } from 'cdktf';
import { Construct } from 'constructs';
import { PropCheck, type TextRule } from '../validation';

/** What a principal does with the key; each is granted exactly the actions that S3 needs for it. */
export type KeyUse = 'write' | 'read' | 'replicateFrom' | 'replicateTo';

/** KMS actions per use. S3 calls them on behalf of the principal. */
export const KEY_ACTIONS: Readonly<Record<KeyUse, readonly string[]>> = {
  // Decrypt: S3 opens the data key to check what it stored, and the writer reads its anchors back.
  write: ['kms:GenerateDataKey', 'kms:Decrypt'],
  read: ['kms:Decrypt'],
  replicateFrom: ['kms:Decrypt'],
  replicateTo: ['kms:Encrypt', 'kms:GenerateDataKey', 'kms:Decrypt'],
};

/** A KMS key as buckets and grants see it. */
export interface IAnchorKey {
  /** Full ARN, `arn:aws:kms:REGION:ACCOUNT:key/ID`; never an alias, which a policy cannot pin. */
  readonly keyArn: string;
  /** `s3.REGION.amazonaws.com`: the only service through which the key may be used. */
  readonly viaService: string;
  /** Names a role in the key policy. Does nothing for a key whose policy is managed elsewhere. */
  allow(use: KeyUse, roleArn: string): void;
}

export interface ExistingAnchorKeyProps {
  /** Full ARN of the key; an alias is refused, because S3 compares key ARNs. */
  readonly keyArn: string;

  /**
   * Provider of the key's region.
   *
   * @default - the stack's default AWS provider
   */
  readonly provider?: TerraformProvider;
}

export const KEY_ARN: TextRule = {
  test: (arn) => /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/.test(arn),
  allowed: 'the full ARN of a KMS key, arn:aws:kms:REGION:ACCOUNT:key/ID',
};

/**
 * A KMS key that is managed elsewhere. Its policy has to let the writer use `kms:GenerateDataKey` and
 * `kms:Decrypt`, and readers `kms:Decrypt`; nothing here can see or change it.
 */
export class ExistingAnchorKey extends Construct implements IAnchorKey {
  readonly keyArn: string;
  readonly viaService: string;

  /** @throws ConstructError `PROPS_INVALID` */
  constructor(scope: Construct, id: string, props: ExistingAnchorKeyProps) {
    super(scope, id);
    new PropCheck(this)
      .text('keyArn', props.keyArn, KEY_ARN, 'look the ARN up with "aws kms describe-key"')
      .throwIfAny();
    this.keyArn = props.keyArn;
    const { provider } = props;
    this.viaService = s3ServiceName(
      new DataAwsRegion(this, 'Region', { provider }),
      new DataAwsPartition(this, 'Partition', { provider }),
    );
  }

  allow(): void {
    // The policy of this key belongs to whoever made it.
  }
}

/** Name under which KMS sees S3 in a region. */
export function s3ServiceName(region: DataAwsRegion, partition: DataAwsPartition): string {
  // `id` is the region's name in AWS provider 5 and 6; `region` exists in 6 only, `name` is deprecated there.
  return `s3.${region.id}.${partition.dnsSuffix}`;
}
