import { createHash } from 'node:crypto';
import { fail, ManualClock, ok, ScriptedS3, type Reply } from './scripted-s3';

const body = '{"chain_id":"production"}';
const sha256 = createHash('sha256').update(body).digest();
const headers = {
  'content-length': String(body.length),
  'last-modified': 'Thu, 01 Jan 2026 00:00:01 GMT',
  'x-amz-version-id': 'v1',
  'x-amz-checksum-sha256': sha256.toString('base64'),
  'x-amz-object-lock-mode': 'COMPLIANCE',
  'x-amz-object-lock-retain-until-date': '2027-02-05T00:00:01Z',
  'x-amz-object-lock-legal-hold': 'ON',
  'x-amz-meta-anchor-seq': '7',
  'x-amz-server-side-encryption': 'aws:kms',
  'x-amz-server-side-encryption-aws-kms-key-id': 'arn:aws:kms:eu-central-1:111122223333:key/0a1b2c3d',
};
const head = {
  key: 'production/a b.json',
  versionId: 'v1',
  lastModified: Date.UTC(2026, 0, 1, 0, 0, 1),
  size: body.length,
  checksumSha256: sha256.toString('hex'),
  lock: { mode: 'COMPLIANCE', retainUntil: Date.UTC(2027, 1, 5, 0, 0, 1) },
  legalHold: true,
  metadata: { 'anchor-seq': '7' },
  encryption: { algorithm: 'aws:kms', keyId: 'arn:aws:kms:eu-central-1:111122223333:key/0a1b2c3d' },
  storageClass: 'STANDARD',
  replication: null,
};

let s3: ScriptedS3;
beforeAll(async () => {
  s3 = await ScriptedS3.start();
});
afterAll(() => s3.stop());

const read = (maxBytes = 1_000): Promise<unknown> => s3.store().read('production/a b.json', 'v1', maxBytes);

/** Headers of a whole body, and a connection that ends in the middle of it. */
const cutOff: Reply = (_request, response) => {
  response.writeHead(200, headers);
  response.write(body.slice(0, 5));
  setTimeout(() => response.destroy(), 20);
};

/** Headers of a whole body, and silence in the middle of it. */
const stalls: Reply = (_request, response) => {
  response.writeHead(200, headers);
  response.write(body.slice(0, 5));
};

function without(...names: (keyof typeof headers)[]): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.some((left) => left === name)));
}

const unlocked = without('x-amz-object-lock-mode', 'x-amz-object-lock-retain-until-date');

describe('read', () => {
  test('asks for the version with its checksum and gives bytes and headers', async () => {
    s3.script(ok(headers, body));
    await expect(read()).resolves.toEqual({ head, body: { kind: 'bytes', bytes: Buffer.from(body) } });
    expect(s3.seen).toHaveLength(1);
    expect(s3.seen[0]).toMatchObject({
      method: 'GET',
      path: '/anchors/production/a%20b.json',
      headers: { 'x-amz-checksum-mode': 'ENABLED' },
    });
    expect(s3.seen[0]?.query.get('versionId')).toBe('v1');
  });

  test('a body that differs from its stored checksum is corrupt, with what was expected', async () => {
    s3.script(ok(headers, body.replace('production', 'Production')));
    await expect(read()).resolves.toEqual({
      head,
      body: { kind: 'corrupt', reason: expect.stringContaining(sha256.toString('base64')) },
    });
  });

  test('a body above the limit is not downloaded', async () => {
    let sent = false;
    s3.script((_request, response) => {
      response.writeHead(200, { ...headers, 'content-length': '1000000000' });
      response.write('x');
      response.on('close', () => (sent = response.writableFinished));
    });
    await expect(read(24)).resolves.toMatchObject({ body: { kind: 'oversized', size: 1_000_000_000 } });
    expect(sent).toBe(false);
  });

  test('a body exactly at the limit is read', async () => {
    s3.script(ok(headers, body));
    await expect(read(body.length)).resolves.toMatchObject({ body: { kind: 'bytes' } });
    await expect(read(body.length - 1)).resolves.toMatchObject({
      body: { kind: 'oversized', size: body.length },
    });
  });

  test('an archived version is answered by HEAD', async () => {
    s3.script(
      fail(403, 'InvalidObjectState', 'archived', { xml: '<StorageClass>DEEP_ARCHIVE</StorageClass>' }),
      ok({ ...headers, 'x-amz-storage-class': 'DEEP_ARCHIVE' }),
    );
    await expect(read()).resolves.toEqual({
      head: { ...head, storageClass: 'DEEP_ARCHIVE' },
      body: { kind: 'archived' },
    });
    expect(s3.seen.map((request) => request.method)).toEqual(['GET', 'HEAD']);
  });

  test.each(['NoSuchKey', 'NoSuchVersion'])('%s is a fault of what was asked for', async (code) => {
    s3.script(fail(404, code));
    await expect(read()).rejects.toMatchObject({
      code: 'OBJECT_NOT_FOUND',
      message: 'object "production/a b.json", version "v1" in bucket "anchors" does not exist',
    });
  });

  test('403 is not an answer about the object, and says what is needed', async () => {
    s3.script(fail(403, 'AccessDenied'));
    await expect(read()).rejects.toMatchObject({
      code: 'S3_ACCESS_DENIED',
      message: expect.stringMatching(
        /refused GetObject on object .*Needed: s3:GetObjectVersion, kms:Decrypt/,
      ),
    });
  });

  test.each([
    ['cut off', cutOff],
    ['stalled', stalls],
  ])('a %s body is downloaded again', async (_name, broken) => {
    const clock = new ManualClock();
    s3.script(broken, ok(headers, body));
    const found = await s3.store({ clock }).read('production/a b.json', 'v1', 1_000);
    expect(found.body).toEqual({ kind: 'bytes', bytes: Buffer.from(body) });
    expect(clock.waits).toEqual([150]);
  });

  test('a body that is cut off every time could not be read', async () => {
    s3.script(cutOff);
    await expect(read()).rejects.toMatchObject({ code: 'S3_UNREACHABLE' });
    expect(s3.seen).toHaveLength(3);
  });

  test('a reply about another version is refused', async () => {
    s3.script(ok({ ...headers, 'x-amz-version-id': 'v2' }, body));
    await expect(read()).rejects.toMatchObject({
      code: 'S3_ERROR',
      message: expect.stringContaining('about another version'),
    });
  });

  test('a reply without the headers of S3 is refused', async () => {
    s3.script(ok({}, body));
    await expect(read()).rejects.toMatchObject({ code: 'S3_ERROR' });
  });
});

