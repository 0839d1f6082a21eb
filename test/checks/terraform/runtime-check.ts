import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import * as sdk from '@aws-sdk/client-s3';
import { startEmbeddedPostgres } from '../../../runtime/embedded/postgres/start';
import type { Cleanup } from '../../support/programs/cleanup';
import { type Finished, runOrThrow, runProgram } from '../../support/programs/run';
import { BUCKET } from './scenarios';
import { fakeAws, REGISTER, withoutPrefix } from './terraform';

const ROOT = resolve(__dirname, '../../..');
const EVENTS = 25;

/** What moto does not do, and what was therefore not evaluated here. */
export const NOT_EVALUATED = [
  'the bucket policy while the runtime works: moto applies a Deny without its conditions, so the policy is removed first (test/constructs/runtime-against-policy.test.ts evaluates it)',
  'that COMPLIANCE locks cannot be shortened: moto lets them be (the conformance suite evaluates it)',
];

/** Runs the program against the bucket that Terraform made: two anchors, then the full verification. */
export async function checkRuntime(
  endpoint: string,
  gatewayEnvironment: Readonly<Record<string, unknown>>,
  cleanup: Cleanup,
): Promise<void> {
  await removePolicy(endpoint);
  const postgres = await startEmbeddedPostgres();
  cleanup.add(() => postgres.stop());
  const env = {
    ...withoutPrefix('AWS_', 'AUDIT_', 'PG', 'DATABASE_URL'),
    ...fakeAws(endpoint),
    AWS_ENDPOINT_URL_S3: endpoint,
    ...Object.fromEntries(Object.entries(gatewayEnvironment).map(([name, value]) => [name, String(value)])),
    DATABASE_URL: postgres.url,
    AUDIT_HMAC_KEYS: JSON.stringify({ k1: randomBytes(32).toString('base64') }),
    AUDIT_HMAC_ACTIVE_KEY_ID: 'k1',
  };
  const options = { cwd: ROOT, env, cleanup };
  const cli = (...args: string[]) => ['-r', REGISTER, 'runtime/cli.ts', ...args];
  const run = (input: string, ...args: string[]): Promise<Finished> =>
    runOrThrow(process.execPath, cli(...args), { ...options, input });

  await run('', 'init');
  await run(events(1), 'append');
  await run('', 'anchor', '--force');
  await run(events(EVENTS + 1), 'append');
  await run('', 'anchor', '--force');
  const { code, stdout, stderr } = await runProgram(
    process.execPath,
    cli('verify', '--full', '--json'),
    options,
  );
  assert.equal(code, 0, `verify ended with ${code}: ${stdout}${stderr}`);
  assert.match(stdout, /"verdict":\s*"verified"/);
  await assertLocked(endpoint);
}

/** What S3 itself says about the newest version. */
async function assertLocked(endpoint: string): Promise<void> {
  const client = s3(endpoint);
  try {
    const { Versions = [] } = await client.send(new sdk.ListObjectVersionsCommand({ Bucket: BUCKET }));
    assert.equal(Versions.length, 2);
    for (const { Key, VersionId } of Versions) {
      const head = await client.send(new sdk.HeadObjectCommand({ Bucket: BUCKET, Key, VersionId }));
      assert.equal(head.ObjectLockMode, 'COMPLIANCE');
      assert.equal(head.ServerSideEncryption, 'aws:kms');
      const remove = new sdk.DeleteObjectCommand({
        Bucket: BUCKET,
        Key,
        VersionId,
        BypassGovernanceRetention: true,
      });
      await assert.rejects(client.send(remove), { name: 'AccessDenied' });
    }
  } finally {
    client.destroy();
  }
}

async function removePolicy(endpoint: string): Promise<void> {
  const client = s3(endpoint);
  try {
    await client.send(new sdk.DeleteBucketPolicyCommand({ Bucket: BUCKET }));
  } finally {
    client.destroy();
  }
}

function s3(endpoint: string): sdk.S3Client {
  const credentials = { accessKeyId: 'check', secretAccessKey: 'check' };
  return new sdk.S3Client({ region: 'us-east-1', endpoint, forcePathStyle: true, credentials });
}

function events(from: number): string {
  const lines = Array.from({ length: EVENTS }, (_, at) => ({
    occurred_at: new Date(Date.now() - 60_000).toISOString(),
    actor: 'alice@example.com',
    action: `event.${from + at}`,
    outcome: 'success',
  }));
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}
