import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
} from '@aws-sdk/client-s3';
import { crc32c } from '../../../../runtime/embedded/s3/integrity/crc32c';
import { Crc64Nvme } from '../../../../runtime/embedded/s3/integrity/crc64nvme';
import { codeOf, raw, type RawAnswer } from './support/raw-http';
import { WormServer, refusal } from './support/worm-server';

const Bucket = 'integrity';
const BODY = 'the bytes of an anchor';
const SHA256 = createHash('sha256').update(BODY).digest('base64');

let worm: WormServer;
beforeAll(async () => {
  worm = await WormServer.start();
  await worm.createBucket(Bucket);
});
afterAll(() => worm.stop());

function base64(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes.toString('base64');
}

function crc64(...pieces: string[]): Buffer {
  const crc = new Crc64Nvme();
  for (const piece of pieces) crc.update(Buffer.from(piece));
  return crc.digest();
}

test.each([
  [['123456789'], 'ae8b14860a799888'],
  [['12', '', '3456', '789'], 'ae8b14860a799888'],
  [[''], '0000000000000000'],
  [['\0'.repeat(32)], 'cf3473434d4ecf3b'],
])('CRC-64/NVME of %j is %s', (pieces, expected) => {
  expect(crc64(...pieces).toString('hex')).toBe(expected);
});

test('CRC-32C matches the check value of its specification, whole and in pieces', () => {
  const text = Buffer.from('123456789');
  expect(crc32c(text)).toBe(0xe3069283);
  expect(crc32c(text.subarray(4), crc32c(text.subarray(0, 4)))).toBe(0xe3069283);
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
});

describe('checksums', () => {
  test.each([
    ['SHA256', SHA256],
    ['SHA1', createHash('sha1').update(BODY).digest('base64')],
    ['CRC64NVME', crc64(BODY).toString('base64')],
    ['CRC32', base64(crc32(BODY))],
    ['CRC32C', base64(crc32c(Buffer.from(BODY)))],
  ] as const)('%s is verified, stored and returned on request', async (algorithm, expected) => {
    const name = `Checksum${algorithm}` as const;
    await worm.put(Bucket, algorithm, { Body: BODY, [name]: expected });
    const asked = await worm.s3.send(
      new HeadObjectCommand({ Bucket, Key: algorithm, ChecksumMode: 'ENABLED' }),
    );
    expect(asked[name]).toBe(expected);
    expect(asked.ChecksumType).toBe('FULL_OBJECT');
    const plain = await worm.s3.send(new HeadObjectCommand({ Bucket, Key: algorithm }));
    expect(plain[name]).toBeUndefined();

    const wrong = worm.put(Bucket, `${algorithm}-wrong`, { Body: `${BODY}!`, [name]: expected });
    expect(await refusal(wrong)).toEqual({ code: 'BadDigest', status: 400 });
    const list = await worm.s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: `${algorithm}-wrong` }));
    expect(list.Versions).toBeUndefined();
  });

  test('CRC64NVME is what an upload gets that declares none', async () => {
    await raw(worm.server.endpoint, 'PUT', `/${Bucket}/undeclared`, {}, BODY);
    const head = await worm.s3.send(
      new HeadObjectCommand({ Bucket, Key: 'undeclared', ChecksumMode: 'ENABLED' }),
    );
    expect(head.ChecksumCRC64NVME).toBe(crc64(BODY).toString('base64'));
    const { Versions } = await worm.s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: 'undeclared' }));
    expect(Versions?.[0]?.ChecksumAlgorithm).toEqual(['CRC64NVME']);
  });

  test('of a document are verified', async () => {
    const body = '<LegalHold><Status>ON</Status></LegalHold>';
    const hold = (value: string) =>
      raw(
        worm.server.endpoint,
        'PUT',
        `/${Bucket}/read?legal-hold`,
        { 'x-amz-checksum-crc64nvme': value },
        body,
      );
    await worm.put(Bucket, 'read');
    expect(codeOf(await hold(crc64('other').toString('base64')))).toBe('BadDigest');
    expect((await hold(crc64(body).toString('base64'))).status).toBe(200);
    const off = {
      Bucket,
      Key: 'read',
      LegalHold: { Status: 'OFF' },
      ChecksumAlgorithm: 'CRC64NVME',
    } as const;
    await worm.s3.send(new PutObjectLegalHoldCommand(off));
  });

  test('the SDK verifies the stored one while reading', async () => {
    await worm.put(Bucket, 'read', { Body: BODY, ChecksumSHA256: SHA256 });
    const { Body, ChecksumSHA256 } = await worm.s3.send(
      new GetObjectCommand({ Bucket, Key: 'read', ChecksumMode: 'ENABLED' }),
    );
    expect(ChecksumSHA256).toBe(SHA256);
    expect(await Body?.transformToString()).toBe(BODY);
  });
});

