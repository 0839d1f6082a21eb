import { PROXY_REFUSED, PROXY_UNREACHABLE } from './proxy-agents';

/** What can be known about a failed request, whichever layer raised it. */
export interface S3Failure {
  /** S3's error code, or the name of the error when the reply had none (HEAD has no body). */
  readonly code: string;
  /** HTTP status of the reply; null when there was none. */
  readonly status: number | null;
  readonly message: string;
  readonly requestId: string | null;
  /** Region in which the server says the bucket is. */
  readonly bucketRegion: string | null;
  /** The version asked for is a delete marker. */
  readonly deleteMarker: boolean;
  /** Error code of the operating system or of TLS, for example `ECONNREFUSED`. */
  readonly errno: string | null;
}

/** Control characters, line separators, and marks that reorder text on a screen. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;
const UNTRUSTED = /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/;
const MAX_MESSAGE_LENGTH = 400;
const CUT = /^Connection lost/;

/** Reads the facts out of an SDK or network error; never throws. */
export function describeFailure(error: unknown): S3Failure {
  const metadata = record(field(error, '$metadata'));
  const headers = record(field(field(error, '$response'), 'headers'));
  const message = wordsOf(error);
  return {
    code: text(field(error, 'Code')) ?? text(field(error, 'name')) ?? 'Unknown',
    status: typeof metadata['httpStatusCode'] === 'number' ? metadata['httpStatusCode'] : null,
    message: printable(message),
    requestId: text(metadata['requestId']) ?? null,
    bucketRegion:
      text(field(error, 'Region')) ??
      text(headers['x-amz-bucket-region']) ??
      /expecting '([a-z0-9-]+)'/.exec(message)?.[1] ??
      null,
    deleteMarker: headers['x-amz-delete-marker'] === 'true',
    errno: text(field(error, 'code')) ?? null,
  };
}

/** What the SDK adds to an error that comes up while it reads a reply. */
const SDK_HINT = /\s*Deserialization error:[^]*$/;
/** Names of errors that come up when the SDK trips over a reply; their texts speak of its inside. */
const TRIPPED = /^(?:Type|Range|Reference|Syntax)?Error$/;

function wordsOf(error: unknown): string {
  const message = (text(field(error, 'message')) ?? String(error)).replace(SDK_HINT, '');
  const tripped = TRIPPED.test(text(field(error, 'name')) ?? '') && field(error, '$response') !== undefined;
  return tripped && text(field(error, 'code')) === undefined && !CUT.test(message)
    ? 'the reply is not one of S3'
    : message;
}

/** Text of a stranger, made fit for a terminal and a log: one line, bounded, without control characters. */
export function printable(value: string): string {
  const line = value.replace(UNPRINTABLE, ' ').trim();
  return line.length > MAX_MESSAGE_LENGTH ? `${line.slice(0, MAX_MESSAGE_LENGTH)}...` : line;
}

/** The server gave no usable answer: what the request did is unknown, and asking again may help. */
export function isTransport(failure: S3Failure): boolean {
  if (failure.status !== null || isUntrusted(failure) || failure.errno === PROXY_REFUSED) return false;
  return failure.errno !== null || isTimeout(failure) || isCut(failure);
}

/** A proxy stood in the way, before anything was sent to S3. */
export function isProxied({ errno }: S3Failure): boolean {
  return errno === PROXY_REFUSED || errno === PROXY_UNREACHABLE;
}

/** The server's certificate was refused, before anything was sent. */
export function isUntrusted(failure: S3Failure): boolean {
  return failure.errno !== null && UNTRUSTED.test(failure.errno);
}

/** Neither side answered in time. */
export function isTimeout(failure: S3Failure): boolean {
  if (failure.errno !== null) return failure.errno === 'ETIMEDOUT';
  return failure.code === 'TimeoutError' || failure.code === 'RequestTimeout';
}

/** The connect timeout of the SDK, which it tells apart from the others in words only. */
export function isUnconnected(failure: S3Failure): boolean {
  return failure.code === 'TimeoutError' && failure.message.includes('did not establish a connection');
}

/** A body that ended early, which the SDK reports in words only. */
export function isCut(failure: S3Failure): boolean {
  return CUT.test(failure.message);
}

const THROTTLING = /SlowDown|Thrott|LimitExceeded|TooManyRequests/;

/** S3 asks for fewer requests. */
export function isThrottled({ status, code }: S3Failure): boolean {
  return status === 503 || status === 429 || THROTTLING.test(code);
}

/** 501 Not Implemented, 505 HTTP Version Not Supported, 510 Not Extended, 511 Network Authentication Required. */
const FINAL_SERVER_STATUSES: readonly number[] = [501, 505, 510, 511];
/** The conflicts (409) that end by themselves; the others are about the state of the bucket or the object. */
const PASSING_CONFLICTS = /^(ConditionalRequestConflict|OperationAborted|Conflict|Unknown)$/;

/** The endpoint does not know the request, or one of its headers: no repetition changes that. */
export function isUnsupported({ status, code }: S3Failure): boolean {
  return status === 501 || code === 'NotImplemented';
}

/** The server failed at a request that it could serve another time. */
function isServerFault(failure: S3Failure): boolean {
  const { status } = failure;
  return (
    status !== null && status >= 500 && !FINAL_SERVER_STATUSES.includes(status) && !isUnsupported(failure)
  );
}

/** Asking again at once may help; after a wrong time of signing, since the SDK takes S3's own from the answer. */
export function isTransient(failure: S3Failure): boolean {
  const skewed = failure.code === 'RequestTimeTooSkewed';
  return isTransport(failure) || skewed || isTimeout(failure) || isServerFault(failure);
}

/** S3 asks for patience: throttling, a conflicting request under way, or a fault of its own. */
export function isBusy(failure: S3Failure): boolean {
  return (
    (failure.status === 409 && PASSING_CONFLICTS.test(failure.code)) ||
    failure.status === 429 ||
    isServerFault(failure) ||
    failure.code === 'RequestTimeout' ||
    failure.code === 'SlowDown'
  );
}

/**
 * There was an answer, but the request may have had its effect all the same: S3 failed while it worked on it, or
 * reported a success that cannot be read. 503 is a plain refusal.
 */
export function isInDoubt(failure: S3Failure): boolean {
  const { status } = failure;
  return status !== null && (status < 300 || (isServerFault(failure) && status !== 503));
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
