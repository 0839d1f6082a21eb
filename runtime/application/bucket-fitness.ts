import { ConfigError } from '../errors';

export const BUCKET_UNFIT_HINT =
  'Use an endpoint that offers everything listed in the README under "What the S3 endpoint has to offer".';

/** The error for a bucket that does not keep an anchor as it was sent. */
export function bucketUnfit(bucket: string, key: string, missing: readonly string[]): ConfigError {
  return new ConfigError(
    'BUCKET_UNFIT',
    `bucket ${bucket} does not keep anchors as they are sent; ${key} was written without: ${missing.join(', ')}`,
    { hint: BUCKET_UNFIT_HINT },
  );
}
