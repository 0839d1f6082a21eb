import assert from 'node:assert/strict';
import * as sdk from '@aws-sdk/client-s3';
import { TerraformModule } from '../../support/terraform/module';
import type { Moto } from './moto';
import { BUCKET, CHAIN, RETENTION_DAYS } from './scenarios';
import type { Terraform } from './terraform';

export const MOTO_ACCOUNT = '123456789012';
const REPLICA = `${BUCKET}-dr`;
const LOGS = `${BUCKET}-logs`;
const REGIONS = { source: 'us-east-1', replica: 'us-west-2' };

/** Reads through the AWS API what the apply of the full scenario made, and compares it with what was promised. */
export class ReadBack {
  private readonly client: sdk.S3Client;

  constructor(
    private readonly aws: Moto,
    private readonly terraform: Terraform,
  ) {
    this.client = new sdk.S3Client({
      region: REGIONS.source,
      endpoint: aws.endpoint,
      forcePathStyle: true,
      credentials: { accessKeyId: 'check', secretAccessKey: 'check' },
    });
  }

  close(): void {
    this.client.destroy();
  }

  /** Every check by its title; each throws when it fails. */
  get checks(): Readonly<Record<string, () => Promise<void>>> {
    return {
      'Object Lock: COMPLIANCE, 400 days, on the bucket and its replica': () => this.objectLock(),
      'versioning is on': () => this.versioning(),
      'encryption: SSE-KMS with bucket key, each region its own key': async () =>
        void (await this.encryption()),
      'no public access, no ACLs': () => this.publicAccess(),
      'replication: V2 rule, SSE-KMS, 15 minutes, no delete markers': () => this.replication(),
      'lifecycle: expiry on the day after the retention, for old versions too': () => this.lifecycle(),
      'access logs go to the log bucket': () => this.logging(),
      'keys: rotation, and nobody may destroy them': () => this.keys(),
      'bucket and key policies are those that the tests decide over': () => this.policies(),
      'outputs name what was made': () => this.outputs(),
    };
  }

  private async objectLock(): Promise<void> {
    for (const Bucket of [BUCKET, REPLICA]) {
      const { ObjectLockConfiguration } = await this.client.send(
        new sdk.GetObjectLockConfigurationCommand({ Bucket }),
      );
      assert.equal(ObjectLockConfiguration?.ObjectLockEnabled, 'Enabled');
      const retention = ObjectLockConfiguration.Rule?.DefaultRetention;
      assert.deepEqual([retention?.Mode, retention?.Days], ['COMPLIANCE', RETENTION_DAYS]);
    }
  }

  private async versioning(): Promise<void> {
    for (const Bucket of [BUCKET, REPLICA]) {
      const { Status } = await this.client.send(new sdk.GetBucketVersioningCommand({ Bucket }));
      assert.equal(Status, 'Enabled', Bucket);
    }
  }

  /** @returns ARNs of the keys of the source and of the replica */
  private async encryption(): Promise<[string, string]> {
    const arns = await Promise.all(
      [BUCKET, REPLICA].map(async (Bucket) => {
        const { ServerSideEncryptionConfiguration } = await this.client.send(
          new sdk.GetBucketEncryptionCommand({ Bucket }),
        );
        const [rule, ...more] = ServerSideEncryptionConfiguration?.Rules ?? [];
        assert.equal(more.length, 0);
        assert.equal(rule?.BucketKeyEnabled, true);
        assert.equal(rule.ApplyServerSideEncryptionByDefault?.SSEAlgorithm, 'aws:kms');
        return rule.ApplyServerSideEncryptionByDefault.KMSMasterKeyID ?? '';
      }),
    );
    const regions = arns.map(
      (arn) => /^arn:aws:kms:([a-z0-9-]+):123456789012:key\/[0-9a-f-]{36}$/.exec(arn)?.[1],
    );
    assert.deepEqual(regions, [REGIONS.source, REGIONS.replica]);
    return arns as [string, string];
  }

  private async publicAccess(): Promise<void> {
    for (const Bucket of [BUCKET, REPLICA, LOGS]) {
      const { PublicAccessBlockConfiguration } = await this.client.send(
        new sdk.GetPublicAccessBlockCommand({ Bucket }),
      );
      assert.deepEqual(PublicAccessBlockConfiguration, {
        BlockPublicAcls: true,
        IgnorePublicAcls: true,
        BlockPublicPolicy: true,
        RestrictPublicBuckets: true,
      });
      const { OwnershipControls } = await this.client.send(
        new sdk.GetBucketOwnershipControlsCommand({ Bucket }),
      );
      assert.deepEqual(OwnershipControls?.Rules, [{ ObjectOwnership: 'BucketOwnerEnforced' }]);
    }
  }

  private async replication(): Promise<void> {
    const { ReplicationConfiguration } = await this.client.send(
      new sdk.GetBucketReplicationCommand({ Bucket: BUCKET }),
    );
    const [, replicaKey] = await this.encryption();
    assert.match(ReplicationConfiguration?.Role ?? '', /^arn:aws:iam::123456789012:role\/.*replication/);
    const [rule, ...more] = ReplicationConfiguration?.Rules ?? [];
    assert.equal(more.length, 0);
    assert.equal(rule?.Status, 'Enabled');
    assert.equal(rule.Priority, 1);
    assert.notEqual(rule.Filter, undefined);
    assert.equal(rule.DeleteMarkerReplication?.Status, 'Disabled');
    assert.equal(rule.Destination?.Bucket, `arn:aws:s3:::${REPLICA}`);
    const selection = /<SourceSelectionCriteria>.*<SseKmsEncryptedObjects>.*<Status>Enabled<\/Status>/s;
    assert.match(this.aws.replicationSent(), selection);
    assert.equal(rule.Destination.EncryptionConfiguration?.ReplicaKmsKeyID, replicaKey, 'ReplicaKmsKeyID');
    assert.equal(rule.Destination.ReplicationTime?.Time?.Minutes, 15, 'ReplicationTime');
    assert.equal(rule.Destination.Metrics?.EventThreshold?.Minutes, 15, 'Metrics');
  }

