import { DataAwsIamPolicyDocument } from '@cdktf/provider-aws/lib/data-aws-iam-policy-document';
import { S3BucketPolicy } from '@cdktf/provider-aws/lib/s3-bucket-policy';
import type { ITerraformDependable, TerraformProvider } from 'cdktf';
import { Construct } from 'constructs';
import { PropCheck, quoted } from '../validation';
import { type PolicyStatement, repeatedSids } from './policy-document';

export interface BucketPolicyProps {
  readonly bucketName: string;
  readonly statements: readonly PolicyStatement[];
  /** Statements of the caller, after ours. */
  readonly additionalStatements?: readonly PolicyStatement[];
  readonly provider?: TerraformProvider;
  readonly dependsOn?: ITerraformDependable[];
}

/** Records a sid that the caller's statements share with ours or with each other. */
export function checkAdditionalStatements(
  check: PropCheck,
  prop: string,
  own: readonly PolicyStatement[],
  additional: readonly PolicyStatement[] | undefined,
): void {
  for (const sid of repeatedSids(own, additional)) {
    check.rule(false, {
      prop,
      found: `a second statement with sid ${quoted(sid)}`,
      allowed: 'sids that occur once in the policy',
      fix: 'rename the statement or leave its sid out',
    });
  }
}

/** The one policy of a bucket. Statements can still be added until the stack is synthesised. */
export class BucketPolicy extends Construct {
  readonly document: DataAwsIamPolicyDocument;
  readonly resource: S3BucketPolicy;
  private readonly statements: PolicyStatement[];

  /** @throws ConstructError `PROPS_INVALID` */
  constructor(scope: Construct, id: string, props: BucketPolicyProps) {
    super(scope, id);
    const { provider, bucketName, statements, additionalStatements = [], dependsOn } = props;
    const check = new PropCheck(this);
    checkAdditionalStatements(check, 'additionalPolicyStatements', statements, additionalStatements);
    check.throwIfAny();

    this.statements = [...statements, ...additionalStatements];
    this.document = new DataAwsIamPolicyDocument(this, 'Document', {
      provider,
      statement: [...this.statements],
    });
    this.resource = new S3BucketPolicy(this, 'Resource', {
      provider,
      dependsOn,
      bucket: bucketName,
      policy: this.document.json,
    });
  }

  /**
   * Adds a statement. Their order has no meaning: what a Deny forbids, no Allow brings back.
   * @throws ConstructError `CALL_INVALID` when its sid is taken
   */
  add(statement: PolicyStatement): void {
    const check = new PropCheck(this);
    checkAdditionalStatements(check, 'statement', this.statements, [statement]);
    check.throwIfAny('CALL_INVALID');
    this.statements.unshift(statement);
    this.document.putStatement([...this.statements]);
  }
}
