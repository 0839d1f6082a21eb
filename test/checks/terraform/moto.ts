import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cleanup } from '../../support/programs/cleanup';
import { startProgram } from '../../support/programs/run';
import { MotoApi } from './moto-api';

const START_MS = 30_000;
const MINIMUM_SIZE = 'x-amz-transition-default-minimum-object-size';

/** A running moto. */
export interface Moto {
  /** Endpoint of all AWS services. */
  readonly endpoint: string;
  /** Ports that are taken until the end. */
  readonly ports: readonly number[];
  /** Asks these services, as somebody else than Terraform. */
  readonly api: MotoApi;
  /** Body of the newest PutBucketReplication, of which moto keeps only a part. */
  readonly replicationSent: () => string;
}

/** Starts `moto_server` on a free port, behind the front below. */
export async function startMoto(program: string, cleanup: Cleanup): Promise<Moto> {
  const port = await freePort();
  const child = startProgram(program, ['-H', '127.0.0.1', '-p', String(port)], {
    cwd: tmpdir(),
    env: process.env,
    cleanup,
  });
  let words = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (words += chunk.toString()));
  const deadline = Date.now() + START_MS;
  for (;;) {
    // The port may have been taken in between, and then somebody else's server would answer.
    if (child.exitCode !== null) throw new Error(`moto_server ended with ${child.exitCode}: ${words.trim()}`);
    if (words.includes(`Running on http://127.0.0.1:${port}`)) break;
    if (Date.now() > deadline)
      throw new Error(`moto_server did not start within ${START_MS} ms: ${words.trim()}`);
    await sleep(100);
  }
  return startFront(port, cleanup);
}

/**
 * Passes requests on to moto, and repairs the one defect that keeps Terraform from finishing: moto forgets the
 * minimum object size of a lifecycle configuration, for which the provider waits.
 */
async function startFront(port: number, cleanup: Cleanup): Promise<Moto> {
  const sizes = new Map<string, string>();
  let replication = '';
  const server = createServer((incoming, outgoing) => {
    if (incoming.method === 'PUT' && /\?replication/.test(incoming.url ?? '')) {
      replication = '';
      incoming.on('data', (chunk: Buffer) => (replication += chunk.toString()));
    }
    forward(port, sizes, incoming, outgoing);
  });
  await listen(server);
  cleanup.add(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const front = (server.address() as AddressInfo).port;
  const endpoint = `http://127.0.0.1:${front}`;
  return {
    endpoint,
    ports: [port, front],
    api: new MotoApi(endpoint),
    replicationSent: () => replication,
  };
}

function forward(
  port: number,
  sizes: Map<string, string>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): void {
  const { method, url = '/', headers } = incoming;
  const { pathname, searchParams } = new URL(url, 'http://moto');
  const onward = request({ host: '127.0.0.1', port, method, path: url, headers }, (reply) => {
    const replyHeaders = { ...reply.headers };
    if (searchParams.has('lifecycle')) {
      const sent = headers[MINIMUM_SIZE];
      if (method === 'PUT') sizes.set(pathname, typeof sent === 'string' ? sent : 'all_storage_classes_128K');
      const size = sizes.get(pathname);
      if (size !== undefined) replyHeaders[MINIMUM_SIZE] = size;
    }
    outgoing.writeHead(reply.statusCode ?? 502, replyHeaders);
    reply.pipe(outgoing);
  });
  onward.on('error', () => outgoing.destroy());
  incoming.pipe(onward);
}

/** Makes a role that scenarios expect to exist. */
export async function createRole(api: MotoApi, name: string): Promise<void> {
  const trust = { Version: '2012-10-17', Statement: [] };
  const parameters = { RoleName: name, AssumeRolePolicyDocument: JSON.stringify(trust) };
  await api.form('iam', 'CreateRole', parameters);
}

/** A port that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createTcpServer();
  await listen(server);
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function listen(server: TcpServer): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
}
