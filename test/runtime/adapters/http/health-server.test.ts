import { connect } from 'node:net';
import type { ServiceState } from '../../../../runtime/application/service';
import {
  healthAnswer,
  REFUSED_LOGIN_MILLIS,
  startHealthServer,
} from '../../../../runtime/adapters/http/health-server';

const NOW = 1_900_000_000_000;
const STATE: ServiceState = {
  lastTick: NOW - 1_000,
  anchorProblem: null,
  loginRefusedSince: null,
  newestAnchor: { key: 'payments/2030-01-15T14-00-00Z.json', anchorSeq: 7, lastSeq: 70, ageSeconds: 12 },
  lastVerification: { verdict: 'verified', at: '2030-01-15T14:00:00Z' },
};
const SHOWN = {
  newestAnchor: { anchorSeq: 7, lastSeq: 70, ageSeconds: 12 },
  lastVerification: { verdict: 'verified', at: '2030-01-15T14:00:00Z' },
};
const STUCK = { ...STATE, lastTick: NOW - 5 * 60_000 };
const BRIEFLY_REFUSED = { ...STATE, loginRefusedSince: NOW - REFUSED_LOGIN_MILLIS + 1 };
const SHUT_OUT = { ...STATE, loginRefusedSince: NOW - REFUSED_LOGIN_MILLIS };
const TROUBLED = { ...STATE, anchorProblem: 'S3 is not there' };

test.each([
  ['/healthz', STATE, 200, { alive: true, loginRefused: false }],
  ['/healthz', TROUBLED, 200, { alive: true, loginRefused: false }],
  ['/healthz', STUCK, 503, { alive: false, loginRefused: false }],
  ['/healthz', BRIEFLY_REFUSED, 200, { alive: true, loginRefused: false }],
  ['/healthz', SHUT_OUT, 503, { alive: true, loginRefused: true }],
  ['/readyz', STATE, 200, { ready: true, alive: true, ...SHOWN }],
  ['/readyz', TROUBLED, 503, { ready: false, alive: true, ...SHOWN }],
  ['/readyz', STUCK, 503, { ready: false, alive: false, ...SHOWN }],
])('%s of %j', (path, state, status, body) => {
  expect(healthAnswer(path, state, NOW)).toEqual({ status, body });
});

test.each(['/healthz', '/readyz'])('%s shows strangers neither a key nor the text of an error', (path) => {
  const said = JSON.stringify(healthAnswer(path, { ...TROUBLED, lastTick: 0 }, NOW));
  expect(said).not.toContain('payments');
  expect(said).not.toContain('S3 is not there');
});

test.each(['/', '/healthz/', '/metrics', '', '/HEALTHZ'])('there is no %j', (path) => {
  expect(healthAnswer(path, STATE, NOW)).toBeNull();
});

const LOOPBACK = { host: '127.0.0.1', port: 0 };

describe('over HTTP', () => {
  async function serving(act: (url: string, port: number) => Promise<void>): Promise<void> {
    const server = await startHealthServer(
      LOOPBACK,
      () => STATE,
      () => NOW,
    );
    try {
      await act(`http://127.0.0.1:${server.port}`, server.port);
    } finally {
      await server.close();
    }
    await expect(fetch(`http://127.0.0.1:${server.port}/healthz`)).rejects.toThrow('fetch failed');
  }

  test('status, body and headers, with and without a query', () =>
    serving(async (url) => {
      for (const path of ['/readyz', '/readyz?probe=1']) {
        const response = await fetch(`${url}${path}`);
        expect(response.status).toBe(200);
        expect(response.headers.get('content-type')).toBe('application/json');
        expect(response.headers.get('cache-control')).toBe('no-store');
        expect(await response.json()).toEqual({ ready: true, alive: true, ...SHOWN });
      }
    }));

  test('HEAD has no body, other paths are 404, other methods 405', () =>
    serving(async (url) => {
      const head = await fetch(`${url}/healthz`, { method: 'HEAD' });
      expect([head.status, await head.text()]).toEqual([200, '']);
      expect((await fetch(`${url}/`)).status).toBe(404);
      const post = await fetch(`${url}/healthz`, { method: 'POST', body: '{}' });
      expect(post.status).toBe(405);
      expect(post.headers.get('allow')).toBe('GET, HEAD');
      expect(await post.json()).toEqual({ error: 'method not allowed' });
    }));

  test('a taken port is named, with what is allowed', () =>
    serving(async (_, port) => {
      await expect(
        startHealthServer(
          { ...LOOPBACK, port },
          () => STATE,
          () => NOW,
        ),
      ).rejects.toMatchObject({
        code: 'USAGE',
        message: `AUDIT_HTTP_PORT: found ${port}, which cannot be listened on (EADDRINUSE), allowed a free port`,
      });
    }));

  test('an address that is not of this machine is named, with what is allowed', async () => {
    const elsewhere = { host: '192.0.2.1', port: 0 };
    await expect(
      startHealthServer(
        elsewhere,
        () => STATE,
        () => NOW,
      ),
    ).rejects.toMatchObject({
      code: 'USAGE',
      message:
        'AUDIT_HTTP_HOST: found 192.0.2.1, which cannot be listened on (EADDRNOTAVAIL), allowed an address of this machine',
    });
  });

  test('who listens on one address is not reached at another', () =>
    serving(async (_, port) => {
      await expect(fetch(`http://127.0.0.2:${port}/healthz`)).rejects.toThrow('fetch failed');
    }));

  test(
    'connections that are held open keep nobody out, and are ended',
    () =>
      serving(async (url, port) => {
        const held = Array.from({ length: 200 }, () => slowRequest(port));
        await Promise.all(held.map(({ begun }) => begun));
        expect((await fetch(`${url}/healthz`)).status).toBe(200);
        await Promise.all(held.map(({ ended }) => ended));
      }),
    30_000,
  );

  test('a header that never ends is refused', () =>
    serving(async (url) => {
      const headers = { 'x-filler': 'a'.repeat(10_000) };
      expect((await fetch(`${url}/healthz`, { headers })).status).toBe(431);
    }));
});

/** A request that is begun and not ended: a header now and then, as slowloris does. */
function slowRequest(port: number) {
  const socket = connect(port, '127.0.0.1');
  const more = setInterval(() => socket.write('X-a: b\r\n'), 500);
  const ended = new Promise<void>((resolve) =>
    socket.once('close', () => {
      clearInterval(more);
      resolve();
    }),
  );
  // Whether it ends by a reset or in peace is up to the system.
  socket.on('error', () => undefined);
  const begun = new Promise<void>((resolve) =>
    socket.once('connect', () => {
      socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n');
      resolve();
    }),
  );
  return { begun: Promise.race([begun, ended]), ended };
}
