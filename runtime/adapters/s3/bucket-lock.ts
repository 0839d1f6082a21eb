import type { BucketLock } from '../../application/ports';
import { unexpectedReply } from './s3-errors';
import type { S3Call, S3Gateway } from './s3-gateway';
import { S3RequestFailed } from './s3-request-failed';

/** S3 counts a year of default retention as 365 days. */
const DAYS_PER_YEAR = 365;

/** Versioning and Object Lock of the bucket. */
export async function readBucketLock(
  gateway: S3Gateway,
  signal: AbortSignal | undefined,
): Promise<BucketLock> {
  const { Status: status } = await gateway.run(
    { operation: 'GetBucketVersioning' },
    (client, sdk, options) =>
      client.send(new sdk.GetBucketVersioningCommand({ Bucket: gateway.bucket }), options),
    signal,
  );
  return { versioning: status ?? 'Off', ...(await readLockConfiguration(gateway, signal)) };
}

async function readLockConfiguration(
  gateway: S3Gateway,
  signal: AbortSignal | undefined,
): Promise<Omit<BucketLock, 'versioning'>> {
  const call: S3Call = { operation: 'GetObjectLockConfiguration' };
  try {
    const { ObjectLockConfiguration: configuration } = await gateway.attempt(
      'repeating',
      (client, sdk, options) =>
        client.send(new sdk.GetObjectLockConfigurationCommand({ Bucket: gateway.bucket }), options),
      signal,
    );
    const retention = configuration?.Rule?.DefaultRetention;
    const days = retention?.Days ?? (retention?.Years ?? 0) * DAYS_PER_YEAR;
    const objectLock = configuration?.ObjectLockEnabled === 'Enabled';
    if (retention?.Mode === undefined) return { objectLock, defaultRetention: null };
    if (days < 1) throw unexpectedReply(gateway.request(call), 'the default retention has no period');
    return { objectLock, defaultRetention: { mode: retention.Mode, days } };
  } catch (error) {
    if (error instanceof S3RequestFailed && error.failure.code === 'ObjectLockConfigurationNotFoundError') {
      return { objectLock: false, defaultRetention: null };
    }
    throw gateway.explain(error, call);
  }
}
