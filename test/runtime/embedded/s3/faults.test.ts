import { GetObjectCommand, HeadObjectCommand, ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { WormServer, refusal } from './support/worm-server';

const Bucket = 'faults';

let worm: WormServer;
beforeEach(async () => {
  worm = await WormServer.start();
  await worm.createBucket(Bucket);
});
afterEach(() => worm.stop());

const get = (Key: string) => worm.s3.send(new GetObjectCommand({ Bucket, Key }));
const count = async () =>
  (await worm.s3.send(new ListObjectVersionsCommand({ Bucket }))).Versions?.length ?? 0;

describe('a status', () => {
  test.each([
    [500, 'InternalError'],
    [503, 'SlowDown'],
    [403, 'AccessDenied'],
    [409, 'ConditionalRequestConflict'],
    [412, 'PreconditionFailed'],
  ])('%i answers %s once, and does nothing', async (status, code) => {
    worm.server.faults.inject({ operation: 'PutObject', status });
    expect(await refusal(worm.put(Bucket, 'key'))).toEqual({ code, status });
    expect(await count()).toBe(0);
    await worm.put(Bucket, 'key');
    expect(await count()).toBe(1);
  });

  test('with a code of its own', async () => {
    worm.server.faults.inject({ status: 503, code: 'ServiceUnavailable' });
    expect(await refusal(get('key'))).toEqual({ code: 'ServiceUnavailable', status: 503 });
  });

  test('is survived by a client that retries', async () => {
    worm.server.faults.inject({ operation: 'PutObject', status: 503, times: 2 });
    const patient = worm.client({ maxAttempts: 3, retryMode: 'standard' });
    const { PutObjectCommand } = await import('@aws-sdk/client-s3');
    await patient.send(new PutObjectCommand({ Bucket, Key: 'key', Body: Buffer.alloc(200_000) }));
    expect(worm.server.requests.count('PutObject')).toBe(3);
    expect(await count()).toBe(1);
  });
});

describe('which requests', () => {
  test('by operation, by key, by expression, and so often', async () => {
    await worm.put(Bucket, 'a/1');
    await worm.put(Bucket, 'b/1');
    const { faults } = worm.server;
    faults.inject({ operation: 'HeadObject', status: 500 });
    faults.inject({ key: 'a/1', status: 500 });
    faults.inject({ operation: 'GetObject', key: /^b\//g, status: 503, times: 2 });
    expect((await refusal(get('a/1'))).status).toBe(500);
    await get('a/1');
    expect((await refusal(get('b/1'))).status).toBe(503);
    expect((await refusal(get('b/1'))).status).toBe(503);
    await get('b/1');
    expect((await refusal(worm.s3.send(new HeadObjectCommand({ Bucket, Key: 'a/1' })))).status).toBe(500);
  });

  test('all, until cleared', async () => {
    worm.server.faults.inject({ status: 500, times: Infinity });
    for (let i = 0; i < 5; i++) expect((await refusal(get('key'))).status).toBe(500);
    worm.server.faults.clear();
    await worm.put(Bucket, 'key');
  });
});

describe('a dropped reply', () => {
  test.each([
    ['before', 0],
    ['after', 1],
  ] as const)('%s the write leaves %i versions, and no answer', async (dropReply, versions) => {
    worm.server.faults.inject({ operation: 'PutObject', dropReply });
    const { code, status } = await refusal(worm.put(Bucket, 'key'));
    expect([code, status]).toEqual(['TimeoutError', 0]);
    expect(await count()).toBe(versions);
  });

  test('after a conditional write makes the retry of the SDK see 412', async () => {
    worm.server.faults.inject({ operation: 'PutObject', dropReply: 'after' });
    const patient = worm.client({ maxAttempts: 3 });
    const { PutObjectCommand } = await import('@aws-sdk/client-s3');
    const put = new PutObjectCommand({ Bucket, Key: 'key', Body: 'x', IfNoneMatch: '*' });
    expect(await refusal(patient.send(put))).toEqual({ code: 'PreconditionFailed', status: 412 });
    expect(await count()).toBe(1);
  });

  test('of a read closes the file', async () => {
    await worm.put(Bucket, 'key');
    worm.server.faults.inject({ operation: 'GetObject', dropReply: 'after' });
    expect((await refusal(get('key'))).status).toBe(0);
    const { Body } = await get('key');
    expect(await Body?.transformToString()).toBe('key');
  });
});

describe('a delay', () => {
  test('comes before anything else', async () => {
    worm.server.faults.inject({ operation: 'PutObject', delayMs: 150 });
    const started = performance.now();
    const slow = worm.put(Bucket, 'key');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await count()).toBe(0);
    await slow;
    expect(performance.now() - started).toBeGreaterThanOrEqual(149);
    expect(await count()).toBe(1);
  });

  test('does not hold up close', async () => {
    worm.server.faults.inject({ operation: 'GetObject', delayMs: 60_000 });
    const waiting = refusal(get('key'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const started = performance.now();
    await worm.server.close();
    expect(performance.now() - started).toBeLessThan(2_000);
    expect((await waiting).status).toBe(0);
  });
});

describe('the request log', () => {
  test('counts by operation and names bucket and key', async () => {
    const { requests } = worm.server;
    requests.clear();
    await worm.put(Bucket, 'key');
    await get('key');
    await refusal(get('missing'));
    expect(requests.entries).toEqual([
      { operation: 'PutObject', bucket: Bucket, key: 'key' },
      { operation: 'GetObject', bucket: Bucket, key: 'key' },
      { operation: 'GetObject', bucket: Bucket, key: 'missing' },
    ]);
    expect([requests.count(), requests.count('GetObject'), requests.count('HeadObject')]).toEqual([3, 2, 0]);
    requests.clear();
    expect([requests.count(), requests.entries]).toEqual([0, []]);
  });
});
