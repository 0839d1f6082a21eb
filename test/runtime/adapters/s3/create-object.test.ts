import { createHash } from 'node:crypto';
import type { CreateObject } from '../../../../runtime/application/ports';
import { ConfigError, UnavailableError } from '../../../../runtime/errors';
import { fail, hang, ManualClock, ok, type Reply, reset, ScriptedS3 } from './scripted-s3';

const body = Buffer.from('{"chain_id":"production"}');
const object: CreateObject = {
  key: 'production/2026/01/01/00/anchor-20260101T000000Z.json',
  body,
  sha256: createHash('sha256').update(body).digest('hex'),
  metadata: { 'anchor-seq': '7', 'last-seq': '10' },
  retainUntil: Date.UTC(2027, 1, 5, 0, 0, 1),
};
const kept = {
  'x-amz-version-id': 'v1',
  'x-amz-checksum-sha256': createHash('sha256').update(body).digest('base64'),
  'x-amz-server-side-encryption': 'AES256',
};
const stored = ok(kept);
const created = { kind: 'created', versionId: 'v1', lacking: [] };
const conflict = fail(412, 'PreconditionFailed');

let s3: ScriptedS3;
beforeAll(async () => {
  s3 = await ScriptedS3.start();
});
afterAll(() => s3.stop());

describe('what a create sends', () => {
  test('is one conditional, locked, checksummed PUT, encrypted with the key that was named', async () => {
    const kmsKeyArn = 'arn:aws:kms:eu-central-1:111122223333:key/0a1b2c3d';
    s3.script(stored);
    await s3.store({ kmsKeyArn }).create(object);

    expect(s3.seen).toHaveLength(1);
    expect(s3.seen[0]).toMatchObject({
      method: 'PUT',
      path: '/anchors/production/2026/01/01/00/anchor-20260101T000000Z.json',
      body: body.toString(),
      headers: {
        'content-length': String(body.byteLength),
        'content-type': 'application/json',
        'if-none-match': '*',
        'x-amz-checksum-sha256': createHash('sha256').update(body).digest('base64'),
        'x-amz-sdk-checksum-algorithm': 'SHA256',
        'x-amz-server-side-encryption': 'aws:kms',
        'x-amz-server-side-encryption-aws-kms-key-id': kmsKeyArn,
        'x-amz-object-lock-mode': 'COMPLIANCE',
        'x-amz-object-lock-retain-until-date': '2027-02-05T00:00:01Z',
        'x-amz-meta-anchor-seq': '7',
        'x-amz-meta-last-seq': '10',
      },
    });
    expect(s3.seen[0]?.headers['user-agent']).toMatch(/ cdktf-audit-anchor$/);
    expect(s3.seen[0]?.headers.authorization).toContain('/eu-central-1/s3/aws4_request');
    const checksums = Object.keys(s3.seen[0]?.headers ?? {}).filter((name) =>
      name.startsWith('x-amz-checksum'),
    );
    expect(checksums).toEqual(['x-amz-checksum-sha256']);
  });

  test('sends the checksum it was given, not one of its own, so that S3 can refuse other bytes', async () => {
    s3.script(fail(400, 'BadDigest'));
    await expect(s3.store().create({ ...object, sha256: '00'.repeat(32) })).rejects.toMatchObject({
      code: 'S3_ERROR',
    });
    expect(s3.seen[0]?.headers['x-amz-checksum-sha256']).toBe(Buffer.alloc(32).toString('base64'));
  });

  test('asks for SSE-S3 when no key is named', async () => {
    s3.script(stored);
    await s3.store().create(object);
    expect(s3.seen[0]?.headers['x-amz-server-side-encryption']).toBe('AES256');
    expect(s3.seen[0]?.headers).not.toHaveProperty('x-amz-server-side-encryption-aws-kms-key-id');
  });

  test('refuses a retention that is not in whole seconds, before anything is sent', async () => {
    s3.script(stored);
    await expect(s3.store().create({ ...object, retainUntil: object.retainUntil + 1 })).rejects.toThrow(
      RangeError,
    );
    expect(s3.seen).toHaveLength(0);
  });
});

