import type { BucketLock } from '../../application/ports';
import { unexpectedReply } from './s3-errors';
import type { S3Call, S3Gateway } from './s3-gateway';
import { S3RequestFailed } from './s3-request-failed';

/** S3 counts a year of default retention as 365 days. */
const DAYS_PER_YEAR = 365;

/** Versioning and Object Lock of the bucket. */
export async function readBucketLock(gateway: S3Gateway): Promise<BucketLock> {
  const { Status: status } = await gateway.run({ operation: 'GetBucketVersioning' }, (client, sdk) =>
    client.send(new sdk.GetBucketVersioningCommand({ Bucket: gateway.bucket })),
  );
  return { versioning: status ?? 'Off', ...(await readLockConfiguration(gateway)) };
}

async function readLockConfiguration(gateway: S3Gateway): Promise<Omit<BucketLock, 'versioning'>> {
  const call: S3Call = { operation: 'GetObjectLockConfiguration' };
  try {
    const { ObjectLockConfiguration: configuration } = await gateway.attempt('repeating', (client, sdk) =>
      client.send(new sdk.GetObjectLockConfigurationCommand({ Bucket: gateway.bucket })),
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
