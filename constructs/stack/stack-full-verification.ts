import type { Construct } from 'constructs';
import type { AuditAnchoring } from '../audit-anchoring';
import { FullVerification } from '../compute/full-verification/full-verification';
import type { StackSettings } from './settings';

/** Full verification in several tasks, with what verifier and alarms of the stack have; undefined without a setting. */
export function newFullVerification(
  scope: Construct,
  { fullVerificationTasks: tasks, compute: options, bucketName }: StackSettings,
  { bucket, compute, alarms, writer }: AuditAnchoring,
  chainId: string,
): FullVerification | undefined {
  if (tasks === undefined || options?.verifier === undefined || compute === undefined) return undefined;
  const { databaseSecretArn, intervalMinutes, eventThreshold, settings } = options;
  const { verifier } = options;
  return new FullVerification(scope, 'FullVerification', {
    platform: compute.platform,
    bucket,
    chainId,
    tasks,
    databaseSecretArn: verifier.databaseSecretArn,
    hmacKeysSecretArn: verifier.hmacKeysSecretArn ?? options.hmacKeysSecretArn ?? '',
    secretsKeyArns: verifier.secretsKeyArns ?? options.secretsKeyArns,
    intervalMinutes,
    eventThreshold,
    settings,
    writer: { roles: writer ? [writer] : [], databaseSecretArn },
    topicArns: alarms?.topics.arns,
    ...(bucketName !== undefined && { reportsBucketName: `${bucketName}-reports` }),
  });
}
