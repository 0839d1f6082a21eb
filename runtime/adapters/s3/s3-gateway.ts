import { setMaxListeners } from 'node:events';
import type { S3Client } from '@aws-sdk/client-s3';
import { unlessAborted } from '../../application/interruption';
import { ENV } from '../../contract';
import { AuditAnchorError } from '../../errors';
import type { S3Operation } from './s3-actions';
import { DEFAULT_REQUEST_TIMEOUT_MS, openS3, type OpenS3, type S3Connection, type S3Sdk } from './s3-client';
import { credentialsError, toS3Error, type S3Request } from './s3-errors';
import type { RequestPace } from './request-pace';
import { describeFailure, printable, type S3Failure } from './s3-failure';
import { profileProblem } from './aws-profile';
import { S3RequestFailed } from './s3-request-failed';
import type { ServerTimes } from './server-times';

export interface S3Call {
  readonly operation: S3Operation;
  readonly key?: string;
  readonly versionId?: string;
  readonly kms?: boolean;
}

/** @param options for `send` */
export type Use<T> = (
  client: S3Client,
  sdk: S3Sdk,
  options: { readonly abortSignal: AbortSignal | undefined },
) => Promise<T>;

interface Ready extends OpenS3 {
  /** What no error may quote. */
  readonly secrets: readonly string[];
}

const CREDENTIALS_MS = 60_000;

/** The one place that holds the SDK's client: opens it on first use and gives every failure its name. */
export class S3Gateway {
  readonly bucket: string;
  readonly #connection: S3Connection;
  /** Where S3 is, in words, until a request has told. */
  #host: string;
  readonly #pace: RequestPace;
  #opened: Promise<OpenS3> | undefined;

  constructor(
    bucket: string,
    connection: S3Connection,
    pace: RequestPace,
    private readonly times: ServerTimes,
  ) {
    this.bucket = bucket;
    this.#connection = connection;
    this.#pace = pace;
    this.#host =
      connection.endpoint === undefined ? `AWS in ${connection.region}` : new URL(connection.endpoint).host;
  }

  /** Runs `use` and turns what fails into an error of this program; an abort of `signal` throws its reason. */
  async run<T>(call: S3Call, use: Use<T>, signal: AbortSignal | undefined): Promise<T> {
    try {
      return await this.attempt('repeating', use, signal);
    } catch (error) {
      throw this.explain(error, call);
    }
  }

  /**
   * Runs `use`; a failed request comes back as `S3RequestFailed`, for callers to whom some failures are answers.
   * @param how `repeating` for whatever can be asked twice, `single` for the write whose every answer has to be seen
   * @param signal when it aborts, its reason is thrown; by a `single` request only as long as it was not sent, and as
   *   `S3RequestFailed` after that
   */
  async attempt<T>(how: 'repeating' | 'single', use: Use<T>, signal: AbortSignal | undefined): Promise<T> {
    // Every request under way listens to it, and no longer: that many are no leak to warn of.
    if (signal) setMaxListeners(Infinity, signal);
    if (how === 'single') {
      return this.#send(await unlessAborted(() => this.#ready(), signal), use, signal);
    }
    const send = async (): Promise<T> => this.#send(await this.#ready(), use, signal);
    return this.#pace.run(() => unlessAborted(send, signal), signal);
  }

  /** The error of this program for whatever `attempt` threw. */
  explain(error: unknown, call: S3Call): unknown {
    return error instanceof S3RequestFailed ? toS3Error(error.failure, this.request(call)) : error;
  }

  /** The request in words, for errors. */
  request(call: S3Call): S3Request {
    return {
      ...call,
      bucket: this.bucket,
      setting: this.#connection.setting ?? ENV.bucket,
      region: this.#connection.region,
      host: this.#host,
      timeoutMs: this.#connection.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS,
    };
  }

  /** Ends idle connections, and the waits between attempts. */
  close(): void {
    this.#pace.close();
    const opened = this.#opened;
    this.#opened = undefined;
    // A client that failed to open has nothing to close, and its error was already given to the caller.
    opened?.then(
      ({ client }) => client.destroy(),
      () => undefined,
    );
  }

  async #open(): Promise<OpenS3> {
    const opened = await openS3(this.#connection);
    this.times.watch(opened.client);
    return opened;
  }

  async #ready(): Promise<Ready> {
    const { credentialsTimeoutMs = CREDENTIALS_MS } = this.#connection;
    this.#opened ??= this.#open();
    const opened = await this.#opened;
    return { ...opened, secrets: await readCredentials(opened.client, credentialsTimeoutMs) };
  }

  async #send<T>(
    { client, sdk, secrets, asked }: Ready,
    use: Use<T>,
    abortSignal: AbortSignal | undefined,
  ): Promise<T> {
    try {
      return await use(client, sdk, { abortSignal });
    } catch (error) {
      if (error instanceof AuditAnchorError || error instanceof S3RequestFailed) throw error;
      throw new S3RequestFailed(withoutSecrets(describeFailure(error), secrets));
    } finally {
      this.#host = asked() ?? this.#host;
    }
  }
}

/**
 * Resolves the credentials before the request, so that a failing provider (an assumed role, the instance's
 * metadata, a login that ran out) is not mistaken for an answer of S3. The SDK keeps them until they expire.
 */
async function readCredentials(client: S3Client, timeoutMs: number): Promise<readonly string[]> {
  try {
    const { accessKeyId, secretAccessKey, sessionToken } = await inTime(
      client.config.credentials(),
      timeoutMs,
    );
    return [secretAccessKey, sessionToken ?? '', accessKeyId].filter((value) => value !== '');
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    // A failing credential_process is quoted with its command line, which may hold secrets.
    const words = /command failed/i.test(message)
      ? 'the credential_process of the profile failed'
      : printable(message);
    throw credentialsError(`no AWS credentials: ${words}${profileProblem(process.env)}`);
  }
}

/** A provider that stays silent must not hold a command for ever. */
async function inTime<T>(provided: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const why = `the provider of credentials has not answered for ${timeoutMs / 1000} s`;
    timer = setTimeout(() => reject(new Error(why)), timeoutMs);
  });
  try {
    return await Promise.race([provided, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Some S3-compatible servers quote what they were sent. */
function withoutSecrets(failure: S3Failure, secrets: readonly string[]): S3Failure {
  const message = secrets.reduce((text, secret) => text.replaceAll(secret, '[redacted]'), failure.message);
  return { ...failure, message };
}
