import type { AnchorOutcome } from '../../../runtime/application/anchoring';
import type { Fault } from '../../../runtime/embedded/s3/faults';
import { Embedded } from '../../support/embedded';
import { anchorTwice, NEWEST, unchanged } from '../../support/half-anchored';

let servers: Embedded;
beforeAll(async () => {
  servers = await Embedded.start();
});
afterAll(() => servers.stop());
beforeEach(() => anchorTwice(servers));

describe('a bucket that cannot be asked', () => {
  const OPERATIONS = ['ListObjectVersions', 'GetObject', 'GetBucketVersioning', 'GetObjectLockConfiguration'];

  /** Anchors while the fault lasts. */
  function anchorDuring(fault: Fault): Promise<AnchorOutcome> {
    const store = servers.store({ requestTimeoutMs: 100, createBudgetMs: 2_000 });
    return unchanged(servers, () => {
      servers.s3.faults.inject({ times: Infinity, ...fault });
      return servers.anchorer({ store }).anchor({ force: 'manual' });
    });
  }

  test.each(OPERATIONS)('%s answers 500', async (operation) => {
    await expect(anchorDuring({ operation, status: 500 })).rejects.toMatchObject({ code: 'S3_ERROR' });
  });

  test.each(OPERATIONS)('%s does not answer in time', async (operation) => {
    await expect(anchorDuring({ operation, delayMs: 250 })).rejects.toMatchObject({
      code: 'S3_TIMEOUT',
    });
  });

  test.each(['ListObjectVersions', 'PutObject'])('%s is denied', async (operation) => {
    await expect(anchorDuring({ operation, status: 403 })).rejects.toMatchObject({
      code: 'S3_ACCESS_DENIED',
    });
  });

  test('the newest anchor may not be read', async () => {
    await expect(anchorDuring({ operation: 'GetObject', status: 403 })).rejects.toMatchObject({
      code: expect.stringMatching(/^S3_/) as string,
      message: expect.stringContaining(NEWEST) as string,
    });
  });

  test('the write has no definite answer', async () => {
    await expect(anchorDuring({ operation: 'PutObject', status: 503 })).rejects.toMatchObject({
      code: 'PUT_UNRESOLVED',
    });
  });

  test('the settings of the bucket may not be seen: the write itself is the test', async () => {
    servers.s3.faults.inject({ operation: 'GetBucketVersioning', status: 403, times: Infinity });
    servers.s3.faults.inject({ operation: 'GetObjectLockConfiguration', status: 403, times: Infinity });
    expect(await servers.anchorer().anchor()).toMatchObject({ kind: 'written', anchor: { anchor_seq: 3 } });
  });

  test('another time all is well: nothing is forgotten and nothing repeated', async () => {
    const anchorer = servers.anchorer();
    const anchoring = unchanged(servers, () => {
      servers.s3.faults.inject({ operation: 'ListObjectVersions', status: 403 });
      return anchorer.anchor();
    });
    await expect(anchoring).rejects.toMatchObject({ code: 'S3_ACCESS_DENIED' });
    expect(await anchorer.anchor()).toMatchObject({
      kind: 'written',
      anchor: { anchor_seq: 3, trigger: 'interval' },
    });
    expect(await servers.versions()).toHaveLength(3);
  });
});

describe('a bucket that cannot keep anchors', () => {
  const open = { objectLock: false } as const;
  const governance = { defaultMode: 'GOVERNANCE' } as const;

  test.each([
    ['without Object Lock', open, 'BUCKET_NOT_LOCKED'],
    ['with a default of GOVERNANCE', governance, 'BUCKET_NOT_COMPLIANCE'],
  ])('%s', async (_, kind, code) => {
    await servers.newBucket(kind);
    await expect(servers.anchorer().anchor()).rejects.toMatchObject({
      code,
      message: expect.stringContaining(servers.bucket) as string,
    });
    expect(await servers.versions()).toEqual([]);
  });

  test('that does not exist', async () => {
    const store = servers.store({ bucket: 'no-such-bucket-anywhere' });
    await expect(servers.anchorer({ store }).anchor()).rejects.toMatchObject({ code: 'BUCKET_NOT_FOUND' });
  });
});
