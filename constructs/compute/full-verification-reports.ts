import { DataAwsIamPolicyDocument } from '@cdktf/provider-aws/lib/data-aws-iam-policy-document';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy';
import { Construct } from 'constructs';
import { SHARD_NUMBERS } from '../../runtime/contract';
import type { GranteeRole } from '../access/grantee-role';
import { CREATE_ANCHORS, LIST_ANCHORS, READ_BACK_ANCHORS, SEND_RETENTION } from '../access/permissions';
import { AnchorBucket } from '../storage/anchor-bucket';
import { KEY_ACTIONS, type KeyUse } from '../storage/anchor-key-reference';
import { allow, type PolicyStatement, when } from '../storage/policy-document';
import type { WormBucket } from '../storage/worm-bucket';
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
        [when('Null', 's3:if-none-match', 'false'), ...this.encryptionHeaders(), ...this.lockBounds()],
      ),
      allow('SendRetention', SEND_RETENTION, [objects], this.lockBounds()),
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
      statement: [...statements, ...this.keyStatements(use)],
    });
    return new IamRolePolicy(scope, 'Policy', {
      provider,
      name: policyName,
      role: role.roleName,
      policy: document.json,
    });
  }

  private encryptionHeaders() {
    const { algorithm, key } = this.bucket.encryption;
    return key
      ? [
          when('StringEquals', 's3:x-amz-server-side-encryption', algorithm),
          when('StringEquals', 's3:x-amz-server-side-encryption-aws-kms-key-id', key.keyArn),
        ]
      : [when('StringEqualsIfExists', 's3:x-amz-server-side-encryption', algorithm)];
  }

  private lockBounds() {
    const { mode, fewestRemainingDays, mostRemainingDays } = this.bucket.retention;
    const days = 's3:object-lock-remaining-retention-days';
    return [
      when('StringEquals', 's3:object-lock-mode', mode),
      when('NumericGreaterThanEquals', days, fewestRemainingDays),
      when('NumericLessThanEquals', days, mostRemainingDays),
    ];
  }

  private keyStatements(use: KeyUse): PolicyStatement[] {
    const { bucketArn, encryption } = this.bucket;
    if (!encryption.key) return [];
    return [
      allow(
        'UseKey',
        KEY_ACTIONS[use],
        [encryption.key.keyArn],
        [
          when('StringEquals', 'kms:ViaService', encryption.key.viaService),
          when('StringLike', 'kms:EncryptionContext:aws:s3:arn', bucketArn, `${bucketArn}/*`),
        ],
      ),
    ];
  }
}
