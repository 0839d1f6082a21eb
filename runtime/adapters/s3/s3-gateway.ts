import type { S3Client } from '@aws-sdk/client-s3';
import { AuditAnchorError } from '../../errors';
import type { S3Operation } from './s3-actions';
import {
  DEFAULT_REQUEST_TIMEOUT_MS,
  openS3Clients,
  type S3Clients,
  type S3Connection,
  type S3Sdk,
} from './s3-client';
import { credentialsError, toS3Error, type S3Request } from './s3-errors';
import { describeFailure, printable, type S3Failure } from './s3-failure';

/** A request of the SDK that failed, before anyone decided what that means. */
export class S3RequestFailed extends Error {
  constructor(readonly failure: S3Failure) {
    super(failure.message);
  }
}

export interface S3Call {
  readonly operation: S3Operation;
  readonly key?: string;
  readonly versionId?: string;
  readonly kms?: boolean;
}

type Use<T> = (client: S3Client, sdk: S3Sdk) => Promise<T>;

/** The one place that holds the SDK's clients: opens them on first use and gives every failure its name. */
export class S3Gateway {
  readonly bucket: string;
  readonly #connection: S3Connection;
  readonly #host: string;
  #clients: Promise<S3Clients> | undefined;

  constructor(bucket: string, connection: S3Connection) {
    this.bucket = bucket;
    this.#connection = connection;
    this.#host =
      connection.endpoint === undefined
        ? `s3.${connection.region}.amazonaws.com`
        : new URL(connection.endpoint).host;
  }

  /** Runs `use` and turns what fails into an error of this program. */
  async run<T>(call: S3Call, use: Use<T>): Promise<T> {
    try {
      return await this.attempt('repeating', use);
    } catch (error) {
      throw this.explain(error, call);
    }
  }

  /** Runs `use`; a failed request comes back as `S3RequestFailed`, for callers to whom some failures are answers. */
  async attempt<T>(client: 'repeating' | 'single', use: Use<T>): Promise<T> {
    const clients = await this.#open();
    const secrets = await readCredentials(clients);
    try {
      return await use(clients[client], clients.sdk);
    } catch (error) {
      if (error instanceof AuditAnchorError || error instanceof S3RequestFailed) throw error;
      throw new S3RequestFailed(withoutSecrets(describeFailure(error), secrets));
    }
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
      region: this.#connection.region,
      host: this.#host,
      timeoutMs: this.#connection.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS,
    };
  }

  /** Ends idle connections. */
  close(): void {
    const clients = this.#clients;
    this.#clients = undefined;
    // A client that failed to open has nothing to close, and its error was already given to the caller.
    clients?.then(
      (opened) => opened.destroy(),
      () => undefined,
    );
  }

  #open(): Promise<S3Clients> {
    this.#clients ??= openS3Clients(this.#connection);
    return this.#clients;
  }
}

/**
 * Resolves the credentials before the request, so that a failing provider (an assumed role, the instance's
 * metadata, a login that ran out) is not mistaken for an answer of S3. The SDK keeps them until they expire.
 */
async function readCredentials(clients: S3Clients): Promise<readonly string[]> {
  try {
    const { accessKeyId, secretAccessKey, sessionToken } = await clients.repeating.config.credentials();
    return [secretAccessKey, sessionToken ?? '', accessKeyId].filter((value) => value !== '');
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    // A failing credential_process is quoted with its command line, which may hold secrets.
    const words = /command failed/i.test(message)
      ? 'the credential_process of the profile failed'
      : printable(message);
    throw credentialsError(`no AWS credentials: ${words}`);
  }
}

/** Some S3-compatible servers quote what they were sent. */
function withoutSecrets(failure: S3Failure, secrets: readonly string[]): S3Failure {
  const message = secrets.reduce((text, secret) => text.replaceAll(secret, '[redacted]'), failure.message);
  return { ...failure, message };
}
