import { Construct } from 'constructs';
import { DEFAULTS } from '../../../runtime/contract';
import { AnchorBucketGrants } from '../../access/grants';
import { granteeRole, type GranteeRole, ServiceRole } from '../../access/grantee-role';
import { PropCheck } from '../../validation';
import {
  chainSettings,
  checkAnchoredChain,
  checkAnchoredChainOptions,
  checkHmacKeys,
  taskName,
} from './anchored-chain';
import { DeadLetterQueue } from './dead-letter-queue';
import { ExecutionRole } from './execution-role';
import { fullVerification, latestVerification } from './schedule-expression';
import { AnchorTaskDefinition } from './task-definition';
import { taskSecrets } from '../platform/task-secrets';
import { taskEnvironment } from './task-environment';
import type { TaskLogs } from '../platform/task-logs';
import { TaskScheduler } from './task-scheduler';
import { checkVerifierTask, type Verification, type VerifierTaskProps } from './verifier-task-props';
import { verifyWorkersOf } from './verify-workers';

/** Seconds after which a run that could not be started is given up. */
const GIVE_UP_AFTER_SECONDS = { latest: 1_800, full: 21_600 };

/**
 * Verifies one chain from the bucket outward, on two schedules and in two task definitions, so that what runs is
 * what the definition says. It can read anchors, keys and the database, and change nothing.
 */
export class VerifierTask extends Construct {
  readonly verification: Verification;
  readonly logs: TaskLogs;
  readonly taskRole: GranteeRole;
  readonly executionRole: ExecutionRole;
  /** `verify --latest` */
  readonly latest: AnchorTaskDefinition;
  /** `verify --full` */
  readonly full: AnchorTaskDefinition;
  readonly scheduler: TaskScheduler;
  readonly deadLetterQueue: DeadLetterQueue;

  /** @throws ConstructError `PROPS_INVALID` */
  constructor(scope: Construct, id: string, props: VerifierTaskProps) {
    super(scope, id);
    const check = new PropCheck(this);
    checkVerifierTask(check, props, props.writer);
    checkAnchoredChainOptions(check, props);
    checkAnchoredChain(check, props, 'verifier');
    checkHmacKeys(check, props.hmacKeysSecretArn, props);
    check.throwIfAny();

    const { platform } = props;
    this.verification = {
      verifyIntervalMinutes: props.verifyIntervalMinutes ?? DEFAULTS.verifyIntervalMinutes,
      verifyFullIntervalHours: props.verifyFullIntervalHours ?? DEFAULTS.verifyFullIntervalHours,
    };
    const name = taskName(props);
    this.logs = platform.logsOf(this, 'verifier', name);
    this.taskRole = this.grantedRole(props);
    this.executionRole = new ExecutionRole(this, 'Execution', {
      roleName: `audit-anchor-verify-exec-${name}`,
      platform,
      logs: this.logs,
      secretArns: Object.values(taskSecrets(props)),
      secretsKeyArns: props.secretsKeyArns ?? [],
    });
    this.latest = this.newTaskDefinition(props, 'latest');
    this.full = this.newTaskDefinition(props, 'full');
    this.deadLetterQueue =
      props.deadLetterQueue ??
      new DeadLetterQueue(this, 'NotStarted', {
        platform,
        queueName: `audit-anchor-verify-not-started-${name}`,
      });
    this.scheduler = new TaskScheduler(this, 'Scheduler', {
      platform,
      names: ['audit-anchor-verify', name],
      taskRoleArn: this.taskRole.roleArn,
      executionRoleArn: this.executionRole.roleArn,
      deadLetterQueue: this.deadLetterQueue,
      tasks: [
        {
          id: 'Latest',
          scheduleName: 'verify-latest',
          description: 'Verifies the newest anchor, its events and those since',
          expression: latestVerification(this.verification.verifyIntervalMinutes),
          task: this.latest,
          giveUpAfterSeconds: GIVE_UP_AFTER_SECONDS.latest,
        },
        {
          id: 'Full',
          scheduleName: 'verify-full',
          description: 'Verifies every anchor and every event',
          expression: fullVerification(this.verification.verifyFullIntervalHours),
          task: this.full,
          giveUpAfterSeconds: GIVE_UP_AFTER_SECONDS.full,
        },
      ],
    });
  }

  private grantedRole(props: VerifierTaskProps): GranteeRole {
    const { platform, bucket, replica, chainId, taskRole } = props;
    const { tags, provider } = platform;
    const name = taskName(props);
    const role =
      taskRole === undefined
        ? new ServiceRole(this, 'Role', { roleName: `audit-anchor-verify-${name}`, tags, provider })
        : granteeRole(this, taskRole, provider);
    new AnchorBucketGrants(this, 'Grants', { bucket }).verify('Verify', role, {
      chainIds: [chainId],
      policyName: `audit-anchor-verify-${name}`,
    });
    if (replica) {
      new AnchorBucketGrants(this, 'ReplicaGrants', { bucket: replica }).verify('Verify', role, {
        chainIds: [chainId],
        policyName: `audit-anchor-verify-dr-${name}`,
      });
    }
    return role;
  }

  private newTaskDefinition(props: VerifierTaskProps, scope: 'latest' | 'full'): AnchorTaskDefinition {
    const { platform, cpu, memoryMiB } = props;
    return new AnchorTaskDefinition(this, scope === 'latest' ? 'LatestTask' : 'FullTask', {
      platform,
      cpu,
      memoryMiB,
      family: `audit-anchor-verify-${scope}-${taskName(props)}`,
      command: ['verify', `--${scope}`],
      environment: taskEnvironment('verify', chainSettings(props), { verifyWorkers: verifyWorkersOf(props) }),
      secrets: taskSecrets(props),
      taskRoleArn: this.taskRole.roleArn,
      executionRoleArn: this.executionRole.roleArn,
      logs: this.logs,
      streamPrefix: `verify-${scope}`,
      healthCheck: false,
    });
  }
}
