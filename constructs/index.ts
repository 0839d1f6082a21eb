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
export type { BucketPolicy, BucketPolicyProps } from './storage/bucket-policy';
export { ObjectLockRetention } from './storage/object-lock-retention';
export type { ObjectLockMode } from './storage/object-lock-retention';
export type { PolicyStatement } from './storage/policy-document';
export type { ConfigurationPart, StepOrder, WormBucket, WormBucketConfig } from './storage/worm-bucket';

export { AnchorBucketGrants } from './access/grants';
export type { AnchorBucketGrantsProps, GrantProps, ReadGrantProps, WriteGrantProps } from './access/grants';
export { ServiceRole } from './access/grantee-role';
export type { Grantee, GranteeRole, ServiceRoleProps } from './access/grantee-role';
export { VerifierRole } from './access/verifier-role';
export type { VerifierRoleProps } from './access/verifier-role';

export { AnchorReplica, REPLICATION_RULE_ID } from './replication/anchor-replica';
export type { AnchorReplicaProps } from './replication/anchor-replica';
export type { ReplicaBucket, ReplicaBucketProps } from './replication/replica-bucket';
export type { ReplicationRole, ReplicationRoleProps } from './replication/replication-role';

export { AnchorCompute } from './compute/anchor-compute';
export type { AnchorComputeOptions, AnchorComputeProps } from './compute/anchor-compute';
export type { AnchorRepository, AnchorRepositoryProps } from './compute/platform/anchor-repository';
export { AnchorService } from './compute/tasks/anchor-service';
export type { AnchorServiceOptions, AnchorServiceProps } from './compute/tasks/anchor-service-props';
export type { AnchoredChain, AnchoredChainOptions } from './compute/tasks/anchored-chain';
export type { ImageOptions } from './compute/platform/container-image';
export { DeadLetterQueue } from './compute/tasks/dead-letter-queue';
export type { DeadLetterQueueProps } from './compute/tasks/dead-letter-queue';
export type { ExecutionRole, ExecutionRoleProps } from './compute/tasks/execution-role';
export { FullVerification } from './compute/full-verification/full-verification';
export type { FullVerificationAlarms, FullVerificationAlarmsProps } from './compute/full-verification/alarms';
export type {
  FullVerificationOptions,
  FullVerificationProps,
  ReportsPlace,
} from './compute/full-verification/full-verification-props';
export type { FullVerificationReports } from './compute/full-verification/reports';
export type { FullVerificationRole, FullVerificationRoleProps } from './compute/full-verification/role';
export type {
  FullVerificationSchedule,
  FullVerificationScheduleProps,
} from './compute/full-verification/schedule';
export type { Surroundings } from './compute/platform/surroundings';
export type { AnchorTaskDefinition, AnchorTaskDefinitionProps } from './compute/tasks/task-definition';
export type { RuntimeSettings } from './compute/tasks/task-environment';
export type { TaskLogs, TaskLogsOptions, TaskLogsProps } from './compute/platform/task-logs';
export type { TaskNetwork, TaskNetworkOptions, TaskNetworkProps } from './compute/platform/task-network';
export { TaskPlatform } from './compute/platform/task-platform';
export type { TaskPlatformOptions, TaskPlatformProps } from './compute/platform/task-platform';
export type { ScheduledTask, TaskScheduler, TaskSchedulerProps } from './compute/tasks/task-scheduler';
export type { TaskSizeOptions } from './compute/tasks/task-size';
export { VerifierTask } from './compute/tasks/verifier-task';
export type { VerifyWorkersOptions } from './compute/tasks/verify-workers';
export type {
  Verification,
  VerifierTaskOptions,
  VerifierTaskProps,
  Writer,
} from './compute/tasks/verifier-task-props';
export type { VpcEndpoints, VpcEndpointsOptions, VpcEndpointsProps } from './compute/platform/vpc-endpoints';

export type { AlarmTopics, AlarmTopicsProps } from './monitoring/alarm-topics';
export { AnchorAlarms } from './monitoring/anchor-alarms';
export type { AnchorAlarmsProps, WatchedEnvironment } from './monitoring/anchor-alarms-props';
export { AnchorDashboard } from './monitoring/anchor-dashboard';
export type { AnchorDashboardProps } from './monitoring/anchor-dashboard';
export type { GatewayOptions } from './monitoring/gateway-metrics';
export type { ChainFormat, WriterMode } from './monitoring/watched-chain';
export type { DeleteAttempts, DeleteAttemptsProps, WatchedStorage } from './monitoring/delete-attempts';
export type { EventPattern } from './monitoring/event-patterns';
export type { WatchedReplication } from './monitoring/infrastructure-alarms';
export type { Message, NotifyingRule, NotifyingRuleProps } from './monitoring/notifying-rule';
export type { ReplicaWatch, ReplicaWatchProps } from './monitoring/replica-watch';

export { annotationsOf } from './stack/annotations';
export { AuditAnchorStack } from './stack/audit-anchor-stack';
export type { CadenceSettings } from './stack/compute-settings';
export { projectContext } from './stack/project-context';
export type { RawSettings } from './stack/setting-reader';
export { readSettings } from './stack/settings';
export type { StackSettings } from './stack/settings';

export { ConstructError } from './errors';
export type { ConstructErrorCode, PropFault } from './errors';
export type { Tags } from './tags';
