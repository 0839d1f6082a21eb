import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { WormServer, refusal } from './support/worm-server';

const Bucket = 'conditional';
const FAILED = { code: 'PreconditionFailed', status: 412 };

let worm: WormServer;
beforeAll(async () => {
  worm = await WormServer.start();
  await worm.createBucket(Bucket);
});
afterAll(() => worm.stop());

const create = (Key: string, Body = Key) =>
  worm.s3.send(new PutObjectCommand({ Bucket, Key, Body, IfNoneMatch: '*' }));

describe('PUT with If-None-Match: *', () => {
  test('creates once', async () => {
    await create('once', 'first');
    expect(await refusal(create('once', 'second'))).toEqual(FAILED);
    const { Body } = await worm.s3.send(new GetObjectCommand({ Bucket, Key: 'once' }));
    expect(await Body?.transformToString()).toBe('first');
  });

  test('counts a delete marker as absent', async () => {
    await create('deleted');
    await worm.s3.send(new DeleteObjectCommand({ Bucket, Key: 'deleted' }));
    await create('deleted', 'again');
    const { ContentLength } = await worm.s3.send(new HeadObjectCommand({ Bucket, Key: 'deleted' }));
    expect(ContentLength).toBe(5);
  });

  test.each(Array.from({ length: 10 }, (_, round) => round))(
    'has exactly one winner among eight, round %i',
    async (round) => {
      const Key = `race-${round}`;
      const clients = Array.from({ length: 8 }, () => worm.client());
      const results = await Promise.allSettled(
        clients.map((s3, i) =>
          s3.send(new PutObjectCommand({ Bucket, Key, Body: `writer ${i}`, IfNoneMatch: '*' })),
        ),
      );
      const winners = results.flatMap((result, i) => (result.status === 'fulfilled' ? [i] : []));
      expect(winners).toHaveLength(1);
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ name: 'PreconditionFailed' });
      }
      const { Body } = await worm.s3.send(new GetObjectCommand({ Bucket, Key }));
      expect(await Body?.transformToString()).toBe(`writer ${winners[0]}`);
    },
  );

  test('takes * only', async () => {
    const request = worm.s3.send(
      new PutObjectCommand({ Bucket, Key: 'k', Body: 'x', IfNoneMatch: '"etag"' }),
    );
    expect(await refusal(request)).toEqual({ code: 'NotImplemented', status: 501 });
  });
});

describe('PUT with If-Match', () => {
  const replace = (Key: string, IfMatch: string) =>
    worm.s3.send(new PutObjectCommand({ Bucket, Key, Body: 'replaced', IfMatch }));

  test('replaces the version it names, and no other', async () => {
    const { ETag = '' } = await create('matched');
    expect(await refusal(replace('matched', '"other"'))).toEqual(FAILED);
    await replace('matched', ETag);
    expect(await refusal(replace('matched', ETag))).toEqual(FAILED);
  });

  test('on nothing is NoSuchKey', async () => {
    expect(await refusal(replace('nothing', '"etag"'))).toEqual({ code: 'NoSuchKey', status: 404 });
  });
});

describe('GET and HEAD', () => {
  test('If-Match and If-None-Match', async () => {
    const { ETag = '' } = await create('read');
    await worm.s3.send(new GetObjectCommand({ Bucket, Key: 'read', IfMatch: ETag }));
    await worm.s3.send(new GetObjectCommand({ Bucket, Key: 'read', IfNoneMatch: '"other"' }));
    const get = (more: object) =>
      refusal(worm.s3.send(new GetObjectCommand({ Bucket, Key: 'read', ...more })));
    expect(await get({ IfMatch: '"other"' })).toEqual(FAILED);
    expect((await get({ IfNoneMatch: ETag })).status).toBe(304);
    const head = await refusal(
      worm.s3.send(new HeadObjectCommand({ Bucket, Key: 'read', IfNoneMatch: ETag })),
    );
    expect(head.status).toBe(304);
  });

  test('If-Modified-Since and If-Unmodified-Since', async () => {
    await create('dated');
    const before = worm.clock.inDays(-1);
    const after = worm.clock.inDays(1);
    const head = (more: object) => worm.s3.send(new HeadObjectCommand({ Bucket, Key: 'dated', ...more }));
    await head({ IfModifiedSince: before });
    await head({ IfUnmodifiedSince: after });
    expect((await refusal(head({ IfModifiedSince: after }))).status).toBe(304);
    expect((await refusal(head({ IfUnmodifiedSince: before }))).status).toBe(412);
  });
});
