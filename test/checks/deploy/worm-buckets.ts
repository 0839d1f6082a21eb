import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import * as sdk from '@aws-sdk/client-s3';
import { startWormS3 } from '../../../runtime/embedded/s3/server';
import type { Cleanup } from '../../support/programs/cleanup';
import { type RecordedRequest, RecordingProxy } from '../../support/recording-proxy';
import { MOTO_ACCOUNT } from '../terraform/read-back';

const REGION = 'us-east-1';
/** Access key of somebody whom only bucket policies and locks can refuse anything. */
const ADMINISTRATOR = 'ADMINISTRATOR';

/** An object version as the bucket lists it. */
export interface StoredAnchor {
  readonly key: string;
  readonly versionId: string;
}

export interface WormBucketsOptions {
  /** Endpoint of the S3 in which Terraform made the buckets. */
  readonly source: string;
  readonly buckets: readonly string[];
  /** Roles by the access keys of their sessions. */
  readonly principals: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly cleanup: Cleanup;
}

/**
 * The buckets that Terraform made, in an S3 that keeps locks and evaluates bucket policies: same names, same lock,
 * same versioning, same policy. moto answers GetObjectRetention with the object, lets locks be shortened, and applies
 * policies only in part.
 */
export class WormBuckets {
  private constructor(
    private readonly client: sdk.S3Client,
    private readonly proxy: RecordingProxy,
    /** Ports of the two servers. */
    readonly ports: readonly number[],
  ) {}

  static async start(options: WormBucketsOptions): Promise<WormBuckets> {
    const { folder, principals, cleanup } = options;
    const directory = join(folder, 'worm-s3');
    mkdirSync(directory);
    const server = await startWormS3({
      directory,
      region: REGION,
      principals: { ...principals, [ADMINISTRATOR]: `arn:aws:iam::${MOTO_ACCOUNT}:role/administrator` },
    });
    cleanup.add(() => server.close());
    const proxy = await RecordingProxy.start(server.endpoint);
    cleanup.add(() => proxy.stop());
    const client = clientOf(server.endpoint);
    cleanup.add(() => client.destroy());
    const source = clientOf(options.source);
    try {
      for (const bucket of options.buckets) await copyBucket(bucket, source, client);
    } finally {
      source.destroy();
    }
    return new WormBuckets(client, proxy, [server.port, Number(new URL(proxy.endpoint).port)]);
  }

  /** For tasks; what they ask is noted. */
  get endpoint(): string {
    return this.proxy.endpoint;
  }

  /** What tasks asked for in a bucket, and the access key they asked with. */
  requestsTo(bucket: string): { readonly request: RecordedRequest; readonly accessKeyId: string }[] {
    return this.proxy.requests
      .filter(({ path }) => path.split('/')[1] === bucket)
      .map((request) => ({ request, accessKeyId: accessKeyOf(request) }));
  }

  /** Every version of every object; a delete marker is a fault. */
  async anchorsIn(Bucket: string): Promise<StoredAnchor[]> {
    const { Versions = [], DeleteMarkers = [] } = await this.client.send(
      new sdk.ListObjectVersionsCommand({ Bucket }),
    );
    assert.deepEqual(DeleteMarkers, []);
    return Versions.map(({ Key = '', VersionId = '' }) => ({ key: Key, versionId: VersionId }));
  }

  /** That an anchor is locked for so many days, under this key, and that no administrator can remove it. */
  async assertLocked(Bucket: string, anchor: StoredAnchor, days: number, kmsKeyArn: string): Promise<void> {
    const { key: Key, versionId: VersionId } = anchor;
    const head = await this.client.send(new sdk.HeadObjectCommand({ Bucket, Key, VersionId }));
    assert.equal(head.ObjectLockMode, 'COMPLIANCE');
    assert.equal(head.SSEKMSKeyId, kmsKeyArn);
    const locked = (head.ObjectLockRetainUntilDate?.getTime() ?? 0) - (head.LastModified?.getTime() ?? 0);
    assert.equal(Math.round(locked / 86_400_000), days);
    const remove = new sdk.DeleteObjectCommand({ Bucket, Key, VersionId, BypassGovernanceRetention: true });
    await assert.rejects(this.client.send(remove), { name: 'AccessDenied' });
  }
}

function clientOf(endpoint: string): sdk.S3Client {
  const credentials = { accessKeyId: ADMINISTRATOR, secretAccessKey: 'not-verified' };
  return new sdk.S3Client({ region: REGION, endpoint, forcePathStyle: true, credentials });
}

async function copyBucket(Bucket: string, from: sdk.S3Client, to: sdk.S3Client): Promise<void> {
  const { ObjectLockConfiguration } = await from.send(new sdk.GetObjectLockConfigurationCommand({ Bucket }));
  const { Status } = await from.send(new sdk.GetBucketVersioningCommand({ Bucket }));
  const { Policy } = await from.send(new sdk.GetBucketPolicyCommand({ Bucket }));
  await to.send(
    new sdk.CreateBucketCommand({
      Bucket,
      ObjectLockEnabledForBucket: ObjectLockConfiguration?.ObjectLockEnabled === 'Enabled',
    }),
  );
  await to.send(new sdk.PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
  const { Mode, Days } = ObjectLockConfiguration?.Rule?.DefaultRetention ?? {};
  await to.send(
    new sdk.PutObjectLockConfigurationCommand({
      Bucket,
      // Named one by one: moto adds a number of years, which S3 refuses beside days.
      ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Mode, Days } } },
    }),
  );
  // Last, since it forbids configuration to everyone but the deploy role.
  await to.send(new sdk.PutBucketPolicyCommand({ Bucket, Policy }));
}

function accessKeyOf({ headers }: RecordedRequest): string {
  const key = /Credential=([^/]+)\//.exec(headers['authorization'] ?? '')?.[1];
  if (key === undefined) throw new Error('a task asked S3 without a signature');
  return key;
}
