import { DataAwsCallerIdentity } from '@cdktf/provider-aws/lib/data-aws-caller-identity';
import { DataAwsIamPolicyDocument } from '@cdktf/provider-aws/lib/data-aws-iam-policy-document';
import { DataAwsPartition } from '@cdktf/provider-aws/lib/data-aws-partition';
import { DataAwsRegion } from '@cdktf/provider-aws/lib/data-aws-region';
import { KmsAlias } from '@cdktf/provider-aws/lib/kms-alias';
import { KmsKey } from '@cdktf/provider-aws/lib/kms-key';
import type { TerraformProvider } from 'cdktf';
import { Construct } from 'constructs';
import { type Tags, tagsFor } from '../tags';
import { PropCheck, type TextRule } from '../validation';
import {
  administrationStatements,
  DELETION_WINDOW_DAYS,
  type KeyPolicyContext,
  useStatement,
} from './anchor-key-policy';
import { type IAnchorKey, type KeyUse, s3ServiceName } from './anchor-key-reference';
import { PRINCIPAL_ARN, PRINCIPAL_ARN_FIX } from './role-arn';

export interface AnchorKeyProps {
  /**
   * Name after `alias/`.
   *
   * @default - `audit-anchors`
   */
  readonly aliasName?: string;

  /**
   * What the key is for, shown in the console.
   *
   * @default - `Audit anchor encryption`
   */
  readonly description?: string;

  /**
   * ARN of the only role that may schedule the key's deletion, disable it or switch its rotation off; even
   * this role has to leave the full 30 days.
   *
   * @default - nobody may
   */
  readonly breakGlassRoleArn?: string;

  /**
   * ARN of the role that deploys. Together with `breakGlassRoleArn` the two become the only principals that
   * may change the key policy; KMS lets nobody around a key policy, so one role alone is not trusted with it.
   *
   * @default - every principal of the account whose IAM policies allow it may change the key policy
   */
  readonly deployRoleArn?: string;

  /**
   * Tags of the key.
   *
   * @default - only `Name` and `Purpose`, which are always set
   */
  readonly tags?: Tags;

  /**
   * Provider that makes the key; its region has to be the bucket's.
   *
   * @default - the stack's default AWS provider
   */
  readonly provider?: TerraformProvider;
}

const ALIAS_NAME: TextRule = {
  test: (name) => /^(?!aws\/)[A-Za-z0-9/_-]{1,250}$/.test(name),
  allowed: '1 to 250 of A-Z, a-z, 0-9, "/", "_" and "-", not beginning with "aws/"',
};

/** Faults of the props, also for those who compose this construct. */
export function checkAnchorKeyProps(check: PropCheck, props: AnchorKeyProps): void {
  check
    .text('aliasName', props.aliasName, ALIAS_NAME, 'give the name without "alias/" before it')
    .text('breakGlassRoleArn', props.breakGlassRoleArn, PRINCIPAL_ARN, PRINCIPAL_ARN_FIX)
    .text('deployRoleArn', props.deployRoleArn, PRINCIPAL_ARN, PRINCIPAL_ARN_FIX);
}

/**
 * KMS key for anchors: rotated every year, usable by named roles through S3 only, and guarded against the
 * deletion that would make locked anchors unreadable.
 *
 * Child ids (`Resource`, `Alias`, `Policy`) are a public contract: changing one would replace the key.
 */
export class AnchorKey extends Construct implements IAnchorKey {
  readonly keyArn: string;
  readonly viaService: string;
  readonly resource: KmsKey;
  readonly alias: KmsAlias;
  /** The key policy; to change more than its statements, use its escape hatches. */
  readonly policyDocument: DataAwsIamPolicyDocument;

  private readonly context: KeyPolicyContext;
  private readonly uses = new Map<KeyUse, string[]>();

  /** @throws ConstructError `PROPS_INVALID` */
  constructor(scope: Construct, id: string, props: AnchorKeyProps = {}) {
    super(scope, id);
    const check = new PropCheck(this);
    checkAnchorKeyProps(check, props);
    check.throwIfAny();

    const { provider, aliasName = 'audit-anchors' } = props;
    const { accountId } = new DataAwsCallerIdentity(this, 'Caller', { provider });
    const partition = new DataAwsPartition(this, 'Partition', { provider });
    this.viaService = s3ServiceName(new DataAwsRegion(this, 'Region', { provider }), partition);
    this.context = {
      accountId,
      accountRootArn: `arn:${partition.partition}:iam::${accountId}:root`,
      viaService: this.viaService,
      breakGlassRoleArn: props.breakGlassRoleArn,
      deployRoleArn: props.deployRoleArn,
    };
    this.policyDocument = new DataAwsIamPolicyDocument(this, 'Policy', {
      provider,
      statement: this.statements(),
    });
    this.resource = new KmsKey(this, 'Resource', {
      provider,
      description: props.description ?? 'Audit anchor encryption',
      enableKeyRotation: true,
      deletionWindowInDays: DELETION_WINDOW_DAYS,
      // Inside the key, not as aws_kms_key_policy: Terraform destroys that one first, and the key would
      // lose its Deny just before Terraform asks for its deletion.
      policy: this.policyDocument.json,
      tags: tagsFor(props.tags, aliasName, 'WORM audit log anchoring'),
      lifecycle: { preventDestroy: true },
    });
    this.keyArn = this.resource.arn;
    this.alias = new KmsAlias(this, 'Alias', {
      provider,
      name: `alias/${aliasName}`,
      targetKeyId: this.resource.keyId,
    });
  }

  /** Names a role of this account in the key policy; its own policy has to allow the same actions. */
  allow(use: KeyUse, roleArn: string): void {
    const roles = this.uses.get(use) ?? [];
    if (!roles.includes(roleArn)) this.uses.set(use, [...roles, roleArn]);
    this.policyDocument.putStatement(this.statements());
  }

  private statements() {
    const uses = [...this.uses].map(([use, roles]) => useStatement(this.context, use, roles));
    return [...administrationStatements(this.context), ...uses];
  }
}
