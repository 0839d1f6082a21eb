import type * as Sdk from '@aws-sdk/client-s3';
import { boundReplies } from './bounded-reply';
import { proxyAgents } from './proxy-agents';

export type S3Sdk = typeof Sdk;

/** How to reach S3. Nothing else is read from the environment but the proxies and, by the SDK, the credentials. */
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
  /** Milliseconds a provider of credentials (process, container, instance, login) may take. Default 60,000. */
  readonly credentialsTimeoutMs?: number;
}

export interface OpenS3 {
  readonly sdk: S3Sdk;
  readonly client: Sdk.S3Client;
  /** Host and port that were asked last, always the same ones for a bucket; null before the first request. */
  readonly asked: () => string | null;
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
  const [sdk, agents] = await Promise.all([loadS3Sdk(), proxyAgents(process.env)]);
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
      ...agents,
      connectionTimeout: Math.min(CONNECT_TIMEOUT_MS, timeoutMs),
      requestTimeout: timeoutMs,
      throwOnRequestTimeout: true,
      // requestTimeout ends with the reply's headers; this one watches its body.
      socketTimeout: timeoutMs,
    },
  });
  boundReplies(client.config.requestHandler);
  let asked: string | null = null;
  // Which host that is depends on partition, FIPS, dual-stack and more: only the request itself tells.
  client.middlewareStack.add(
    (next) => (args) => {
      asked = hostOf(args.request) ?? asked;
      return next(args);
    },
    { step: 'finalizeRequest', name: 'hostThatIsAsked' },
  );
  return { sdk, client, asked: () => asked };
}

function hostOf(request: unknown): string | null {
  const { hostname, port } = request as { readonly hostname?: unknown; readonly port?: unknown };
  if (typeof hostname !== 'string') return null;
  return typeof port === 'number' ? `${hostname}:${port}` : hostname;
}
