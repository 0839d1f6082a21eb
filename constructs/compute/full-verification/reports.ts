import { DataAwsIamPolicyDocument } from '@cdktf/provider-aws/lib/data-aws-iam-policy-document';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy';
import { Construct } from 'constructs';
import { SHARD_NUMBERS } from '../../../runtime/contract';
import type { GranteeRole } from '../../access/grantee-role';
import { encryptionHeaders, keyStatements, lockBounds } from '../../access/bucket-conditions';
import { CREATE_ANCHORS, LIST_ANCHORS, READ_BACK_ANCHORS, SEND_RETENTION } from '../../access/permissions';
import { AnchorBucket } from '../../storage/anchor-bucket';
import type { KeyUse } from '../../storage/anchor-key-reference';
import { allow, type PolicyStatement, when } from '../../storage/policy-document';
import type { WormBucket } from '../../storage/worm-bucket';
import type { FullVerificationProps } from './full-verification-props';

const DEFAULT_PREFIX = 'full-verification/';
const NEW_BUCKET_PREFIX = 'audit-verification-reports';

/**
 * Where plans, partial reports and reports are kept: written once, locked as long as anchors, and never replaced.
 * Child `Bucket` is a public contract.
 */
export class FullVerificationReports extends Construct {
  readonly bucket: WormBucket;
  readonly prefix: string;

  constructor(scope: Construct, id: string, props: FullVerificationProps) {
    super(scope, id);
    const { reports, reportsBucketName, bucket, platform } = props;
    this.prefix = reports?.prefix ?? DEFAULT_PREFIX;
    this.bucket =
      reports?.bucket ??
      new AnchorBucket(this, 'Bucket', {
        ...(reportsBucketName === undefined
          ? { bucketNamePrefix: NEW_BUCKET_PREFIX }
          : { bucketName: reportsBucketName }),
        environment: platform.environment,
        retention: bucket.retention,
        encryption: bucket.encryption,
        // Reports are evidence of verifications, not of events: they may go when their lock is over.
        expireAfterRetention: true,
        deployRoleArn: bucket instanceof AnchorBucket ? bucket.deployRoleArn : undefined,
        tags: platform.tags,
        provider: bucket.provider,
      });
  }

  /** Lets the role of the tasks keep reports, each once, and read them. */
  grantTasks(role: GranteeRole): IamRolePolicy {
    const objects = `${this.bucket.bucketArn}/${this.prefix}*`;
    return this.grant('Tasks', role, 'write', 'audit-anchor-full-verify-reports', [
      allow(
        'CreateReports',
        CREATE_ANCHORS,
        [objects],
        [
          when('Null', 's3:if-none-match', 'false'),
          ...encryptionHeaders(this.bucket),
          ...lockBounds(this.bucket),
        ],
      ),
      allow('SendRetention', SEND_RETENTION, [objects], lockBounds(this.bucket)),
      allow('ReadReports', READ_BACK_ANCHORS, [objects]),
      allow(
        'ListReports',
        LIST_ANCHORS,
        [this.bucket.bucketArn],
        [when('StringLike', 's3:prefix', `${this.prefix}*`)],
      ),
    ]);
  }

  /** Lets the role of the state machine read which shards there are. */
  grantStateMachine(role: GranteeRole): IamRolePolicy {
    const numbers = `${this.bucket.bucketArn}/${this.prefix}*/${SHARD_NUMBERS}`;
    return this.grant('StateMachine', role, 'read', 'audit-anchor-full-verify-shards', [
      allow('ReadNumbersOfShards', ['s3:GetObject'], [numbers]),
    ]);
  }

  private grant(
    id: string,
    role: GranteeRole,
    use: KeyUse,
    policyName: string,
    statements: PolicyStatement[],
  ): IamRolePolicy {
    const scope = new Construct(this, id);
    const { provider, encryption } = this.bucket;
    encryption.key?.allow(use, role.roleArn);
    const document = new DataAwsIamPolicyDocument(scope, 'Document', {
      provider,
      statement: [...statements, ...keyStatements(this.bucket, use)],
    });
    return new IamRolePolicy(scope, 'Policy', {
      provider,
      name: policyName,
      role: role.roleName,
      policy: document.json,
    });
  }
}
