import { fail, ok, reset, ScriptedS3 } from './scripted-s3';

let s3: ScriptedS3;
beforeAll(async () => {
  s3 = await ScriptedS3.start();
});
afterAll(() => s3.stop());

test('a legal hold names the version and carries a checksum', async () => {
  s3.script(ok());
  await s3.store().setLegalHold('production/a b.json', 'v1', true);
  await s3.store().setLegalHold('production/a b.json', 'v1', false);
  expect(s3.seen.map((request) => [request.method, request.query.get('versionId')])).toEqual([
    ['PUT', 'v1'],
    ['PUT', 'v1'],
  ]);
  expect(s3.seen.map((request) => /<Status>(\w+)<\/Status>/.exec(request.body)?.[1])).toEqual(['ON', 'OFF']);
  expect(s3.seen[0]?.headers).toHaveProperty('x-amz-checksum-crc32');
});

test.each([
  ['<Days>400</Days>', 400],
  ['<Years>7</Years>', 2_555],
])('default retention %s', async (period, days) => {
  s3.script(
    ok(
      {},
      '<?xml version="1.0"?><VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>',
    ),
    ok(
      {},
      '<?xml version="1.0"?><ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule>' +
        `<DefaultRetention><Mode>COMPLIANCE</Mode>${period}</DefaultRetention></Rule></ObjectLockConfiguration>`,
    ),
  );
  await expect(s3.store().bucketLock()).resolves.toEqual({
    versioning: 'Enabled',
    objectLock: true,
    defaultRetention: { mode: 'COMPLIANCE', days },
  });
});

test('a bucket that was never versioned and has no lock', async () => {
  s3.script(
    ok({}, '<?xml version="1.0"?><VersioningConfiguration/>'),
    fail(404, 'ObjectLockConfigurationNotFoundError'),
  );
  await expect(s3.store().bucketLock()).resolves.toEqual({
    versioning: 'Off',
    objectLock: false,
    defaultRetention: null,
  });
});

test('a reset while asking for the lock is repeated, then reported', async () => {
  s3.script(reset);
  await expect(s3.store().bucketLock()).rejects.toMatchObject({ code: 'S3_UNREACHABLE' });
  expect(s3.seen).toHaveLength(3);
});

test('close before the first request, and twice, is allowed', () => {
  const store = s3.store();
  store.close();
  expect(() => store.close()).not.toThrow();
});
