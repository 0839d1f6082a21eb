import type * as Sdk from '@aws-sdk/client-s3';
import { boundReplies } from './bounded-reply';

export type S3Sdk = typeof Sdk;

/** How to reach S3. Nothing here is read from the environment except, by the SDK, the credentials. */
export interface S3Connection {
  /** Region the requests are signed for, for example `eu-central-1`. */
  readonly region: string;
  /** URL of an S3-compatible endpoint, addressed by path; AWS itself when absent. */
  readonly endpoint?: string;
  /** Access keys; the SDK's default provider chain when absent. */
  readonly credentials?: Sdk.S3ClientConfig['credentials'];
  /** What names the bucket, for errors: an option or a variable. Default `AUDIT_ANCHOR_BUCKET`. */
  readonly setting?: string;
  /** Milliseconds one attempt may take, and a reply may stay silent. Default 30,000. */
  readonly requestTimeoutMs?: number;
}

export interface OpenS3 {
  readonly sdk: S3Sdk;
  readonly client: Sdk.S3Client;
}

export const DEFAULT_REQUEST_TIMEOUT_MS = 30_000;
const CONNECT_TIMEOUT_MS = 5_000;
const USER_AGENT = 'cdktf-audit-anchor';

/** Loads the SDK: about 0.2 s, hence not at import time. */
export async function loadS3Sdk(): Promise<S3Sdk> {
  // The SDK prints a notice about coming Node versions on stderr, where it looks like a fault of this program.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  return import('@aws-sdk/client-s3');
}

/** Makes the client; sends nothing. */
export async function openS3(connection: S3Connection): Promise<OpenS3> {
  const sdk = await loadS3Sdk();
  const timeoutMs = connection.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS;
  const client = new sdk.S3Client({
    region: connection.region,
    // One place decides about the endpoint: the SDK would otherwise read AWS_ENDPOINT_URL_S3 on its own and
    // address the bucket by host name, which few such endpoints serve.
    ignoreConfiguredEndpointUrls: true,
    ...(connection.endpoint === undefined ? {} : { endpoint: connection.endpoint, forcePathStyle: true }),
    ...(connection.credentials === undefined ? {} : { credentials: connection.credentials }),
    customUserAgent: USER_AGENT,
    // What is repeated, and when, is decided by RequestPace: for all requests together.
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: Math.min(CONNECT_TIMEOUT_MS, timeoutMs),
      requestTimeout: timeoutMs,
      throwOnRequestTimeout: true,
      // requestTimeout ends with the reply's headers; this one watches its body.
      socketTimeout: timeoutMs,
    },
  });
  boundReplies(client.config.requestHandler);
  return { sdk, client };
}
