import type { PutObjectCommandInput, PutObjectCommandOutput } from '@aws-sdk/client-s3';
import type { Clock, Confirmation, CreateObject, CreateResult } from '../../application/ports';
import { UnavailableError } from '../../errors';
import { backoffMs, type Jitter } from './backoff';
import { isBusy, isInDoubt, isTransport } from './s3-failure';
import type { S3Call, S3Gateway } from './s3-gateway';
import { S3RequestFailed } from './s3-request-failed';

export interface CreatePolicy {
  /** ARN of the KMS key; S3's own key (SSE-S3) when absent. */
  readonly kmsKeyArn?: string;
  /** Milliseconds during which unanswered attempts are repeated. */
  readonly budgetMs: number;
  readonly clock: Clock;
  readonly jitter: Jitter;
}

/** The version id of a bucket whose versioning is suspended: the next write replaces the object. */
const NO_VERSIONS = 'null';

/**
 * Writes one object under If-None-Match, repeating the same bytes until S3 gave a definite answer.
 *
 * A repeated attempt that finds the object of an earlier, unanswered one is told `exists`, as is the loser of a
 * race; only the caller can tell the two apart, by comparing bytes. That is why the SDK does not repeat here.
 */
export async function createObject(
  gateway: S3Gateway,
  object: CreateObject,
  policy: CreatePolicy,
  signal?: AbortSignal,
): Promise<CreateResult> {
  const call: S3Call = { operation: 'PutObject', key: object.key, kms: policy.kmsKeyArn !== undefined };
  const input = putInput(gateway.bucket, object, policy.kmsKeyArn);
  const started = policy.clock.now();
  let waited = 0;
  let unanswered = false;
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await put(gateway, call, input, signal);
    if ('kind' in outcome) return outcome;
    const { again, error } = outcome;
    unanswered ||= outcome.unanswered;
    // A refusal of this attempt says nothing about an earlier one that was never answered.
    if (!again && !unanswered) throw error;
    const wait = backoffMs(attempt, policy.jitter);
    // Both measures, so that a clock that stands still or jumps back cannot make this endless.
    const spent = Math.max(policy.clock.now() - started, waited) + wait;
    if (!again || spent > policy.budgetMs || isAborted(signal)) throw unresolved(object, attempt, error);
    await policy.clock.sleep(wait, signal);
    waited += wait;
    if (isAborted(signal)) throw unresolved(object, attempt, error);
  }
}

interface Unsuccessful {
  readonly error: unknown;
  /** Asking again can help. */
  readonly again: boolean;
  /** The object may have been stored. */
  readonly unanswered: boolean;
}

async function put(
  gateway: S3Gateway,
  call: S3Call,
  input: PutObjectCommandInput,
  signal: AbortSignal | undefined,
): Promise<CreateResult | Unsuccessful> {
  try {
    const output = await gateway.attempt(
      'single',
      (client, sdk, options) => client.send(new sdk.PutObjectCommand(input), options),
      signal,
    );
    return readAnswer(input, output);
  } catch (error) {
    if (!(error instanceof S3RequestFailed)) return { error, again: false, unanswered: isAborted(signal) };
    const { failure } = error;
    if (failure.status === 412) return { kind: 'exists' };
    return {
      error: gateway.explain(error, call),
      again: isBusy(failure) || isTransport(failure),
      unanswered: isAborted(signal) || isTransport(failure) || isInDoubt(failure),
    };
  }
}

/** S3 repeats in its answer what it has kept; what an endpoint does not repeat, it may not have kept. */
function readAnswer(input: PutObjectCommandInput, output: PutObjectCommandOutput): CreateResult {
  const { VersionId, ChecksumSHA256, ServerSideEncryption } = output;
  const versionId = VersionId === undefined || VersionId === NO_VERSIONS ? null : VersionId;
  const confirmed: Readonly<Record<Confirmation, boolean>> = {
    'version id': versionId !== null,
    'SHA-256 checksum': ChecksumSHA256 === input.ChecksumSHA256,
    encryption: ServerSideEncryption === input.ServerSideEncryption,
  };
  const lacking = (Object.keys(confirmed) as Confirmation[]).filter((what) => !confirmed[what]);
  return { kind: 'created', versionId, lacking };
}

/** Asked anew each time: a signal changes while others are awaited. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal !== undefined && signal.aborted;
}

function putInput(
  bucket: string,
  object: CreateObject,
  kmsKeyArn: string | undefined,
): PutObjectCommandInput {
  if (object.retainUntil % 1_000 !== 0) {
    throw new RangeError(`retainUntil must be in whole seconds, found ${object.retainUntil} ms`);
  }
  return {
    Bucket: bucket,
    Key: object.key,
    Body: object.body,
    ContentLength: object.body.byteLength,
    ContentType: 'application/json',
    IfNoneMatch: '*',
    // The explicit value makes S3 store SHA-256 and refuse any other bytes; the SDK's default is a CRC.
    ChecksumAlgorithm: 'SHA256',
    ChecksumSHA256: Buffer.from(object.sha256, 'hex').toString('base64'),
    // Both headers, always: without the key's ARN S3 takes the account's own key, not the bucket's default.
    ...(kmsKeyArn === undefined
      ? { ServerSideEncryption: 'AES256' }
      : { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: kmsKeyArn }),
    ObjectLockMode: 'COMPLIANCE',
    ObjectLockRetainUntilDate: new Date(object.retainUntil),
    Metadata: { ...object.metadata },
  };
}

function unresolved(object: CreateObject, attempts: number, last: unknown): UnavailableError {
  const words = last instanceof Error ? last.message : String(last);
  return new UnavailableError(
    'PUT_UNRESOLVED',
    `no definite answer to the write of ${JSON.stringify(object.key)} after ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}; last: ${words}`,
    {
      hint: 'Either nothing was stored or the complete object was; the next run reads the bucket and goes on from there',
      cause: last,
    },
  );
}
