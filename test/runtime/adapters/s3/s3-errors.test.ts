import { inspect } from 'node:util';
import { AuditAnchorError, ConfigError, UnavailableError } from '../../../../runtime/errors';
import { S3AnchorStore } from '../../../../runtime/adapters/s3/s3-anchor-store';
import { toS3Error } from '../../../../runtime/adapters/s3/s3-errors';
import { describeFailure, isTransport } from '../../../../runtime/adapters/s3/s3-failure';
import { CREDENTIALS, fail, hang, ok, reset, ScriptedS3, type Reply } from './scripted-s3';

let s3: ScriptedS3;
beforeAll(async () => {
  s3 = await ScriptedS3.start();
});
afterAll(() => s3.stop());

async function listError(reply: Reply): Promise<AuditAnchorError> {
  s3.script(reply);
  return caught(s3.store().listPage({ prefix: 'production/' }));
}

async function caught(work: Promise<unknown>): Promise<AuditAnchorError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof AuditAnchorError))
    throw new Error(`expected an error of this program, got ${inspect(error)}`);
  return error;
}

/** All that a careless logger could print. */
const everything = (value: unknown): string =>
  inspect(value, { showHidden: true, depth: 10 }) + JSON.stringify(value);

const elsewhere = { headers: { 'x-amz-bucket-region': 'us-west-2' } };

test.each<[string, Reply, string, RegExp]>([
  [
    'missing bucket',
    fail(404, 'NoSuchBucket'),
    'BUCKET_NOT_FOUND',
    /^bucket "anchors" does not exist at 127\.0\.0\.1:\d+ \(region eu-central-1\)/,
  ],
  [
    'redirect with a region',
    fail(301, 'PermanentRedirect', 'go', elsewhere),
    'BUCKET_WRONG_REGION',
    /^bucket "anchors" is in us-west-2, but the configured region is eu-central-1$/,
  ],
  [
    'redirect without a region',
    fail(301, 'PermanentRedirect'),
    'BUCKET_WRONG_REGION',
    /^bucket "anchors" is in another region, but the configured region is eu-central-1$/,
  ],
  [
    'malformed authorization with a region',
    fail(400, 'AuthorizationHeaderMalformed', 'no', { xml: '<Region>us-west-2</Region>' }),
    'BUCKET_WRONG_REGION',
    /is in us-west-2/,
  ],
  [
    'malformed authorization that names the region in words',
    fail(400, 'AuthorizationHeaderMalformed', "the region 'eu-central-1' is wrong; expecting 'us-west-2'"),
    'BUCKET_WRONG_REGION',
    /is in us-west-2/,
  ],
  ['malformed authorization', fail(400, 'AuthorizationHeaderMalformed'), 'S3_CREDENTIALS', /does not accept/],
  ['unknown access key', fail(403, 'InvalidAccessKeyId'), 'S3_CREDENTIALS', /InvalidAccessKeyId/],
  ['wrong secret', fail(403, 'SignatureDoesNotMatch'), 'S3_CREDENTIALS', /SignatureDoesNotMatch/],
  ['expired token', fail(400, 'ExpiredToken'), 'S3_CREDENTIALS', /ExpiredToken/],
  [
    'no permission',
    fail(403, 'AccessDenied', 'User: u is not authorized'),
    'S3_ACCESS_DENIED',
    /refused ListObjectVersions on bucket "anchors": HTTP 403 AccessDenied: User: u is not authorized \(request id REQ123\)\. Needed: s3:ListBucketVersions$/,
  ],
  [
    'a code nobody foresaw',
    fail(400, 'Strange'),
    'S3_ERROR',
    /HTTP 400 Strange: because \(request id REQ123\)$/,
  ],
  ['a disabled KMS key', fail(400, 'KMS.DisabledException'), 'S3_ERROR', /KMS\.DisabledException/],
  ['a fault of S3', fail(500, 'InternalError'), 'S3_ERROR', /HTTP 500 InternalError/],
  ['throttling that does not end', fail(503, 'SlowDown'), 'S3_ERROR', /HTTP 503 SlowDown/],
  [
    'a page of a proxy',
    ok({ 'content-type': 'text/html' }, '<html><body><br>Sign in</body></html>'),
    'S3_ERROR',
    /HTTP 200/,
  ],
  [
    'silence',
    hang,
    'S3_TIMEOUT',
    /^S3 at 127\.0\.0\.1:\d+ did not answer ListObjectVersions .* within 400 ms$/,
  ],
  [
    'a reset connection',
    reset,
    'S3_UNREACHABLE',
    /^no answer from S3 at 127\.0\.0\.1:\d+ to ListObjectVersions: ECONNRESET$/,
  ],
])('%s', async (_name, reply, code, message) => {
  const error = await listError(reply);
  expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
  expect(error).toBeInstanceOf(/^(BUCKET_|S3_CREDENTIALS)/.test(code) ? ConfigError : UnavailableError);
  expect(error.hint).toMatch(/^[A-Z]/);
});

test('nobody at the endpoint', async () => {
  const gone = await ScriptedS3.start();
  const store = gone.store();
  await gone.stop();
  const error = await caught(store.bucketLock());
  expect(error).toMatchObject({ code: 'S3_UNREACHABLE', message: expect.stringContaining('ECONNREFUSED') });
});

test('a host name that does not exist', async () => {
  const error = await caught(s3.store({ endpoint: 'http://nowhere.invalid:9' }).bucketLock());
  expect(error).toMatchObject({
    code: 'S3_UNREACHABLE',
    message: expect.stringContaining('nowhere.invalid:9'),
  });
});