describe('definite answers', () => {
  test('200 is created, with the version id', async () => {
    s3.script(stored);
    await expect(s3.store().create(object)).resolves.toEqual(created);
  });

  test('412 is exists, without a second request', async () => {
    s3.script(conflict);
    await expect(s3.store().create(object)).resolves.toEqual({ kind: 'exists' });
    expect(s3.seen).toHaveLength(1);
  });

  test('a refusal is not repeated', async () => {
    s3.script(fail(403, 'AccessDenied'));
    await expect(s3.store().create(object)).rejects.toMatchObject({ code: 'S3_ACCESS_DENIED' });
    expect(s3.seen).toHaveLength(1);
  });

  test('a bucket without Object Lock is a fault of the configuration', async () => {
    s3.script(fail(400, 'InvalidRequest', 'Bucket is missing ObjectLockConfiguration'));
    const create = s3.store().create(object);
    await expect(create).rejects.toBeInstanceOf(ConfigError);
    await expect(create).rejects.toMatchObject({ code: 'BUCKET_NOT_LOCKED' });
  });

  test.each([
    ['no version id', { ...kept, 'x-amz-version-id': undefined }, null, ['version id']],
    ['the version id of suspended versioning', { ...kept, 'x-amz-version-id': 'null' }, null, ['version id']],
    ['no checksum', { ...kept, 'x-amz-checksum-sha256': undefined }, 'v1', ['SHA-256 checksum']],
    [
      'the checksum of other bytes',
      { ...kept, 'x-amz-checksum-sha256': Buffer.alloc(32).toString('base64') },
      'v1',
      ['SHA-256 checksum'],
    ],
    ['no encryption', { ...kept, 'x-amz-server-side-encryption': undefined }, 'v1', ['encryption']],
    ['another encryption', { ...kept, 'x-amz-server-side-encryption': 'aws:kms' }, 'v1', ['encryption']],
    ['nothing', {}, null, ['version id', 'SHA-256 checksum', 'encryption']],
  ])('200 with %s says what is lacking', async (_name, headers, versionId, lacking) => {
    s3.script(ok(JSON.parse(JSON.stringify(headers)) as Record<string, string>));
    await expect(s3.store().create(object)).resolves.toEqual({ kind: 'created', versionId, lacking });
  });

  test.each([
    ['501 NotImplemented', fail(501, 'NotImplemented'), 'BUCKET_UNFIT'],
    ['501 of a proxy', fail(501, 'Unknown'), 'BUCKET_UNFIT'],
    ['505', fail(505, 'Unknown'), 'S3_ERROR'],
    ['409 about the state of the bucket', fail(409, 'InvalidBucketState'), 'S3_ERROR'],
  ])('%s cannot get better: it is not repeated and not in doubt', async (_name, reply, code) => {
    const clock = new ManualClock();
    s3.script(reply);
    await expect(s3.store({ clock }).create(object)).rejects.toMatchObject({ code });
    expect(s3.seen).toHaveLength(1);
    expect(clock.waits).toEqual([]);
  });
});

const gatewayPage: Reply = (_request, response) => {
  response.writeHead(502, { 'content-type': 'text/html' }).end('<html><br>Bad Gateway</html>');
};

