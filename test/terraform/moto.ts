import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cleanup } from '../support/programs/cleanup';
import { startProgram } from '../support/programs/run';

const START_MS = 30_000;
const MINIMUM_SIZE = 'x-amz-transition-default-minimum-object-size';

/** A running moto. */
export interface Moto {
  /** Endpoint of all AWS services. */
  readonly endpoint: string;
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
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
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
export async function createRole(endpoint: string, name: string): Promise<void> {
  const trust = { Version: '2012-10-17', Statement: [] };
  const body = {
    Action: 'CreateRole',
    Version: '2010-05-08',
    RoleName: name,
    AssumeRolePolicyDocument: JSON.stringify(trust),
  };
  await call(endpoint, 'iam', new URLSearchParams(body));
}

/** Asks KMS something about a key. */
export async function askKms(
  endpoint: string,
  operation: string,
  input: object,
  region: string,
): Promise<Record<string, unknown>> {
  const reply = await call(endpoint, 'kms', JSON.stringify(input), region, {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': `TrentService.${operation}`,
  });
  return JSON.parse(reply) as Record<string, unknown>;
}

/** moto reads service, region and account out of the signature, and verifies none. */
async function call(
  endpoint: string,
  service: string,
  body: URLSearchParams | string,
  region = 'us-east-1',
  headers: Record<string, string> = {},
): Promise<string> {
  const scope = `check/20300101/${region}/${service}/aws4_request`;
  const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`;
  const reply = await fetch(endpoint, { method: 'POST', body, headers: { authorization, ...headers } });
  const text = await reply.text();
  if (!reply.ok) throw new Error(`${service} of moto answers ${reply.status}: ${text}`);
  return text;
}

async function freePort(): Promise<number> {
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