describe('head', () => {
  const ask = (): Promise<unknown> => s3.store().head('production/a b.json', 'v1');

  test('gives the same as read', async () => {
    s3.script(ok(headers));
    await expect(ask()).resolves.toEqual(head);
    expect(s3.seen[0]).toMatchObject({ method: 'HEAD', headers: { 'x-amz-checksum-mode': 'ENABLED' } });
  });

  test('the checksum of a multipart upload is not one of the object', async () => {
    s3.script(ok({ ...headers, 'x-amz-checksum-sha256': `${sha256.toString('base64')}-2` }));
    await expect(ask()).resolves.toMatchObject({ checksumSha256: null });
  });

  test.each([
    ['PENDING', 'PENDING'],
    ['COMPLETED', 'COMPLETED'],
    ['COMPLETE', 'COMPLETED'],
    ['FAILED', 'FAILED'],
    ['REPLICA', 'REPLICA'],
    ['LATER', null],
  ])('the state of the copy: %s is %s', async (status, replication) => {
    s3.script(ok({ ...headers, 'x-amz-replication-status': status }));
    await expect(ask()).resolves.toEqual({ ...head, replication });
    s3.script(ok({ ...headers, 'x-amz-replication-status': status }, body));
    await expect(read()).resolves.toMatchObject({ head: { replication } });
  });

  test('no checksum, hold, encryption or metadata', async () => {
    s3.script(
      ok({
        'content-length': '1',
        'last-modified': 'Thu, 01 Jan 2026 00:00:01 GMT',
        'x-amz-object-lock-mode': 'GOVERNANCE',
        'x-amz-object-lock-retain-until-date': '2027-02-05T00:00:01Z',
      }),
    );
    await expect(ask()).resolves.toMatchObject({
      checksumSha256: null,
      lock: { mode: 'GOVERNANCE' },
      legalHold: false,
      encryption: { algorithm: null, keyId: null },
      metadata: {},
    });
  });

  describe('without lock headers asks for the retention', () => {
    const retention = (xml: string): Reply =>
      ok(
        {},
        `<?xml version="1.0"?><Retention xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${xml}</Retention>`,
      );

    test('and believes it', async () => {
      s3.script(
        ok(unlocked),
        retention('<Mode>COMPLIANCE</Mode><RetainUntilDate>2027-02-05T00:00:01Z</RetainUntilDate>'),
      );
      await expect(ask()).resolves.toEqual(head);
      expect(s3.seen[1]?.query.get('versionId')).toBe('v1');
      expect(s3.seen[1]?.query.has('retention')).toBe(true);
    });

    test.each([
      ['NoSuchObjectLockConfiguration', fail(404, 'NoSuchObjectLockConfiguration')],
      ['a retention that was removed', retention('')],
      ['a bucket without lock', fail(400, 'InvalidRequest', 'Bucket is missing Object Lock Configuration')],
    ])('%s is no lock', async (_name, reply) => {
      s3.script(ok(unlocked), reply);
      await expect(ask()).resolves.toEqual({ ...head, lock: null });
    });

    test('a refusal is not "no lock"', async () => {
      s3.script(ok(unlocked), fail(403, 'AccessDenied'));
      await expect(ask()).rejects.toMatchObject({
        code: 'S3_ACCESS_DENIED',
        message: expect.stringMatching(/GetObjectRetention on object .*Needed: s3:GetObjectRetention$/),
      });
    });

    test.each([
      ['the object itself', ok({}, body)],
      ['nothing', ok()],
    ])('%s as the answer is not "no lock"', async (_name, reply) => {
      s3.script(ok(unlocked), reply);
      await expect(ask()).rejects.toMatchObject({ code: 'S3_ERROR' });
    });

    test('read asks too', async () => {
      s3.script(ok(unlocked, body), fail(404, 'NoSuchObjectLockConfiguration'));
      await expect(read()).resolves.toMatchObject({ head: { lock: null }, body: { kind: 'bytes' } });
    });
  });
});