describe('before a connection is there', () => {
  const request = {
    operation: 'GetObject',
    bucket: 'anchors',
    setting: 'AUDIT_ANCHOR_BUCKET',
    region: 'eu-central-1',
    host: 's3.eu-central-1.amazonaws.com',
    timeoutMs: 30_000,
    key: 'a',
  } as const;

  test('an untrusted certificate says which setting mends it, and is not asked for again', () => {
    const failure = describeFailure(
      Object.assign(new Error('self-signed'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }),
    );
    expect(isTransport(failure)).toBe(false);
    expect(toS3Error(failure, request)).toMatchObject({
      code: 'S3_UNREACHABLE',
      message: 'no answer from S3 at s3.eu-central-1.amazonaws.com to GetObject: DEPTH_ZERO_SELF_SIGNED_CERT',
      hint: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
    });
  });

  test('a connect timeout gives its own limit, not that of the request', () => {
    const words =
      'the request socket did not establish a connection with the server within the configured timeout of 5000 ms.';
    const failure = describeFailure(Object.assign(new Error(words), { name: 'TimeoutError' }));
    expect(isTransport(failure)).toBe(true);
    expect(toS3Error(failure, request)).toMatchObject({
      code: 'S3_UNREACHABLE',
      message: expect.stringContaining('5000 ms'),
    });
  });

  test('a clock that is wrong is named', async () => {
    s3.script(fail(403, 'RequestTimeTooSkewed'));
    const error = await caught(s3.store().bucketLock());
    expect(error).toMatchObject({ code: 'S3_ERROR', hint: expect.stringContaining('Set the clock') });
  });
});

describe('HEAD, whose refusals have no body, is explained by a listing of the key', () => {
  const head = (): Promise<unknown> => s3.store().head('production/a.json', 'v1');

  test.each<[string, Reply, Reply, string]>([
    ['the bucket is missing', fail(404, ''), fail(404, 'NoSuchBucket'), 'BUCKET_NOT_FOUND'],
    ['the credentials are wrong', fail(403, ''), fail(403, 'InvalidAccessKeyId'), 'S3_CREDENTIALS'],
    ['the token has expired', fail(400, ''), fail(400, 'ExpiredToken'), 'S3_CREDENTIALS'],
    ['the object is missing', fail(404, ''), fail(403, 'AccessDenied'), 'OBJECT_NOT_FOUND'],
    ['the permission is missing', fail(403, ''), fail(403, 'AccessDenied'), 'S3_ACCESS_DENIED'],
  ])('%s', async (_name, first, second, code) => {
    s3.script(first, second);
    expect(await caught(head())).toMatchObject({ code });
    expect(s3.seen.map((request) => request.method)).toEqual(['HEAD', 'GET']);
  });

  test('a delete marker is said to be one', async () => {
    s3.script(fail(405, '', '', { headers: { 'x-amz-delete-marker': 'true' } }));
    expect(await caught(head())).toMatchObject({
      code: 'OBJECT_NOT_FOUND',
      message:
        'object "production/a.json", version "v1" in bucket "anchors" is a delete marker, it has no content',
    });
  });
});

describe('what an error may show', () => {
  test('never the credentials, also when the server quotes them', async () => {
    const { accessKeyId, secretAccessKey, sessionToken } = CREDENTIALS;
    const error = await listError(
      fail(403, 'InvalidAccessKeyId', `no such key ${accessKeyId}, ${secretAccessKey}, ${sessionToken}`, {
        xml: `<AWSAccessKeyId>${accessKeyId}</AWSAccessKeyId><StringToSign>${secretAccessKey}</StringToSign>`,
      }),
    );
    for (const secret of Object.values(CREDENTIALS)) expect(everything(error)).not.toContain(secret);
    expect(error.message).toContain('no such key [redacted], [redacted], [redacted]');
  });

  test('no control characters and no endless text of the server', async () => {
    const error = await listError(fail(400, 'Strange', `a&#x9;b\u2028c\u202ed${'x'.repeat(5_000)}`));
    expect(error.message).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u);
    expect(error.message.length).toBeLessThan(600);
  });

  test('a store shows neither credentials nor settings', () => {
    expect(everything(s3.store())).not.toContain(CREDENTIALS.secretAccessKey);
  });
});

describe('credentials that cannot be had', () => {
  const store = (credentials: () => Promise<never>): S3AnchorStore =>
    new S3AnchorStore({ bucket: 'anchors', region: 'eu-central-1', endpoint: s3.endpoint, credentials });

  test('are a fault of the configuration, not an answer of S3', async () => {
    s3.script(ok());
    const denied = Object.assign(new Error('not authorized to perform: sts:AssumeRole'), {
      name: 'AccessDenied',
    });
    const error = await caught(store(() => Promise.reject(denied)).bucketLock());
    expect(error).toMatchObject({
      code: 'S3_CREDENTIALS',
      message: 'no AWS credentials: not authorized to perform: sts:AssumeRole',
    });
    expect(s3.seen).toHaveLength(0);
  });

  test('are given up when their provider stays silent', async () => {
    s3.script(ok());
    const silent = new S3AnchorStore({
      bucket: 'anchors',
      region: 'eu-central-1',
      endpoint: s3.endpoint,
      credentials: () => new Promise<never>(() => undefined),
      credentialsTimeoutMs: 20,
    });
    const error = await caught(silent.bucketLock());
    expect(error).toMatchObject({
      code: 'S3_CREDENTIALS',
      message: expect.stringContaining('0.02 s') as string,
    });
    expect(s3.seen).toHaveLength(0);
  });

  test('do not show the command line of a credential process', async () => {
    const failed = new Error('Command failed: /bin/vault --token hvs.secret');
    const error = await caught(store(() => Promise.reject(failed)).bucketLock());
    expect(error.message).toBe('no AWS credentials: the credential_process of the profile failed');
    expect(everything(error)).not.toContain('hvs.secret');
  });
});
