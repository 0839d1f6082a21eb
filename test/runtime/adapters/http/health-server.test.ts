import type { ServiceState } from '../../../../runtime/application/service';
import { healthAnswer, startHealthServer } from '../../../../runtime/adapters/http/health-server';

const NOW = 1_900_000_000_000;
const STATE: ServiceState = {
  lastTick: NOW - 1_000,
  anchorProblem: null,
  newestAnchor: null,
  lastVerification: null,
};
const STUCK = { ...STATE, lastTick: NOW - 5 * 60_000 };
const TROUBLED = { ...STATE, anchorProblem: 'S3 is not there' };

test.each([
  ['/healthz', STATE, 200, { alive: true }],
  ['/healthz', TROUBLED, 200, { alive: true }],
  ['/healthz', STUCK, 503, { alive: false }],
  ['/readyz', STATE, 200, { ready: true, ...STATE }],
  ['/readyz', TROUBLED, 503, { ready: false, ...TROUBLED }],
  ['/readyz', STUCK, 503, { ready: false, ...STUCK }],
])('%s of %j', (path, state, status, body) => {
  expect(healthAnswer(path, state, NOW)).toEqual({ status, body });
});

test.each(['/', '/healthz/', '/metrics', '', '/HEALTHZ'])('there is no %j', (path) => {
  expect(healthAnswer(path, STATE, NOW)).toBeNull();
});

describe('over HTTP', () => {
  async function serving(act: (url: string, port: number) => Promise<void>): Promise<void> {
    const server = await startHealthServer(
      0,
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
        expect(await response.json()).toEqual({ ready: true, ...STATE });
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
          port,
          () => STATE,
          () => NOW,
        ),
      ).rejects.toMatchObject({
        code: 'USAGE',
        message: `AUDIT_HTTP_PORT: found ${port}, which cannot be listened on (EADDRINUSE), allowed a free port`,
      });
    }));
});
