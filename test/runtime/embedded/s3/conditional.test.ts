import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { codeOf, raw } from './support/raw-http';
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

/** Sends headers as they are written: the SDK would tidy tags and dates. */
const send = (method: string, key: string, headers: Record<string, string>) =>
  raw(worm.server.endpoint, method, `/${Bucket}/${key}`, headers, method === 'PUT' ? 'replaced' : '');

describe('PUT with If-Match', () => {
  const replace = (Key: string, IfMatch: string) =>
    worm.s3.send(new PutObjectCommand({ Bucket, Key, Body: 'replaced', IfMatch }));

  test('replaces the version it names, and no other', async () => {
    const { ETag = '' } = await create('matched');
    expect(await refusal(replace('matched', '"other"'))).toEqual(FAILED);
    await replace('matched', ETag);
    expect(await refusal(replace('matched', ETag))).toEqual(FAILED);
  });

  test.each([
    ['nothing', () => Promise.resolve()],
    [
      'a delete marker',
      async () => {
        await create('absent');
        await worm.s3.send(new DeleteObjectCommand({ Bucket, Key: 'absent' }));
      },
    ],
  ])('on %s is NoSuchKey', async (_, prepare) => {
    await prepare();
    expect(await refusal(replace('absent', '"etag"'))).toEqual({ code: 'NoSuchKey', status: 404 });
  });

  test.each([
    ['with quotes', (etag: string) => `"${etag}"`, 200, ''],
    ['without quotes', (etag: string) => etag, 200, ''],
    ['that is weak', (etag: string) => `W/"${etag}"`, 412, 'PreconditionFailed'],
    ['among others', (etag: string) => `"other", "${etag}"`, 412, 'PreconditionFailed'],
    ['that is any', () => '*', 501, 'NotImplemented'],
  ])('takes a tag %s as S3 does', async (_, write, status, code) => {
    const { ETag = '' } = await worm.s3.send(new PutObjectCommand({ Bucket, Key: 'tag', Body: 'tagged' }));
    const answer = await send('PUT', 'tag', { 'if-match': write(ETag.replaceAll('"', '')) });
    expect([answer.status, codeOf(answer)]).toEqual([status, code]);
  });

  test('does not go with If-None-Match', async () => {
    const answer = await send('PUT', 'both', { 'if-match': '"a"', 'if-none-match': '*' });
    expect([answer.status, codeOf(answer)]).toEqual([501, 'NotImplemented']);
  });
});

describe('GET and HEAD', () => {
  const BODY = 'read';
  const TAG = '"ecae13117d6f0584c25a9da6c8f8415e"';
  let before = '';
  let same = '';
  let after = '';
  beforeAll(async () => {
    await create('read', BODY);
    [before, same, after] = [-1, 0, 1].map((days) => worm.clock.inDays(days).toUTCString()) as [
      string,
      string,
      string,
    ];
  });

  const cases: [string, () => Record<string, string>, number][] = [
    ['If-Match true', () => ({ 'if-match': TAG }), 200],
    ['If-Match true without quotes', () => ({ 'if-match': TAG.replaceAll('"', '') }), 200],
    ['If-Match true in a list', () => ({ 'if-match': `"other", ${TAG}` }), 200],
    ['If-Match any', () => ({ 'if-match': '*' }), 200],
    ['If-Match false', () => ({ 'if-match': '"other"' }), 412],
    ['If-Match weak', () => ({ 'if-match': `W/${TAG}` }), 412],
    ['If-None-Match true', () => ({ 'if-none-match': '"other"' }), 200],
    ['If-None-Match false', () => ({ 'if-none-match': TAG }), 304],
    ['If-None-Match false, weak', () => ({ 'if-none-match': `W/${TAG}` }), 304],
    ['If-None-Match false in a list', () => ({ 'if-none-match': `"other",${TAG}` }), 304],
    ['If-None-Match any', () => ({ 'if-none-match': '*' }), 304],
    ['If-Modified-Since true', () => ({ 'if-modified-since': before }), 200],
    ['If-Modified-Since its second', () => ({ 'if-modified-since': same }), 304],
    ['If-Modified-Since false', () => ({ 'if-modified-since': after }), 304],
    ['If-Modified-Since that is no date', () => ({ 'if-modified-since': 'yesterday' }), 200],
    ['If-Unmodified-Since true', () => ({ 'if-unmodified-since': after }), 200],
    ['If-Unmodified-Since its second', () => ({ 'if-unmodified-since': same }), 200],
    ['If-Unmodified-Since false', () => ({ 'if-unmodified-since': before }), 412],
    [
      'If-Match true before If-Unmodified-Since false',
      () => ({ 'if-match': TAG, 'if-unmodified-since': before }),
      200,
    ],
    [
      'If-Match false before If-Unmodified-Since true',
      () => ({ 'if-match': '"other"', 'if-unmodified-since': after }),
      412,
    ],
    [
      'If-None-Match false before If-Modified-Since true',
      () => ({ 'if-none-match': TAG, 'if-modified-since': before }),
      304,
    ],
    [
      'If-None-Match true before If-Modified-Since false',
      () => ({ 'if-none-match': '"other"', 'if-modified-since': after }),
      200,
    ],
    [
      'If-Match false before If-None-Match false',
      () => ({ 'if-match': '"other"', 'if-none-match': TAG }),
      412,
    ],
    ['If-Match true, If-None-Match false', () => ({ 'if-match': TAG, 'if-none-match': TAG }), 304],
  ];

  test.each(cases)('%s', async (_, headers, status) => {
    const got = await send('GET', 'read', headers());
    expect(got.status).toBe(status);
    expect(got.body).toBe(status === 200 ? BODY : status === 304 ? '' : got.body);
    if (status === 412) expect(codeOf(got)).toBe('PreconditionFailed');
    if (status === 304) {
      expect(got.headers).toMatchObject({ etag: TAG, 'last-modified': same });
    }
    expect((await send('HEAD', 'read', headers())).status).toBe(status);
  });

  test('a condition is about the version that is named', async () => {
    const old = await worm.put(Bucket, 'versions', { Body: BODY });
    await worm.put(Bucket, 'versions', { Body: 'newer' });
    expect((await send('GET', `versions?versionId=${old}`, { 'if-match': TAG })).status).toBe(200);
    expect((await send('GET', 'versions', { 'if-match': TAG })).status).toBe(412);
  });

  test.each(['if-match', 'if-none-match'])(
    '%s on nothing and on a delete marker is NoSuchKey',
    async (name) => {
      expect(codeOf(await send('GET', 'nothing', { [name]: '*' }))).toBe('NoSuchKey');
      await create(`hidden-${name}`);
      await worm.s3.send(new DeleteObjectCommand({ Bucket, Key: `hidden-${name}` }));
      expect(codeOf(await send('GET', `hidden-${name}`, { [name]: '*' }))).toBe('NoSuchKey');
    },
  );
});