describe('headers that promise', () => {
  const put = (headers: Record<string, string>, body = BODY): Promise<RawAnswer> =>
    raw(worm.server.endpoint, 'PUT', `/${Bucket}/raw`, headers, body);

  test.each([
    ['a wrong Content-MD5', { 'content-md5': createHash('md5').update('x').digest('base64') }, 'BadDigest'],
    ['a Content-MD5 that is none', { 'content-md5': 'abc' }, 'InvalidDigest'],
    ['a checksum of the wrong length', { 'x-amz-checksum-sha256': 'abcd' }, 'InvalidRequest'],
    [
      'two checksums',
      { 'x-amz-checksum-sha256': SHA256, 'x-amz-checksum-crc32': base64(crc32(BODY)) },
      'InvalidRequest',
    ],
    ['an algorithm without a value', { 'x-amz-sdk-checksum-algorithm': 'SHA256' }, 'InvalidRequest'],
    [
      'another algorithm than the value',
      { 'x-amz-sdk-checksum-algorithm': 'CRC32', 'x-amz-checksum-sha256': SHA256 },
      'InvalidRequest',
    ],
    ['a wrong payload hash', { 'x-amz-content-sha256': '0'.repeat(64) }, 'XAmzContentSHA256Mismatch'],
    ['a kind that is not built in', { 'x-amz-checksum-xxhash64': 'AAAAAAAAAAA=' }, 'NotImplemented'],
    ['a trailer that is not built in', { 'x-amz-trailer': 'x-amz-checksum-sha512' }, 'NotImplemented'],
    [
      'more than 5 GiB',
      { 'content-length': String(5 * 1024 ** 3 + 1), connection: 'close' },
      'EntityTooLarge',
    ],
  ])('refuse %s', async (_, headers, code) => {
    expect(codeOf(await put(headers))).toBe(code);
  });

  test('are believed when they hold', async () => {
    const answer = await put({
      'content-md5': createHash('md5').update(BODY).digest('base64'),
      'x-amz-sdk-checksum-algorithm': 'SHA256',
      'x-amz-checksum-sha256': SHA256,
      'x-amz-content-sha256': createHash('sha256').update(BODY).digest('hex'),
    });
    expect(answer.status).toBe(200);
    expect(answer.headers['x-amz-checksum-sha256']).toBe(SHA256);
  });

  test('without a length are MissingContentLength', async () => {
    expect(codeOf(await put({ 'transfer-encoding': 'chunked' }))).toBe('MissingContentLength');
  });
});

describe('aws-chunked bodies', () => {
  test('of an SDK stream are decoded, and the trailing checksum is stored', async () => {
    const parts = Array.from({ length: 40 }, (_, i) => Buffer.alloc(65_536, i));
    const whole = Buffer.concat(parts);
    await worm.s3.send(
      new PutObjectCommand({
        Bucket,
        Key: 'streamed',
        Body: Readable.from(parts),
        ContentLength: whole.length,
        ChecksumAlgorithm: 'SHA256',
        ContentEncoding: 'gzip',
      }),
    );
    const got = await worm.s3.send(
      new GetObjectCommand({ Bucket, Key: 'streamed', ChecksumMode: 'ENABLED' }),
    );
    expect(got.ChecksumSHA256).toBe(createHash('sha256').update(whole).digest('base64'));
    expect(got.ContentEncoding).toBe('gzip');
    expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(whole)).toBe(true);
  });

  const signed = `;chunk-signature=${'a'.repeat(64)}`;
  const chunked = (body: string, headers: Record<string, string> = {}) =>
    raw(
      worm.server.endpoint,
      'PUT',
      `/${Bucket}/chunked`,
      {
        'content-encoding': 'aws-chunked',
        'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
        'x-amz-decoded-content-length': '10',
        ...headers,
      },
      body,
    );

  test.each([
    ['signed', `5${signed}\r\nhello\r\n5${signed}\r\nworld\r\n0${signed}\r\n\r\n`],
    ['unsigned', '5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n'],
    ['with a size in capitals', 'A\r\nhelloworld\r\n0\r\n\r\n'],
    ['cut off after the last chunk', 'a\r\nhelloworld\r\n0\r\n'],
  ])('%s', async (_, body) => {
    expect((await chunked(body)).status).toBe(200);
    const got = await worm.s3.send(new GetObjectCommand({ Bucket, Key: 'chunked' }));
    expect(await got.Body?.transformToString()).toBe('helloworld');
    expect(got.ContentEncoding).toBeUndefined();
  });

  test.each([
    ['too few bytes', '5\r\nhello\r\n0\r\n\r\n', {}, 'IncompleteBody'],
    ['too many bytes', 'b\r\nhello world\r\n0\r\n\r\n', {}, 'IncompleteBody'],
    ['an end within a chunk', 'a\r\nhello', {}, 'IncompleteBody'],
    ['an end within a chunk header', 'a', {}, 'IncompleteBody'],
    ['no chunk size', 'hello\r\n', {}, 'InvalidRequest'],
    ['a chunk longer than its size', '5\r\nhelloworld\r\n0\r\n\r\n', {}, 'InvalidRequest'],
    ['an endless chunk header', `${'0'.repeat(10_000)}\r\n`, {}, 'InvalidRequest'],
    [
      'a trailer that never comes',
      'a\r\nhelloworld\r\n0\r\n\r\n',
      { 'x-amz-trailer': 'x-amz-checksum-crc32' },
      'MalformedTrailerError',
    ],
    [
      'a trailer that is wrong',
      'a\r\nhelloworld\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n',
      { 'x-amz-trailer': 'x-amz-checksum-crc32' },
      'BadDigest',
    ],
    ['no decoded length', '0\r\n\r\n', { 'x-amz-decoded-content-length': '' }, 'InvalidArgument'],
  ])('with %s are refused and leave no version', async (_, body, headers, code) => {
    const before = await worm.s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: 'chunked' }));
    expect(codeOf(await chunked(body, headers))).toBe(code);
    const after = await worm.s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: 'chunked' }));
    expect(after.Versions).toEqual(before.Versions);
  });

  test('with a signed trailer are taken', async () => {
    const trailers = `x-amz-checksum-crc32:${base64(crc32('helloworld'))}\r\nx-amz-trailer-signature:${'b'.repeat(64)}\r\n`;
    const answer = await chunked(`a${signed}\r\nhelloworld\r\n0${signed}\r\n${trailers}\r\n`, {
      'x-amz-trailer': 'x-amz-checksum-crc32',
    });
    expect(answer.headers['x-amz-checksum-crc32']).toBe(base64(crc32('helloworld')));
  });
});
