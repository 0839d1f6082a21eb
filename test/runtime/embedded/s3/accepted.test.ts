import { createHash } from 'node:crypto';
import { GetObjectRetentionCommand, ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { codeOf, raw } from './support/raw-http';
import { WormServer } from './support/worm-server';

const Bucket = 'accepted';
const OBJECT = `/${Bucket}/key`;

/** One request for every operation there is. */
const OPERATIONS = [
  ['ListBuckets', 'GET', '/'],
  ['CreateBucket', 'PUT', '/another'],
  ['HeadBucket', 'HEAD', `/${Bucket}`],
  ['ListObjects', 'GET', `/${Bucket}`],
  ['ListObjectsV2', 'GET', `/${Bucket}?list-type=2`],
  ['ListObjectVersions', 'GET', `/${Bucket}?versions`],
  ['GetBucketLocation', 'GET', `/${Bucket}?location`],
  ['GetBucketVersioning', 'GET', `/${Bucket}?versioning`],
  ['PutBucketVersioning', 'PUT', `/${Bucket}?versioning`],
  ['GetObjectLockConfiguration', 'GET', `/${Bucket}?object-lock`],
  ['PutObjectLockConfiguration', 'PUT', `/${Bucket}?object-lock`],
  ['GetBucketPolicy', 'GET', `/${Bucket}?policy`],
  ['PutBucketPolicy', 'PUT', `/${Bucket}?policy`],
  ['DeleteBucketPolicy', 'DELETE', `/${Bucket}?policy`],
  ['DeleteObjects', 'POST', `/${Bucket}?delete`],
  ['GetObject', 'GET', OBJECT],
  ['HeadObject', 'HEAD', OBJECT],
  ['PutObject', 'PUT', OBJECT],
  ['DeleteObject', 'DELETE', OBJECT],
  ['GetObjectRetention', 'GET', `${OBJECT}?retention`],
  ['PutObjectRetention', 'PUT', `${OBJECT}?retention`],
  ['GetObjectLegalHold', 'GET', `${OBJECT}?legal-hold`],
  ['PutObjectLegalHold', 'PUT', `${OBJECT}?legal-hold`],
] as const;
const WITH_BUCKET = OPERATIONS.filter(([name]) => name !== 'ListBuckets' && name !== 'CreateBucket');

let worm: WormServer;
let endpoint: string;
beforeAll(async () => {
  worm = await WormServer.start({
    principals: { elsewhere: 'arn:aws:iam::111122223333:role/reader' },
  });
  endpoint = worm.server.endpoint;
  await worm.createBucket(Bucket);
  await worm.put(Bucket, 'key');
});
afterAll(() => worm.stop());

/** What is in the bucket, to see that a refused request changed nothing. */
async function versions(): Promise<unknown> {
  const { Versions, DeleteMarkers } = await worm.s3.send(new ListObjectVersionsCommand({ Bucket }));
  return { Versions, DeleteMarkers };
}

describe.each(OPERATIONS)('%s refuses', (operation, method, path) => {
  test.each([
    'x-amz-unheard-of',
    'x-amz-mfa',
    'x-amz-object-lock-event-hold',
    'x-amz-copy-source',
    'if-range',
  ])('the header %s', async (name) => {
    const before = await versions();
    const answer = await raw(endpoint, method, path, { [name]: 'x' });
    expect(answer.status).toBe(501);
    if (method !== 'HEAD') {
      expect(codeOf(answer)).toBe('NotImplemented');
      expect(answer.body).toContain(`${name} on ${operation}`);
    }
    expect(await versions()).toEqual(before);
  });

  test.each(['unheard-of', 'acl', 'lifecycle', 'x-amz-unheard-of'])('the parameter %s', async (name) => {
    const before = await versions();
    const answer = await raw(endpoint, method, `${path}${path.includes('?') ? '&' : '?'}${name}=x`);
    expect(answer.status).toBe(501);
    expect(await versions()).toEqual(before);
  });
});

describe.each(WITH_BUCKET)('the bucket owner that %s expects', (_, method, path) => {
  const ask = (owner: string) => raw(endpoint, method, path, { 'x-amz-expected-bucket-owner': owner });

  test.each([
    ['another account', '111122223333', 403, 'AccessDenied'],
    ['no account', 'me', 400, 'InvalidBucketOwnerAWSAccountID'],
    ['nothing', '', 400, 'InvalidBucketOwnerAWSAccountID'],
  ])('%s', async (_name, owner, status, code) => {
    const before = await versions();
    const answer = await ask(owner);
    expect(answer.status).toBe(status);
    if (method !== 'HEAD') expect(codeOf(answer)).toBe(code);
    expect(await versions()).toEqual(before);
  });
});

test('the bucket owner that is expected is the account of the caller', async () => {
  const expecting = (owner: string, keyId: string) =>
    raw(endpoint, 'GET', OBJECT, {
      authorization: `AWS4-HMAC-SHA256 Credential=${keyId}/20300615/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0`,
      'x-amz-expected-bucket-owner': owner,
    });
  expect((await expecting('000000000000', 'test')).body).toBe('key');
  expect((await expecting('111122223333', 'elsewhere')).body).toBe('key');
  expect((await expecting('000000000000', 'elsewhere')).status).toBe(403);
});

describe('what S3 has and this server has not', () => {
  test.each([
    ['PutObject', 'PUT', 'x-amz-tagging', 501, 'NotImplemented'],
    ['PutObject', 'PUT', 'x-amz-server-side-encryption-customer-algorithm', 501, 'NotImplemented'],
    ['PutObject', 'PUT', 'x-amz-server-side-encryption-context', 501, 'NotImplemented'],
    ['PutObject', 'PUT', 'x-amz-website-redirect-location', 501, 'NotImplemented'],
    ['PutObject', 'PUT', 'x-amz-grant-read', 501, 'NotImplemented'],
    ['PutObject', 'PUT', 'x-amz-write-offset-bytes', 501, 'NotImplemented'],
    ['PutObject', 'PUT', 'if-modified-since', 501, 'NotImplemented'],
    ['PutObject', 'PUT', 'if-unmodified-since', 501, 'NotImplemented'],
    ['DeleteObject', 'DELETE', 'if-match', 501, 'NotImplemented'],
    ['DeleteObject', 'DELETE', 'x-amz-if-match-last-modified-time', 501, 'NotImplemented'],
    ['DeleteObject', 'DELETE', 'x-amz-if-match-size', 501, 'NotImplemented'],
    ['GetObject', 'GET', 'x-amz-server-side-encryption', 400, 'InvalidArgument'],
    ['GetObject', 'GET', 'x-amz-server-side-encryption-aws-kms-key-id', 400, 'InvalidArgument'],
    ['GetObject', 'GET', 'x-amz-server-side-encryption-customer-key', 501, 'NotImplemented'],
    ['HeadObject', 'HEAD', 'x-amz-server-side-encryption', 400, ''],
  ])('%s (%s) with %s', async (_, method, name, status, code) => {
    const before = await versions();
    const answer = await raw(endpoint, method, OBJECT, { [name]: 'x' });
    expect([answer.status, codeOf(answer)]).toEqual([status, code]);
    expect(await versions()).toEqual(before);
  });

  const object = (condition: string) =>
    `<Delete><Object><Key>key</Key></Object><Object><Key>key</Key>${condition}</Object></Delete>`;

  test.each([
    ['an ETag of a key to delete', 'POST', `/${Bucket}?delete`, object('<ETag>"e"</ETag>')],
    ['a size of a key to delete', 'POST', `/${Bucket}?delete`, object('<Size>3</Size>')],
    [
      'a time of a key to delete',
      'POST',
      `/${Bucket}?delete`,
      object('<LastModifiedTime>Wed, 12 Oct 2009 17:50:00 GMT</LastModifiedTime>'),
    ],
    [
      'an event hold in default retention',
      'PUT',
      `/${Bucket}?object-lock`,
      '<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>COMPLIANCE</Mode><Days>1</Days></DefaultRetention><DefaultEventHold/></Rule></ObjectLockConfiguration>',
    ],
    [
      'an event hold in retention',
      'PUT',
      `${OBJECT}?retention`,
      '<Retention><Mode>COMPLIANCE</Mode><RetainUntilDate>2031-01-01T00:00:00Z</RetainUntilDate><EventHold>ON</EventHold></Retention>',
    ],
    ['tags of a bucket', 'PUT', '/tagged', '<CreateBucketConfiguration><Tags/></CreateBucketConfiguration>'],
    [
      'MFA delete',
      'PUT',
      `/${Bucket}?versioning`,
      '<VersioningConfiguration><Status>Enabled</Status><MfaDelete>Enabled</MfaDelete></VersioningConfiguration>',
    ],
  ])('%s', async (_, method, path, body) => {
    const before = await versions();
    const digest = { 'content-md5': createHash('md5').update(body).digest('base64') };
    const answer = await raw(endpoint, method, path, digest, body);
    expect([answer.status, codeOf(answer)]).toEqual([501, 'NotImplemented']);
    expect(await versions()).toEqual(before);
  });
});

describe('a presigned URL', () => {
  const signed = (path: string, more: Record<string, string | null> = {}) => {
    const query = new URLSearchParams({
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': 'test/20300615/us-east-1/s3/aws4_request',
      'X-Amz-Date': '20300615T120000Z',
      'X-Amz-Expires': '60',
      'X-Amz-SignedHeaders': 'host',
      'X-Amz-Signature': '0'.repeat(64),
    });
    for (const [name, value] of Object.entries(more)) {
      if (value === null) query.delete(name);
      else query.set(name, value);
    }
    return `${path}?${query.toString()}`;
  };
  // Signed at 12:00:00 of the server's day, whose clock stands at 12:00:00.250.
  test.each([
    ['in its time', {}, 200, ''],
    ['to its last second', { 'X-Amz-Date': '20300615T115901Z' }, 200, ''],
    ['after its time', { 'X-Amz-Date': '20300615T115900Z' }, 403, 'AccessDenied'],
    ['of no length', { 'X-Amz-Expires': '0' }, 403, 'AccessDenied'],
    ['of a week', { 'X-Amz-Expires': '604800' }, 200, ''],
    ['of a clock a quarter of an hour ahead', { 'X-Amz-Date': '20300615T121500Z' }, 200, ''],
    ['of a clock further ahead', { 'X-Amz-Date': '20300615T121501Z' }, 403, 'AccessDenied'],
    ['of more than a week', { 'X-Amz-Expires': '604801' }, 400, 'AuthorizationQueryParametersError'],
    ['of negative length', { 'X-Amz-Expires': '-1' }, 400, 'AuthorizationQueryParametersError'],
    ['of a length that is no number', { 'X-Amz-Expires': '1h' }, 400, 'AuthorizationQueryParametersError'],
    ['without a length', { 'X-Amz-Expires': null }, 400, 'AuthorizationQueryParametersError'],
    ['without a date', { 'X-Amz-Date': null }, 400, 'AuthorizationQueryParametersError'],
    ['with another date', { 'X-Amz-Date': '2030-06-15' }, 400, 'AuthorizationQueryParametersError'],
    ['without a signature', { 'X-Amz-Signature': null }, 400, 'AuthorizationQueryParametersError'],
    ['of another algorithm', { 'X-Amz-Algorithm': 'AWS4' }, 400, 'AuthorizationQueryParametersError'],
    ['without anything', { 'X-Amz-Algorithm': null, 'X-Amz-Signature': null }, 403, 'AccessDenied'],
  ] as [string, Record<string, string | null>, number, string][])('%s', async (_, more, status, code) => {
    const answer = await raw(endpoint, 'GET', signed(OBJECT, more), { authorization: null });
    expect([answer.status, codeOf(answer)]).toEqual([status, code]);
  });

  test('beside a signed header', async () => {
    expect(codeOf(await raw(endpoint, 'GET', signed(OBJECT)))).toBe('InvalidArgument');
  });

  test('carries headers in its query, which hold as if they were sent', async () => {
    const lock = {
      'x-amz-object-lock-mode': 'COMPLIANCE',
      'x-amz-object-lock-retain-until-date': '2030-07-01T00:00:00Z',
      'x-amz-checksum-crc32': 'AAAAAA==',
    };
    const path = signed(`/${Bucket}/presigned`, lock);
    await raw(endpoint, 'PUT', path, { authorization: null });
    const { Retention } = await worm.s3.send(new GetObjectRetentionCommand({ Bucket, Key: 'presigned' }));
    expect(Retention?.Mode).toBe('COMPLIANCE');
    const other = signed(OBJECT, { 'x-amz-expected-bucket-owner': '111122223333' });
    expect(codeOf(await raw(endpoint, 'GET', other, { authorization: null }))).toBe('AccessDenied');
  });
});

test('names of the client are ignored in a query', async () => {
  expect((await raw(endpoint, 'GET', `${OBJECT}?x-id=GetObject&x-mine`)).body).toBe('key');
});

test.each([
  ['RestoreStatus', 200],
  ['Nonsense', 400],
])('listings take x-amz-optional-object-attributes: %s with %i', async (value, status) => {
  const header = { 'x-amz-optional-object-attributes': value };
  expect((await raw(endpoint, 'GET', `/${Bucket}?list-type=2`, header)).status).toBe(status);
});
