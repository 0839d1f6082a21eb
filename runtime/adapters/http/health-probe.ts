import { get } from 'node:http';
import type { HealthPlace } from './health-server';

/** Shorter than the 5 s that ECS gives a health check by default. */
const TIMEOUT_MILLIS = 3_000;

/** Where a server that listens on every address is asked. */
const OWN_ADDRESS: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** Asks the daemon on this machine for /healthz. Resolves with what is wrong, null when nothing is; never rejects. */
export function probeHealth({ host, port }: HealthPlace, timeoutMs = TIMEOUT_MILLIS): Promise<string | null> {
  return new Promise((resolve) => {
    const asked = { host: OWN_ADDRESS[host] ?? host, port, path: '/healthz', agent: false };
    const request = get(asked, (response) => {
      response.resume();
      resolve(response.statusCode === 200 ? null : `it answered with status ${response.statusCode ?? 0}`);
    });
    const timer = setTimeout(() => {
      resolve(`no answer within ${timeoutMs} ms`);
      request.destroy();
    }, timeoutMs);
    request.on('error', (error: NodeJS.ErrnoException) =>
      resolve(`no answer (${error.code ?? error.message})`),
    );
    request.on('close', () => clearTimeout(timer));
  });
}
