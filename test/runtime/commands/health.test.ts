import type { RequestListener } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { probeHealth } from '../../../runtime/adapters/http/health-probe';
import { startHealthServer } from '../../../runtime/adapters/http/health-server';
import type { ServiceState } from '../../../runtime/application/service';
import { runCli } from '../../support/run-cli';

const NOW = Date.parse('2030-01-15T14:00:00Z');
const MINUTE = 60_000;

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function state(lastTick: number): ServiceState {
  return {
    lastTick,
    anchorProblem: 'S3 is down',
    loginRefusedSince: null,
    newestAnchor: null,
    lastVerification: null,
  };
}

/** Port of the daemon's own health server. */
async function daemon(lastTick: number, host = '127.0.0.1'): Promise<string> {
  const server = await startHealthServer(
    { host, port: 0 },
    () => state(lastTick),
    () => NOW,
  );
  closing.push(() => server.close());
  return String(server.port);
}

/** Port of a server of the test's own. */
async function server(listener: RequestListener): Promise<number> {
  const listening = createServer(listener);
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  closing.push(
    () =>
      new Promise((resolve) => {
        listening.close(() => resolve());
        listening.closeAllConnections();
      }),
  );
  return (listening.address() as AddressInfo).port;
}

test('a daemon whose loop turns is healthy, even while S3 is not', async () => {
  const port = await daemon(NOW - MINUTE);
  const env = { AUDIT_HTTP_PORT: port };
  const { exitCode, stdout, stderr } = await runCli(['health'], { env });
  expect({ exitCode, stdout, stderr }).toEqual({
    exitCode: 0,
    stdout: `✔ the daemon on port ${port} is healthy\n`,
    stderr: '',
  });
  const json = await runCli(['health', '--json'], { env });
  expect(json.document).toEqual({
    exitCode: 0,
    healthy: true,
    host: '127.0.0.1',
    port: Number(port),
    problem: null,
  });
});

test.each(['127.0.0.2', '0.0.0.0', 'localhost'])('the daemon is asked where it listens: %s', async (host) => {
  const port = await daemon(NOW, host);
  const env = { AUDIT_HTTP_HOST: host, AUDIT_HTTP_PORT: port };
  const { exitCode, document } = await runCli(['health', '--json'], { env });
  expect({ exitCode, document }).toMatchObject({ exitCode: 0, document: { host } });
  if (host !== '127.0.0.2') return;
  expect(await probeHealth({ host: '127.0.0.1', port: Number(port) })).toBe('no answer (ECONNREFUSED)');
});

test('a stuck daemon: exit 3', async () => {
  const port = await daemon(NOW - 10 * MINUTE);
  const { exitCode, stdout } = await runCli(['health', '--quiet'], { env: { AUDIT_HTTP_PORT: port } });
  expect({ exitCode, stdout }).toEqual({
    exitCode: 3,
    stdout: `? the daemon on port ${port} is not healthy: it answered with status 503\n`,
  });
});

test('nobody there: exit 3', async () => {
  const port = await daemon(NOW);
  await closing.pop()?.();
  const { exitCode, document } = await runCli(['health', '--json'], { env: { AUDIT_HTTP_PORT: port } });
  expect({ exitCode, document }).toEqual({
    exitCode: 3,
    document: {
      exitCode: 3,
      healthy: false,
      host: '127.0.0.1',
      port: Number(port),
      problem: 'no answer (ECONNREFUSED)',
    },
  });
});

test('a server that takes the question and is silent', async () => {
  const port = await server(() => undefined);
  expect(await probeHealth({ host: '127.0.0.1', port }, 50)).toBe('no answer within 50 ms');
});

test('a server that hangs up', async () => {
  const port = await server((request) => request.socket.destroy());
  expect(await probeHealth({ host: '127.0.0.1', port })).toBe('no answer (ECONNRESET)');
});

test.each([
  ['not set', {}, 'found nothing'],
  [
    'left to the system',
    { AUDIT_HTTP_PORT: '0' },
    'found "0", allowed a port number from 1 to 65535, in digits only',
  ],
  ['nonsense', { AUDIT_HTTP_PORT: 'http' }, 'found "http", allowed a port number from 1 to 65535'],
])('a port that is %s: exit 2', async (_name, env, found) => {
  const { exitCode, stdout, stderr } = await runCli(['health'], { env });
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toContain(`AUDIT_HTTP_PORT: ${found}`);
});
