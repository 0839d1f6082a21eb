import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ServiceState } from '../../application/service';
import { ENV } from '../../contract';
import { ConfigError } from '../../errors';
import { boundedConnections } from './bounded-connections';

/** A loop that has not come round for this long is stuck: longer than any timeout inside of it. */
const STUCK_MILLIS = 5 * 60_000;
/**
 * How long logins may be refused before the task counts as unhealthy: an orchestrator hands secrets over at the start
 * only, so a password that was rotated needs a new task.
 */
export const REFUSED_LOGIN_MILLIS = 2 * 60_000;
const METHODS: readonly string[] = ['GET', 'HEAD'];

/** Whoever asks needs one request of a few hundred bytes, at once; nobody may hold more than that. */
const MAX_CONNECTIONS = 32;
const MAX_HEADER_BYTES = 8_192;
const MAX_CONNECTION_MILLIS = 3_000;

/** Where the health checks are served. */
export interface HealthPlace {
  /** IP address, or `localhost`. */
  readonly host: string;
  readonly port: number;
}

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Status and body of one path; null when there is no such path. Strangers may read it, so it names what it shows: no
 * key of the bucket and no text of an error.
 */
export function healthAnswer(
  path: string,
  { lastTick, anchorProblem, loginRefusedSince, newestAnchor, lastVerification }: ServiceState,
  now: number,
): { readonly status: 200 | 503; readonly body: unknown } | null {
  const alive = now - lastTick < STUCK_MILLIS;
  const shutOut = loginRefusedSince !== null && now - loginRefusedSince >= REFUSED_LOGIN_MILLIS;
  if (path === '/healthz') {
    return { status: alive && !shutOut ? 200 : 503, body: { alive, loginRefused: shutOut } };
  }
  if (path !== '/readyz') return null;
  const ready = alive && anchorProblem === null;
  return {
    status: ready ? 200 : 503,
    body: {
      ready,
      alive,
      newestAnchor: newestAnchor && {
        anchorSeq: newestAnchor.anchorSeq,
        lastSeq: newestAnchor.lastSeq,
        ageSeconds: newestAnchor.ageSeconds,
      },
      lastVerification: lastVerification && { verdict: lastVerification.verdict, at: lastVerification.at },
    },
  };
}

/**
 * Serves GET /healthz (the loop turns, and logins are not refused for minutes) and /readyz (anchors can be written), one request per connection.
 * @param place port 0 lets the system choose
 * @throws ConfigError `USAGE` when address or port cannot be listened on
 */
export async function startHealthServer(
  place: HealthPlace,
  state: () => ServiceState,
  now: () => number,
): Promise<HealthServer> {
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    const { status, body } = METHODS.includes(request.method ?? '')
      ? (healthAnswer(path, state(), now()) ?? { status: 404, body: { error: 'not found' } })
      : { status: 405, body: { error: 'method not allowed' } };
    response.writeHead(status, {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      connection: 'close',
      ...(status === 405 ? { allow: METHODS.join(', ') } : {}),
    });
    response.end(request.method === 'HEAD' ? undefined : `${JSON.stringify(body)}\n`);
  });
  server.on('connection', boundedConnections(MAX_CONNECTIONS, MAX_CONNECTION_MILLIS));
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(listenError(place, cause)));
    server.listen(place.port, place.host, resolve);
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

function listenError({ host, port }: HealthPlace, cause: NodeJS.ErrnoException): ConfigError {
  const reason = `which cannot be listened on (${cause.code ?? cause.message})`;
  const text =
    cause.code === 'EADDRNOTAVAIL' || cause.code === 'EAFNOSUPPORT' || cause.code === 'ENOTFOUND'
      ? `${ENV.httpHost}: found ${host}, ${reason}, allowed an address of this machine`
      : `${ENV.httpPort}: found ${port}, ${reason}, allowed a free port`;
  return new ConfigError('USAGE', text, { cause });
}
