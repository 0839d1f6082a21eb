import { Scene } from '../../../support/scene';

jest.setTimeout(60_000);

let scene: Scene;
beforeAll(async () => {
  scene = await Scene.start();
});
afterAll(() => scene.stop());
beforeEach(() => scene.restore());

const OPERATIONS = ['GetBucketVersioning', 'GetObjectLockConfiguration', 'ListObjectVersions', 'GetObject'];

test.each(OPERATIONS)('503 SlowDown to %s is waited out: the verdict is the same', async (operation) => {
  const { s3, clock } = scene.embedded;
  const before = clock.now();
  s3.faults.inject({ operation, status: 503, times: 10 });
  s3.requests.clear();
  const report = await scene.verify();
  expect(report.verdict).toBe('verified');
  expect(report.findings).toEqual([]);
  expect(s3.requests.count(operation)).toBeGreaterThan(10);
  expect(clock.now()).toBeGreaterThan(before);
});

test('all of them at once, for the newest anchor alone', async () => {
  const { s3 } = scene.embedded;
  s3.faults.inject({ status: 503, times: 12 });
  expect((await scene.verify({ kind: 'latest' })).verdict).toBe('verified');
});

test('a bucket that throttles for good could not be looked at, which is no tampering', async () => {
  const { s3 } = scene.embedded;
  s3.faults.inject({ operation: 'GetObject', status: 503, times: Infinity });
  const report = await scene.verify({ kind: 'anchors-only' });
  expect(report.verdict).toBe('not evaluated');
  expect(report.findings).toMatchObject([
    { code: 'ANCHOR_UNREADABLE' },
    { code: 'ANCHOR_UNREADABLE' },
    { code: 'ANCHOR_UNREADABLE' },
  ]);
  // The first one waits for a minute; the others do not wait for another minute each.
  expect(s3.requests.count('GetObject')).toBeLessThan(60);
  s3.faults.inject({ operation: 'ListObjectVersions', status: 503, times: Infinity });
  await expect(scene.verify({ kind: 'anchors-only' })).rejects.toMatchObject({
    code: 'S3_ERROR',
    message: expect.stringContaining('HTTP 503 SlowDown') as string,
  });
});
