import { BUCKET_UNFIT_HINT } from '../../application/bucket-fitness';
import { ENV } from '../../contract';
import { type AuditAnchorError, ConfigError, UnavailableError } from '../../errors';
import { requiredActions, type S3Operation } from './s3-actions';
import {
  isCut,
  isProxied,
  isTimeout,
  isUnconnected,
  isUnsupported,
  isUntrusted,
  type S3Failure,
} from './s3-failure';

/** The request that failed, in the words the person who reads the error knows it by. */
export interface S3Request {
  readonly operation: S3Operation;
  readonly bucket: string;
  /** What names the bucket: an option or a variable. */
  readonly setting: string;
  readonly region: string;
  /** Host and port, for people. */
  readonly host: string;
  readonly timeoutMs: number;
  readonly key?: string;
  readonly versionId?: string;
  /** True when the request names a KMS key. */
  readonly kms?: boolean;
}

const CREDENTIAL_CODES = new Set([
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidToken',
  'TokenRefreshRequired',
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'InvalidSignatureException',
  'AuthorizationHeaderMalformed',
]);
const OBJECT_CODES = new Set(['NoSuchKey', 'NoSuchVersion', 'NotFound']);
const DENIED_CODES = new Set(['AccessDenied', 'AllAccessDisabled', 'AccountProblem', 'Forbidden']);

/**
 * Turns a failed S3 request into the error of this program: `ConfigError` where a setting points at something
 * that is not there, `UnavailableError` where nothing could be seen.
 */
export function toS3Error(failure: S3Failure, request: S3Request): AuditAnchorError {
  return (
    wrongRegion(failure, request) ??
    missing(failure, request) ??
    refused(failure, request) ??
    unreachable(failure, request) ??
    unlocked(failure, request) ??
    unsupported(failure, request) ??
    unexpected(failure, request)
  );
}

function wrongRegion(failure: S3Failure, request: S3Request): AuditAnchorError | undefined {
  const actual = failure.bucketRegion;
  const redirected = failure.status === 301 || failure.code === 'PermanentRedirect';
  if (!redirected && (actual === null || actual === request.region)) return undefined;
  const elsewhere = actual === null || actual === request.region ? 'another region' : actual;
  return new ConfigError(
    'BUCKET_WRONG_REGION',
    `bucket "${request.bucket}" is in ${elsewhere}, but the configured region is ${request.region}`,
    { hint: regionHint(request, elsewhere === actual ? actual : null), cause: cause(failure) },
  );
}

/** AWS_REGION is that of the anchors: a bucket for anything else has to be where they are. */
function regionHint({ setting, region }: S3Request, actual: string | null): string {
  if (setting !== ENV.bucket) return `Name a bucket in ${region}, where the anchors are, with ${setting}`;
  return actual === null ? "Set AWS_REGION to the bucket's own region" : `Set AWS_REGION=${actual}`;
}

function missing(failure: S3Failure, request: S3Request): AuditAnchorError | undefined {
  if (failure.code === 'NoSuchBucket' || failure.code === 'InvalidBucketName') {
    return new ConfigError(
      'BUCKET_NOT_FOUND',
      `bucket "${request.bucket}" does not exist at ${request.host} (region ${request.region}): ${failure.code}`,
      {
        hint: `Check ${request.setting}, AWS_REGION and the account of the credentials`,
        cause: cause(failure),
      },
    );
  }
  if (request.key === undefined) return undefined;
  const badVersionId = failure.code === 'InvalidArgument' && /version id/i.test(failure.message);
  const marker = failure.status === 405 && (failure.deleteMarker || failure.code === 'MethodNotAllowed');
  if (!OBJECT_CODES.has(failure.code) && !badVersionId && !marker) return undefined;
  return new ConfigError(
    'OBJECT_NOT_FOUND',
    `${target(request)} ${marker ? 'is a delete marker, it has no content' : 'does not exist'}`,
    { hint: 'List the versions of the key and name one of them', cause: cause(failure) },
  );
}

function refused(failure: S3Failure, request: S3Request): AuditAnchorError | undefined {
  if (CREDENTIAL_CODES.has(failure.code)) {
    return credentialsError(`S3 does not accept the AWS credentials: ${answer(failure)}`, failure);
  }
  const denied = DENIED_CODES.has(failure.code) || (failure.status === 403 && failure.code === 'Unknown');
  if (!denied) return undefined;
  const actions = requiredActions(request.operation, request.kms === true);
  const reads = request.operation === 'HeadObject' || request.operation === 'GetObject';
  return new UnavailableError(
    'S3_ACCESS_DENIED',
    `S3 refused ${request.operation} on ${target(request)}: ${answer(failure)}. Needed: ${actions.join(', ')}`,
    {
      hint: reads
        ? 'Allow these actions to the caller, or look for a Deny in the bucket policy; without s3:ListBucket ' +
          'S3 gives the same answer for an object that does not exist'
        : 'Allow these actions to the caller, or look for a Deny in the bucket policy',
      cause: cause(failure),
    },
  );
}

