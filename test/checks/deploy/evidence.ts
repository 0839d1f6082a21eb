import assert from 'node:assert/strict';
import { EVENTS } from '../../../runtime/contract';
import { authorise, S3Calls } from '../../support/policy/api-call';
import { type Deployed, deployedFrom } from '../../support/policy/deployed';
import type { Principal } from '../../support/policy/principal';
import { callOf } from '../../support/policy/s3-request';
import type { RecordedRequest } from '../../support/recording-proxy';
import { MOTO_ACCOUNT } from '../terraform/read-back';
import type { Deployment } from './deployment';
import { RETENTION_DAYS } from './scenarios';
import type { Task } from './task-host';
import type { WormBuckets } from './worm-buckets';

/** That the bucket holds exactly the anchors of the log, each locked. */
export async function assertAnchors(
  s3: WormBuckets,
  { bucket, kmsKeyArn }: Deployment,
  tasks: readonly Task[],
): Promise<void> {
  const told = tasks.flatMap(({ log }) => log.of(EVENTS.anchorWritten));
  const stored = await s3.anchorsIn(bucket);
  assert.ok(stored.length > 0, `${bucket} is empty`);
  assert.deepEqual(
    stored.map(({ key, versionId }) => `${key} ${versionId}`).sort(),
    told.map((line) => `${String(line['key'])} ${String(line['versionId'])}`).sort(),
  );
  for (const anchor of stored) await s3.assertLocked(bucket, anchor, RETENTION_DAYS, kmsKeyArn);
}

/** That the policies which Terraform made allow each role everything that its tasks asked of S3. */
export function assertAuthorised(
  s3: WormBuckets,
  { bucket, kmsKeyArn, made, anchoring, verifyFull }: Deployment,
  principals: Readonly<Record<string, string>>,
): void {
  const deployed = deployedFrom(made, MOTO_ACCOUNT);
  const asking = new Set<string>();
  for (const { request, accessKeyId } of s3.requestsTo(bucket)) {
    const roleArn = principals[accessKeyId];
    assert.ok(
      roleArn !== undefined,
      `${request.method} ${request.path} came without the credentials of a task`,
    );
    asking.add(roleArn);
    const calls = new S3Calls(deployed, { secure: true, now: sentAt(request) });
    const outcome = authorise(roleOf(roleArn, deployed), callOf(request, calls, bucket, kmsKeyArn));
    assert.ok(outcome.allowed, `${roleArn}: ${request.method} ${request.path}: ${JSON.stringify(outcome)}`);
  }
  assert.deepEqual([...asking].sort(), [anchoring.taskRoleArn, verifyFull.task.taskRoleArn].sort());
}

/** That nothing secret is in what the tasks wrote. */
export function assertSilent(tasks: readonly Task[], secrets: readonly string[]): void {
  for (const { log, definition } of tasks) {
    const told = secrets.filter((secret) => log.text.includes(secret));
    assert.equal(told.length, 0, `${definition.family} wrote ${told.length} secrets`);
  }
}

function roleOf(arn: string, deployed: Deployed): Principal {
  const role = deployed.roles.get(arn.replace(/.*\//, ''));
  if (role === undefined) throw new Error(`Terraform made no role ${arn}`);
  return { kind: 'role', arn, policies: role.policies };
}

/** Milliseconds since 1970, from the signature's own date. */
function sentAt({ headers }: RecordedRequest): number {
  const date = headers['x-amz-date'] ?? '';
  return Date.parse(date.replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\dZ)$/, '$1-$2-$3:$4:$5'));
}
