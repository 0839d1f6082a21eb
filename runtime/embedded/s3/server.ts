import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigError } from '../../errors';
import { Dispatcher } from './dispatcher';
import { FaultInjector } from './faults';
import { Authorizer } from './policy/authorizer';
import { RequestLog } from './request-log';
import { Serialiser } from './serialiser';
import { FolderStore } from './store/folder-store';

/** The only address the server listens on. */
const HOST = '127.0.0.1';
const KEEP_ALIVE_MS = 65_000;

export interface WormS3Options {
  /** Folder store; survives restarts. Created when missing; one server at a time. */
  readonly directory: string;
  /**
   * TCP port, 0 to 65535.
   *
   * @default 0, any free one
   */
  readonly port?: number;
  /**
   * The one region there is; requests signed for another are refused, as S3 does.
   *
   * @default 'us-east-1'
   */
  readonly region?: string;
  /**
   * Time for the Date of replies, LastModified and every lock decision, milliseconds since the epoch.
   *
   * @default the machine's clock
   */
  readonly clock?: { now(): number };
  /**
   * ARN of the principal behind an access key id, for bucket policies. A role is given by its role ARN, which is
   * what aws:PrincipalArn holds for its sessions. All callers count as the account that owns the buckets.
   *
   * @default every key id is arn:aws:iam::000000000000:root
   */
  readonly principals?: Readonly<Record<string, string>>;
  /**
   * Value of aws:SecureTransport in bucket policies. The server itself speaks HTTP on loopback; true lets a
   * policy that denies plain HTTP be used as it is, false shows what it denies.
   *
   * @default true
   */
  readonly secureTransport?: boolean;
}

/** A running embedded S3 server. */
export interface WormS3 {
  /** `http://127.0.0.1:PORT`; clients need path style. */
  readonly endpoint: string;
  readonly port: number;
  /** Makes requests fail on purpose. */
  readonly faults: FaultInjector;
  /** What clients asked for. */
  readonly requests: RequestLog;
  /** Finishes writes under way, cuts every connection and frees the folder. May be called again. */
  close(): Promise<void>;
}

/**
 * Starts an S3-protocol server with Object Lock on loopback, for demonstration, development and tests. It follows
 * the documentation of S3, refuses with NotImplemented what it does not have, and keeps COMPLIANCE retention
 * against everyone who comes through the protocol. It is not a safe: signatures are not verified, nothing is
 * encrypted, and whoever can write to the folder can change it.
 * @throws ConfigError CONFIG_INVALID when the folder is in use or damaged, or the port is taken
 */
export async function startWormS3(options: WormS3Options): Promise<WormS3> {
  const {
    directory,
    port = 0,
    region = 'us-east-1',
    clock = Date,
    principals = {},
    secureTransport = true,
  } = options;
  const store = await FolderStore.open(directory);
  const faults = new FaultInjector();
  const requests = new RequestLog();
  const authorizer = new Authorizer({ region, secureTransport }, clock);
  const services = { store, serialiser: new Serialiser(), authorizer, region, clock };
  const dispatcher = new Dispatcher(services, principals, faults, requests);
  const running = new Set<Promise<void>>();
  const server = createServer((message, reply) => {
    const work = dispatcher.handle(message, reply).finally(() => running.delete(work));
    running.add(work);
  });
  // Longer than the pauses of a polling client, which would otherwise find its idle connection cut.
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  try {
    await listen(server, port);
  } catch (error) {
    await store.close();
    throw error;
  }
  const address = server.address() as AddressInfo;
  let closing: Promise<void> | undefined;
  return {
    endpoint: `http://${HOST}:${address.port}`,
    port: address.port,
    faults,
    requests,
    close: () => (closing ??= shutDown()),
  };

  async function shutDown(): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    dispatcher.stop();
    server.closeAllConnections();
    await Promise.allSettled(running);
    await closed;
    await store.close();
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(
        new ConfigError(
          'CONFIG_INVALID',
          `The embedded S3 server cannot listen on ${HOST}:${port} (${cause.code})`,
          {
            cause,
            hint: 'Choose another port, or 0 for any free one',
          },
        ),
      );
    });
    server.listen({ host: HOST, port }, resolve);
  });
}