  private async lifecycle(): Promise<void> {
    for (const Bucket of [BUCKET, REPLICA]) {
      const { Rules = [] } = await this.client.send(
        new sdk.GetBucketLifecycleConfigurationCommand({ Bucket }),
      );
      assert.ok(Rules.every(({ Status }) => Status === 'Enabled'));
      assert.ok(Rules.every(({ Transitions = [] }) => Transitions.length === 0));
      assert.ok(Rules.some((rule) => rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation === 1));
      const expiry = Rules.find((rule) => rule.Expiration?.Days !== undefined);
      assert.equal(expiry?.Expiration?.Days, RETENTION_DAYS + 1);
      assert.equal(expiry.NoncurrentVersionExpiration?.NoncurrentDays, 1);
      assert.ok(Rules.some((rule) => rule.Expiration?.ExpiredObjectDeleteMarker === true));
    }
  }

  private async logging(): Promise<void> {
    const { LoggingEnabled } = await this.client.send(new sdk.GetBucketLoggingCommand({ Bucket: BUCKET }));
    assert.equal(LoggingEnabled?.TargetBucket, LOGS);
    assert.equal(LoggingEnabled.TargetPrefix, 'audit-anchors/');
  }

  private async keys(): Promise<void> {
    const [source, replica] = await this.encryption();
    for (const [KeyId, region] of [
      [source, REGIONS.source],
      [replica, REGIONS.replica],
    ] as const) {
      const { KeyRotationEnabled } = await this.aws.api.json(
        'kms',
        'TrentService.GetKeyRotationStatus',
        { KeyId },
        region,
      );
      assert.equal(KeyRotationEnabled, true);
      const policy = await this.keyPolicy(KeyId, region);
      assert.ok(policy.includes('DenyKeyDestruction'), 'the key policy lacks DenyKeyDestruction');
    }
  }

  /** The evaluator that other tests rely on reads the same policies out of the JSON as Terraform does. */
  private async policies(): Promise<void> {
    const module = new TerraformModule(this.terraform.json, {
      account: MOTO_ACCOUNT,
      region: REGIONS.source,
      deployRoleArn: `arn:aws:sts::${MOTO_ACCOUNT}:user/moto`,
      variables: parsed(this.terraform.scenario.variables),
    });
    const keys = [...module.instances('aws_kms_key').values()];
    const made = await this.encryption();
    const inOurs = (text: string) =>
      keys.reduce((changed, key) => {
        const region = (key['arn'] as string).split(':')[3];
        return changed.replaceAll(
          key['arn'] as string,
          made.find((arn) => arn.includes(`:${region}:`)) ?? '',
        );
      }, text);
    for (const instance of module.instances('aws_s3_bucket_policy').values()) {
      const Bucket = instance['bucket'] as string;
      const { Policy = '' } = await this.client.send(new sdk.GetBucketPolicyCommand({ Bucket }));
      assert.deepEqual(canonical(Policy), canonical(inOurs(instance['policy'] as string)), Bucket);
    }
    for (const key of keys) {
      const arn = inOurs(key['arn'] as string);
      const policy = await this.keyPolicy(arn, arn.split(':')[3] ?? '');
      assert.deepEqual(canonical(policy), canonical(inOurs(key['policy'] as string)), arn);
    }
  }

  private async keyPolicy(KeyId: string, region: string): Promise<string> {
    const { Policy } = await this.aws.api.json(
      'kms',
      'TrentService.GetKeyPolicy',
      { KeyId, PolicyName: 'default' },
      region,
    );
    return Policy as string;
  }

  private async outputs(): Promise<void> {
    const outputs = await this.terraform.outputs();
    const [source] = await this.encryption();
    assert.equal(outputs['audit_anchor_bucket'], BUCKET);
    assert.equal(outputs['audit_anchor_bucket_arn'], `arn:aws:s3:::${BUCKET}`);
    assert.equal(outputs['kms_key_arn'], source);
    assert.match(String(outputs['verifier_role_arn']), /^arn:aws:iam::123456789012:role\//);
    const environment = outputs['gateway_environment'] as Record<string, unknown>;
    assert.equal(environment['AUDIT_ANCHOR_CHAIN_ID'], CHAIN);
    assert.equal(String(environment['AUDIT_ANCHOR_RETENTION_DAYS']), String(RETENTION_DAYS));
  }
}

/** Variables as Terraform reads them from the command line. */
function parsed(variables: Readonly<Record<string, string>>) {
  return Object.fromEntries(
    Object.entries(variables).map(([name, text]) => [
      name,
      /^[[{]|^\d+$/.test(text) ? (JSON.parse(text) as never) : text,
    ]),
  );
}

/** A policy with its lists sorted and lists of one written as the one, in which AWS and Terraform differ. */
function canonical(policy: string): unknown {
  return sorted(JSON.parse(policy));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(sorted);
    if (items.length === 1) return items[0];
    return items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value)
        .map(([name, item]) => [name, sorted(item)] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  }
  return typeof value === 'number' ? String(value) : value;
}
