import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import * as sdk from '@aws-sdk/client-s3';
import { startWormS3 } from '../../../runtime/embedded/s3/server';
import type { Cleanup } from '../../support/programs/cleanup';
import { REGION } from './deployed-machine';

const RETENTION_DAYS = 400;

/** A bucket for anchors and one for reports, both locked, in an S3 that keeps locks. */
export class LockedBuckets {
  private constructor(
    readonly endpoint: string,
    private readonly client: sdk.S3Client,
  ) {}

  static async start(buckets: readonly string[], folder: string, cleanup: Cleanup): Promise<LockedBuckets> {
    const directory = join(folder, 's3');
    mkdirSync(directory);
    const server = await startWormS3({ directory, region: REGION });
    cleanup.add(() => server.close());
    const client = new sdk.S3Client({
      region: REGION,
      endpoint: server.endpoint,
      forcePathStyle: true,
      credentials: { accessKeyId: 'check', secretAccessKey: 'check' },
    });
    cleanup.add(() => client.destroy());
    for (const Bucket of buckets) {
      await client.send(new sdk.CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
      const DefaultRetention = { Mode: 'COMPLIANCE', Days: RETENTION_DAYS } as const;
      await client.send(
        new sdk.PutObjectLockConfigurationCommand({
          Bucket,
          ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention } },
        }),
      );
    }
    return new LockedBuckets(server.endpoint, client);
  }

  /** An object; null when there is none. */
  async read(Bucket: string, Key: string): Promise<Uint8Array | null> {
    try {
      const { Body } = await this.client.send(new sdk.GetObjectCommand({ Bucket, Key }));
      return (await Body?.transformToByteArray()) ?? null;
    } catch (error) {
      if (error instanceof sdk.NoSuchKey) return null;
      throw error;
    }
  }

  /** Names below a prefix, each with its lock. */
  async list(
    Bucket: string,
    Prefix: string,
  ): Promise<readonly { readonly name: string; readonly lock: string }[]> {
    const { Contents = [] } = await this.client.send(new sdk.ListObjectsV2Command({ Bucket, Prefix }));
    return Promise.all(
      Contents.map(async ({ Key = '' }) => {
        const { ObjectLockMode } = await this.client.send(new sdk.HeadObjectCommand({ Bucket, Key }));
        return { name: Key.slice(Prefix.length), lock: ObjectLockMode ?? 'none' };
      }),
    );
  }
}