function unreachable(failure: S3Failure, request: S3Request): AuditAnchorError | undefined {
  if (failure.code === 'AbortError') {
    return new UnavailableError('INTERRUPTED', `${request.operation} on ${target(request)} was interrupted`);
  }
  if (isTimeout(failure) && !isUnconnected(failure)) {
    return new UnavailableError(
      'S3_TIMEOUT',
      `S3 at ${request.host} did not answer ${request.operation} on ${target(request)} within ${request.timeoutMs} ms`,
      { hint: 'Check the network path to the endpoint and try again', cause: cause(failure) },
    );
  }
  if (failure.status !== null) return undefined;
  if (failure.errno === null && !isCut(failure) && !isUnconnected(failure)) return undefined;
  return new UnavailableError(
    'S3_UNREACHABLE',
    `no answer from S3 at ${request.host} to ${request.operation}: ${
      isProxied(failure) ? failure.message : (failure.errno ?? failure.message)
    }`,
    {
      hint: unreachableHint(failure),
      cause: cause(failure),
    },
  );
}

function unreachableHint(failure: S3Failure): string {
  if (isProxied(failure)) return 'Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY, and what the proxy allows.';
  return isUntrusted(failure)
    ? 'The certificate is not trusted: set NODE_EXTRA_CA_CERTS to the file of its authority'
    : 'Check AWS_ENDPOINT_URL_S3, AWS_REGION, DNS and the network';
}

function unlocked(failure: S3Failure, request: S3Request): AuditAnchorError | undefined {
  if (failure.code !== 'InvalidRequest' || !isMissingLockConfiguration(failure)) return undefined;
  return new ConfigError(
    'BUCKET_NOT_LOCKED',
    `bucket "${request.bucket}" has no Object Lock, which ${request.operation} needs: ${answer(failure)}`,
    { hint: 'Use a bucket that was created with Object Lock', cause: cause(failure) },
  );
}

/** Only of writes: what cannot be read is reported of the object that it was asked of. */
function unsupported(failure: S3Failure, request: S3Request): AuditAnchorError | undefined {
  const writes = request.operation === 'PutObject' || request.operation === 'PutObjectLegalHold';
  if (!writes || !isUnsupported(failure)) return undefined;
  return new ConfigError(
    'BUCKET_UNFIT',
    `S3 at ${request.host} does not support ${request.operation} as anchors need it, nothing was written: ${answer(failure)}`,
    { hint: BUCKET_UNFIT_HINT, cause: cause(failure) },
  );
}

/** The two wordings in use: "Bucket is missing Object Lock Configuration" and "... ObjectLockConfiguration". */
export function isMissingLockConfiguration(failure: S3Failure): boolean {
  return /missing Object ?Lock ?Configuration/i.test(failure.message);
}

function unexpected(failure: S3Failure, request: S3Request): AuditAnchorError {
  return new UnavailableError(
    'S3_ERROR',
    `${request.operation} on ${target(request)} at ${request.host} failed: ${answer(failure)}`,
    { hint: hintFor(failure), cause: cause(failure) },
  );
}

function hintFor({ code }: S3Failure): string {
  if (code.startsWith('KMS.')) return 'Check that the KMS key of the object exists and is enabled';
  if (code === 'RequestTimeTooSkewed') return 'Set the clock of this machine; it is too far from that of S3';
  return 'Try again; if it stays, look the code up in the documentation of the endpoint';
}

/** A reply that is well formed but does not say what S3 promises to say. */
export function unexpectedReply(request: S3Request, what: string): UnavailableError {
  return new UnavailableError(
    'S3_ERROR',
    `${request.operation} on ${target(request)} at ${request.host}: ${what}`,
    { hint: 'Check that the endpoint is S3 and that no proxy answers in its place' },
  );
}

/** Credentials that are missing, unreadable or refused. */
export function credentialsError(message: string, failure?: S3Failure): ConfigError {
  return new ConfigError('S3_CREDENTIALS', message, {
    hint: 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or give the task a role',
    ...(failure === undefined ? {} : { cause: cause(failure) }),
  });
}

function target(request: S3Request): string {
  if (request.key === undefined) return `bucket "${request.bucket}"`;
  const version = request.versionId === undefined ? '' : `, version ${JSON.stringify(request.versionId)}`;
  return `object ${JSON.stringify(request.key)}${version} in bucket "${request.bucket}"`;
}

function answer(failure: S3Failure): string {
  const status = failure.status === null ? '' : `HTTP ${failure.status} `;
  // HEAD replies have no body; the SDK's stand-in for the missing words would mislead.
  const words = failure.code === 'Unknown' ? 'without a reason' : `${failure.code}: ${failure.message}`;
  return `${status}${words}${failure.requestId === null ? '' : ` (request id ${failure.requestId})`}`;
}

/** The SDK's own error carries headers and fields of the reply, access key ids among them: keep the facts only. */
function cause(failure: S3Failure): Error {
  const error = new Error(failure.message);
  error.name = failure.errno ?? failure.code;
  return error;
}
