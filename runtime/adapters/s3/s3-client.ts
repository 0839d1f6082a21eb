import type * as Sdk from '@aws-sdk/client-s3';

export type S3Sdk = typeof Sdk;

/** How to reach S3. Nothing here is read from the environment except, by the SDK, the credentials. */
export interface S3Connection {
  /** Region the requests are signed for, for example `eu-central-1`. */
  readonly region: string;
  /** URL of an S3-compatible endpoint, addressed by path; AWS itself when absent. */
  readonly endpoint?: string;
  /** Access keys; the SDK's default provider chain when absent. */
  readonly credentials?: Sdk.S3ClientConfig['credentials'];
  /** Milliseconds one attempt may take, and a reply may stay silent. Default 30,000. */
  readonly requestTimeoutMs?: number;
}

export interface S3Clients {
  readonly sdk: S3Sdk;
  /** Repeats failed requests itself: for everything that can be asked twice. */
  readonly repeating: Sdk.S3Client;
  /** Sends each request once: for the write whose every answer has to be seen. */
  readonly single: Sdk.S3Client;
  destroy(): void;
}

export const DEFAULT_REQUEST_TIMEOUT_MS = 30_000;
const CONNECT_TIMEOUT_MS = 5_000;
const MAX_ATTEMPTS = 3;
const USER_AGENT = 'cdktf-audit-anchor';

/** Loads the SDK: about 0.2 s, hence not at import time. */
export async function loadS3Sdk(): Promise<S3Sdk> {
  // The SDK prints a notice about coming Node versions on stderr, where it looks like a fault of this program.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  return import('@aws-sdk/client-s3');
}

/** Makes the clients; sends nothing. */
export async function openS3Clients(connection: S3Connection): Promise<S3Clients> {
  const sdk = await loadS3Sdk();
  const timeoutMs = connection.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS;
  const shared: Sdk.S3ClientConfig = {
    region: connection.region,
    // One place decides about the endpoint: the SDK would otherwise read AWS_ENDPOINT_URL_S3 on its own and
    // address the bucket by host name, which few such endpoints serve.
    ignoreConfiguredEndpointUrls: true,
    ...(connection.endpoint === undefined ? {} : { endpoint: connection.endpoint, forcePathStyle: true }),
    customUserAgent: USER_AGENT,
  };
  const repeating = new sdk.S3Client({
    ...shared,
    ...(connection.credentials === undefined ? {} : { credentials: connection.credentials }),
    maxAttempts: MAX_ATTEMPTS,
    retryMode: 'standard',
    requestHandler: {
      connectionTimeout: Math.min(CONNECT_TIMEOUT_MS, timeoutMs),
      requestTimeout: timeoutMs,
      throwOnRequestTimeout: true,
      // requestTimeout ends with the reply's headers; this one watches its body.
      socketTimeout: timeoutMs,
    },
  });
  // One set of sockets and one cache of credentials for both.
  const single = new sdk.S3Client({
    ...shared,
    credentials: repeating.config.credentials,
    requestHandler: repeating.config.requestHandler,
    maxAttempts: 1,
  });
  return {
    sdk,
    repeating,
    single,
    destroy() {
      single.destroy();
      repeating.destroy();
    },
  };
}
