/** Public entry of the infrastructure half. */
export { AuditAnchoring } from './audit-anchoring';
export type {
  AnchoringAlarmOptions,
  AnchoringComputeOptions,
  AuditAnchoringProps,
} from './audit-anchoring-props';

export { AccessLogsBucket } from './storage/access-logs-bucket';
export type { AccessLogsBucketProps } from './storage/access-logs-bucket';
export { AnchorBucket } from './storage/anchor-bucket';
export type { AnchorBucketProps } from './storage/anchor-bucket';
export { AnchorBucketPolicy } from './storage/anchor-bucket-policy';
export type { AnchorBucketPolicyProps } from './storage/anchor-bucket-policy';
export { AnchorEncryption } from './storage/anchor-encryption';
export { AnchorKey } from './storage/anchor-key';
export type { AnchorKeyProps } from './storage/anchor-key';
export { ExistingAnchorKey } from './storage/anchor-key-reference';
export type { ExistingAnchorKeyProps, IAnchorKey, KeyUse } from './storage/anchor-key-reference';
export { AnchorLifecycle } from './storage/anchor-lifecycle';
export type { AnchorLifecycleOptions, AnchorLifecycleProps } from './storage/anchor-lifecycle';
export { ObjectLockRetention } from './storage/object-lock-retention';
export type { ObjectLockMode } from './storage/object-lock-retention';
export type { PolicyStatement } from './storage/policy-document';
export type { WormBucket } from './storage/worm-bucket';

export { AnchorBucketGrants } from './access/grants';
export type { AnchorBucketGrantsProps, GrantProps, ReadGrantProps, WriteGrantProps } from './access/grants';
export { ServiceRole } from './access/grantee-role';
export type { Grantee, GranteeRole, ServiceRoleProps } from './access/grantee-role';
export { VerifierRole } from './access/verifier-role';
export type { VerifierRoleProps } from './access/verifier-role';

export { AnchorReplica, REPLICATION_RULE_ID } from './replication/anchor-replica';
export type { AnchorReplicaProps } from './replication/anchor-replica';

export { AnchorCompute } from './compute/anchor-compute';
export type { AnchorComputeOptions, AnchorComputeProps } from './compute/anchor-compute';
export { AnchorService } from './compute/anchor-service';
export type { AnchorServiceOptions, AnchorServiceProps } from './compute/anchor-service-props';
export type { AnchoredChain, AnchoredChainOptions } from './compute/anchored-chain';
export { DeadLetterQueue } from './compute/dead-letter-queue';
export type { DeadLetterQueueProps } from './compute/dead-letter-queue';
export { FullVerification } from './compute/full-verification';
export type {
  FullVerificationOptions,
  FullVerificationProps,
  ReportsPlace,
} from './compute/full-verification-props';
export type { RuntimeSettings } from './compute/task-environment';
export { TaskPlatform } from './compute/task-platform';
export type { TaskPlatformOptions, TaskPlatformProps } from './compute/task-platform';
export { VerifierTask } from './compute/verifier-task';
export type { VerifierTaskOptions, VerifierTaskProps, Writer } from './compute/verifier-task-props';

export { AnchorAlarms } from './monitoring/anchor-alarms';
export type { AnchorAlarmsProps, WatchedEnvironment } from './monitoring/anchor-alarms-props';
export { AnchorDashboard } from './monitoring/anchor-dashboard';
export type { AnchorDashboardProps } from './monitoring/anchor-dashboard';
export type { GatewayOptions } from './monitoring/gateway-metrics';

export { annotationsOf } from './stack/annotations';
export { AuditAnchorStack } from './stack/audit-anchor-stack';
export { projectContext } from './stack/project-context';
export { readSettings } from './stack/settings';
export type { StackSettings } from './stack/settings';

export { ConstructError } from './errors';
export type { ConstructErrorCode, PropFault } from './errors';
export type { Tags } from './tags';
