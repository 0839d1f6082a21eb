import { KMS_KEY_ARN, REGION } from '../../support/embedded';
import { CliScene } from '../../support/cli-scene';
import type { Refusal } from '../../support/refusal';
import { expectRefusal } from '../../support/refusal';

type Case = Refusal & { readonly name: string };

let scene: CliScene;
beforeAll(async () => {
  scene = await CliScene.start();
});
afterAll(() => scene?.stop());

describe('the bucket', () => {
  beforeAll(() => scene.reset());
  afterEach(() => scene.embedded.s3.faults.clear());

  const missing = (): Record<string, string> => ({ AUDIT_ANCHOR_BUCKET: 'no-such-bucket' });
  const region = (): Record<string, string> => ({
    AWS_REGION: 'eu-west-1',
    AUDIT_ANCHOR_KMS_KEY_ARN: KMS_KEY_ARN.replace(REGION, 'eu-west-1'),
  });
  test.each<Case>([
    {
      name: 'is missing',
      command: 'verify',
      more: missing,
      exitCode: 2,
      code: 'BUCKET_NOT_FOUND',
      says: /no-such-bucket/,
    },
    {
      name: 'is missing, for anchor',
      command: 'anchor --force',
      more: missing,
      exitCode: 2,
      code: 'BUCKET_NOT_FOUND',
      says: /AUDIT_ANCHOR_BUCKET/,
    },
    {
      name: 'is missing, for status',
      command: 'status',
      more: missing,
      exitCode: 2,
      code: 'BUCKET_NOT_FOUND',
      says: /no-such-bucket/,
    },
    {
      name: 'is in another region',
      command: 'verify',
      more: region,
      exitCode: 2,
      code: 'BUCKET_WRONG_REGION',
      says: /AWS_REGION/,
    },
    {
      name: 'cannot be reached',
      command: 'verify --anchors-only',
      more: () => ({ AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1' }),
      exitCode: 3,
      code: 'S3_UNREACHABLE',
      says: /could not be evaluated: .*127\.0\.0\.1:1/,
    },
  ])('$name', (each) => expectRefusal(scene, each));

  const place = 's3://no-such-bucket/2026/';
  test.each([
    ['--out', `verify --plan 2 --out ${place}`],
    ['--shard', `verify --shard ${place} --number 1`],
    ['--merge', `verify --merge ${place}`],
  ])('of %s is missing: that option is named', async (option, command) => {
    await expectRefusal(scene, {
      command,
      exitCode: 2,
      code: 'BUCKET_NOT_FOUND',
      says: new RegExp(`"no-such-bucket" does not exist[^]*Check ${option}, AWS_REGION`),
    });
  });

  test('of --out is in another region: that of the anchors stays as it is', async () => {
    scene.embedded.s3.faults.inject({ code: 'PermanentRedirect', status: 301, times: Infinity });
    await expectRefusal(scene, {
      command: `verify --plan 2 --out ${place}`,
      exitCode: 2,
      code: 'BUCKET_WRONG_REGION',
      says: /Name a bucket in us-east-1, where the anchors are, with --out/,
    });
  });

  test.each([
    ['verify', 'ListObjectVersions', 's3:ListBucketVersions'],
    ['verify --latest', 'ListObjectVersions', 's3:ListBucketVersions'],
    ['status', 'ListObjectVersions', 's3:ListBucketVersions'],
    ['anchor --force', 'PutObject', 's3:PutObject'],
  ])('may not be used by %s: %s', async (command, operation, action) => {
    scene.embedded.s3.faults.inject({ operation, status: 403, times: Infinity });
    await expectRefusal(scene, { command, exitCode: 3, code: 'S3_ACCESS_DENIED', says: new RegExp(action) });
  });

  test('has no Object Lock', async () => {
    await scene.embedded.newBucket({ objectLock: false });
    await expectRefusal(scene, {
      command: 'anchor --force',
      exitCode: 2,
      code: 'BUCKET_NOT_LOCKED',
      says: /Object Lock/,
    });
    expect(await scene.embedded.versions()).toEqual([]);
  });

  test('locks in GOVERNANCE mode', async () => {
    await scene.embedded.newBucket({ defaultMode: 'GOVERNANCE' });
    await expectRefusal(scene, {
      command: 'anchor --force',
      exitCode: 2,
      code: 'BUCKET_NOT_COMPLIANCE',
      says: /GOVERNANCE/,
    });
    expect(await scene.embedded.versions()).toEqual([]);
  });
});