describe('answers that are asked for again', () => {
  const busy: Readonly<Record<string, Reply>> = {
    '503 SlowDown': fail(503, 'SlowDown'),
    '429': fail(429, 'TooManyRequests'),
    '500': fail(500, 'InternalError'),
    '409 of a concurrent write': fail(409, 'ConditionalRequestConflict'),
    '409 OperationAborted': fail(409, 'OperationAborted'),
    'a reply of a proxy': gatewayPage,
    'a reset connection': reset,
    silence: hang,
  };

  test.each(Object.entries(busy))('%s, then 200', async (_name, reply) => {
    const clock = new ManualClock();
    s3.script(reply, stored);
    await expect(s3.store({ clock }).create(object)).resolves.toEqual(created);
    expect(s3.seen.map((request) => request.body)).toEqual([body.toString(), body.toString()]);
    expect(clock.waits).toEqual([150]);
  });

  test('a lost reply followed by 412 is left to the caller, who can compare bytes', async () => {
    s3.script(reset, conflict);
    await expect(s3.store().create(object)).resolves.toEqual({ kind: 'exists' });
    expect(s3.seen).toHaveLength(2);
  });

  test('waits double up to ten seconds and end after the budget', async () => {
    const clock = new ManualClock();
    s3.script(fail(503, 'SlowDown'));
    const create = s3.store({ clock, createBudgetMs: 30_000 }).create(object);
    await expect(create).rejects.toMatchObject({ code: 'PUT_UNRESOLVED', cause: { code: 'S3_ERROR' } });
    expect(clock.waits).toEqual([150, 300, 600, 1_200, 2_400, 4_800, 7_500, 7_500]);
    expect(s3.seen).toHaveLength(9);
  });

  test('a clock that stands still does not make it endless', async () => {
    const waits: number[] = [];
    const clock = { now: () => 0, sleep: (ms: number) => Promise.resolve(void waits.push(ms)) };
    s3.script(fail(503, 'SlowDown'));
    await expect(s3.store({ clock, createBudgetMs: 2_000 }).create(object)).rejects.toBeInstanceOf(
      UnavailableError,
    );
    expect(waits).toEqual([150, 300, 600]);
  });
});

describe('no answer at all', () => {
  test('a silent server ends as PUT_UNRESOLVED that says what to expect', async () => {
    s3.script(hang);
    const store = s3.store({ requestTimeoutMs: 100, createBudgetMs: 500 });
    await expect(store.create(object)).rejects.toMatchObject({
      code: 'PUT_UNRESOLVED',
      message: expect.stringMatching(
        /after 3 attempts; last: S3 at 127\.0\.0\.1:\d+ did not answer PutObject .* within 100 ms/,
      ),
      hint: expect.stringContaining('Either nothing was stored or the complete object was'),
      cause: { code: 'S3_TIMEOUT' },
    });
  });

  test('a refused connection ends as PUT_UNRESOLVED too', async () => {
    const gone = await ScriptedS3.start();
    const store = gone.store({ createBudgetMs: 500 });
    await gone.stop();
    await expect(store.create(object)).rejects.toMatchObject({
      code: 'PUT_UNRESOLVED',
      cause: { code: 'S3_UNREACHABLE', message: expect.stringContaining('ECONNREFUSED') },
    });
  });

  test('a refusal after a lost reply does not hide that the object may be there', async () => {
    s3.script(reset, fail(403, 'AccessDenied'));
    await expect(s3.store().create(object)).rejects.toMatchObject({
      code: 'PUT_UNRESOLVED',
      cause: { code: 'S3_ACCESS_DENIED' },
    });
  });

  test('a refusal after plain throttling is the refusal', async () => {
    s3.script(fail(503, 'SlowDown'), fail(403, 'AccessDenied'));
    await expect(s3.store().create(object)).rejects.toMatchObject({ code: 'S3_ACCESS_DENIED' });
  });

  test('an abort ends the request under way', async () => {
    const abort = new AbortController();
    s3.script((_request, _response) => abort.abort());
    const create = s3.store({ requestTimeoutMs: 20_000 }).create(object, abort.signal);
    await expect(create).rejects.toMatchObject({ code: 'PUT_UNRESOLVED', cause: { code: 'INTERRUPTED' } });
    expect(s3.seen).toHaveLength(1);
  });

  test('an abort ends the wait between attempts', async () => {
    const abort = new AbortController();
    const clock = {
      now: () => 0,
      sleep: () => {
        abort.abort();
        return Promise.resolve();
      },
    };
    s3.script(fail(503, 'SlowDown'));
    await expect(s3.store({ clock }).create(object, abort.signal)).rejects.toMatchObject({
      code: 'PUT_UNRESOLVED',
    });
    expect(s3.seen).toHaveLength(1);
  });
});
