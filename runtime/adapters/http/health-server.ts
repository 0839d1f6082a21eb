import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ServiceState } from '../../application/service';
import { ConfigError } from '../../errors';

/** A loop that has not come round for this long is stuck: longer than any timeout inside of it. */
const STUCK_MILLIS = 5 * 60_000;
const METHODS: readonly string[] = ['GET', 'HEAD'];

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Status and body of one path; null when there is no such path. */
export function healthAnswer(
  path: string,
  state: ServiceState,
  now: number,
): { readonly status: 200 | 503; readonly body: unknown } | null {
  const alive = now - state.lastTick < STUCK_MILLIS;
  if (path === '/healthz') return { status: alive ? 200 : 503, body: { alive } };
  if (path !== '/readyz') return null;
  const ready = alive && state.anchorProblem === null;
  return { status: ready ? 200 : 503, body: { ready, ...state } };
}

/**
 * Serves GET /healthz (the loop turns) and /readyz (anchors can be written).
 * @param port 0 lets the system choose
 * @throws ConfigError `USAGE` when the port is taken or not allowed
 */
export async function startHealthServer(
  port: number,
  state: () => ServiceState,
  now: () => number,
): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    const { status, body } = METHODS.includes(request.method ?? '')
      ? (healthAnswer(path, state(), now()) ?? { status: 404, body: { error: 'not found' } })
      : { status: 405, body: { error: 'method not allowed' } };
    response.writeHead(status, {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      ...(status === 405 ? { allow: METHODS.join(', ') } : {}),
    });
    response.end(request.method === 'HEAD' ? undefined : `${JSON.stringify(body)}\n`);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        new ConfigError(
          'USAGE',
          `AUDIT_HTTP_PORT: found ${port}, which cannot be listened on (${cause.code ?? cause.message}), allowed a free port`,
          { cause },
        ),
      ),
    );
    server.listen(port, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
