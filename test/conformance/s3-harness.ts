import '../support/native-errors';
import type * as Sdk from '@aws-sdk/client-s3';
import { randomBytes } from 'node:crypto';
import { S3AnchorStore } from '../../runtime/adapters/s3/s3-anchor-store';
import type { AnchorStoreHarness, BucketOptions, PutOptions } from './harness';

export interface S3Endpoint {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Ends what was started for the suite. */
  stop(): Promise<void>;
}

/** The harness over anything that speaks the S3 protocol. */
export async function openS3Harness(open: () => Promise<S3Endpoint>): Promise<AnchorStoreHarness> {
  const target = await open();
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  const sdk = await import('@aws-sdk/client-s3');
  const connection = { region: target.region, endpoint: target.endpoint };
  const credentials = () => Promise.resolve({ ...target.credentials });
  const client = new sdk.S3Client({ ...connection, credentials, forcePathStyle: true });
  const stores: S3AnchorStore[] = [];
  const bucket = await createBucket(sdk, client, { objectLock: true });
  return {
    region: target.region,
    store(options = {}) {
      const store = new S3AnchorStore({ ...connection, credentials, bucket, ...options });
      stores.push(store);
      return store;
    },
    createBucket: (options) => createBucket(sdk, client, options),
    async put(key, body, options: PutOptions = {}) {
      const { VersionId } = await client.send(
        new sdk.PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: body,
          StorageClass: options.storageClass,
          ...(options.governanceUntil === undefined
            ? {}
            : { ObjectLockMode: 'GOVERNANCE', ObjectLockRetainUntilDate: options.governanceUntil }),
        }),
      );
      return known(VersionId);
    },
    async hide(key) {
      const { VersionId } = await client.send(new sdk.DeleteObjectCommand({ Bucket: bucket, Key: key }));
      return known(VersionId);
    },
    async destroy(key, versionId) {
      try {
        await client.send(new sdk.DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId }));
        return true;
      } catch (error) {
        if (error instanceof sdk.S3ServiceException && error.name === 'AccessDenied') return false;
        throw error;
      }
    },
    async denying(action, during) {
      const statement = {
        Effect: 'Deny',
        Principal: '*',
        Action: action,
        Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
      };
      const policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
      await client.send(new sdk.PutBucketPolicyCommand({ Bucket: bucket, Policy: policy }));
      try {
        return await during();
      } finally {
        await client.send(new sdk.DeleteBucketPolicyCommand({ Bucket: bucket }));
      }
    },
    async stop() {
      for (const store of stores) store.close();
      client.destroy();
      await target.stop();
    },
  };
}

async function createBucket(
  sdk: typeof Sdk,
  client: Sdk.S3Client,
  { objectLock, defaultRetentionDays }: BucketOptions,
): Promise<string> {
  const Bucket = `anchor-conformance-${randomBytes(6).toString('hex')}`;
  const region = await client.config.region();
  await client.send(
    new sdk.CreateBucketCommand({
      Bucket,
      ObjectLockEnabledForBucket: objectLock,
      // S3 wants the region said twice, except for its first one, where it refuses that.
      ...(region === 'us-east-1'
        ? {}
        : { CreateBucketConfiguration: { LocationConstraint: region as Sdk.BucketLocationConstraint } }),
    }),
  );
  if (defaultRetentionDays !== undefined) {
    const rule = { DefaultRetention: { Mode: 'COMPLIANCE', Days: defaultRetentionDays } } as const;
    await client.send(
      new sdk.PutObjectLockConfigurationCommand({
        Bucket,
        ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule: rule },
      }),
    );
  }
  return Bucket;
}

function known(versionId: string | undefined): string {
  if (versionId === undefined) throw new Error('the bucket of the suite is not versioned');
  return versionId;
}
