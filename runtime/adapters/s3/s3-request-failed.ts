import type { S3Failure } from './s3-failure';

/** A request of the SDK that failed, before anyone decided what that means. */
export class S3RequestFailed extends Error {
  constructor(readonly failure: S3Failure) {
    super(failure.message);
  }
}
