import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as sdk from '@aws-sdk/client-s3';
import type { S3AnchorStore } from '../../../runtime/adapters/s3/s3-anchor-store';
import { startWormS3, type WormS3 } from '../../../runtime/embedded/s3/server';
import type { Embedded } from '../../support/embedded';
import { RecordingProxy } from '../../support/recording-proxy';
import { BUCKET, REGION, RETENTION_DAYS, roleArn } from '../../support/terraform/full-stack';

/** Access key id of each principal, and the ARN that the server takes it for. */
const PRINCIPALS = {
  WRITER: roleArn('audit-anchor-writer-prod'),
  VERIFIER: roleArn('audit-anchor-verifier-prod'),
  CUSTODIAN: roleArn('custodian'),
  ADMIN: roleArn('admin'),
  DEPLOYER: roleArn('deployer'),
};
export type PrincipalName = keyof typeof PRINCIPALS;

/** The embedded S3 with one bucket as the stack makes it, and the synthesised policy on it. */
export class GuardedBucket {
  private readonly clients: sdk.S3Client[] = [];

  private constructor(
    private readonly embedded: Embedded,
    private readonly folder: string,
    private readonly server: WormS3,
    readonly proxy: RecordingProxy,
    private readonly kmsKeyArn: string | undefined,
  ) {}

  static async start(
    embedded: Embedded,
    options: {
      readonly policy: string;
      readonly kmsKeyArn: string | undefined;
      readonly secureTransport: boolean;
    },
  ): Promise<GuardedBucket> {
    const folder = await mkdtemp(join(tmpdir(), 'guarded-bucket-'));
    const { secureTransport, kmsKeyArn, policy } = options;
    const server = await startWormS3({
      directory: folder,
      region: REGION,
      clock: embedded.clock,
      principals: PRINCIPALS,
      secureTransport,
    });
    const proxy = await RecordingProxy.start(server.endpoint);
    const bucket = new GuardedBucket(embedded, folder, server, proxy, kmsKeyArn);
    await bucket.create(policy);
    proxy.reset();
    return bucket;
  }

  /** The runtime's own store, on behalf of a principal. */
  store(principal: PrincipalName): S3AnchorStore {
    return this.embedded.store({
      bucket: BUCKET,
      endpoint: this.proxy.endpoint,
      // Explicit also when there is none: the store of the test servers has a key of its own.
      kmsKeyArn: this.kmsKeyArn,
      credentials: () => Promise.resolve(credentials(principal)),
    });
  }

  /** A plain client, for what the runtime never sends. It passes by the proxy. */
  client(principal: PrincipalName): sdk.S3Client {
    const client = new sdk.S3Client({
      region: REGION,
      endpoint: this.server.endpoint,
      forcePathStyle: true,
      maxAttempts: 1,
      credentials: () => Promise.resolve(credentials(principal)),
    });
    this.clients.push(client);
    return client;
  }

  /** Replaces the policy, as only the deploy role may. */
  async install(policy: string): Promise<void> {
    await this.client('DEPLOYER').send(new sdk.PutBucketPolicyCommand({ Bucket: BUCKET, Policy: policy }));
  }

  /** Entries of the version listing. */
  async count(): Promise<number> {
    const { Versions = [], DeleteMarkers = [] } = await this.client('VERIFIER').send(
      new sdk.ListObjectVersionsCommand({ Bucket: BUCKET }),
    );
    return Versions.length + DeleteMarkers.length;
  }

  async stop(): Promise<void> {
    for (const client of this.clients) client.destroy();
    await this.proxy.stop();
    await this.server.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  private async create(policy: string): Promise<void> {
    const client = this.client('DEPLOYER');
    await client.send(new sdk.CreateBucketCommand({ Bucket: BUCKET, ObjectLockEnabledForBucket: true }));
    const rule = { DefaultRetention: { Mode: 'COMPLIANCE', Days: RETENTION_DAYS } } as const;
    await client.send(
      new sdk.PutObjectLockConfigurationCommand({
        Bucket: BUCKET,
        ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule: rule },
      }),
    );
    await this.install(policy);
  }
}

function credentials(principal: PrincipalName) {
  return { accessKeyId: principal, secretAccessKey: 'not-verified' };
}
