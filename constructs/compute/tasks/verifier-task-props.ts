import { type Grantee, isSameRole, ROLE_NAME } from '../../access/grantee-role';
import type { WormBucket } from '../../storage/worm-bucket';
import { type PropCheck, quoted, type Range } from '../../validation';
import type { AnchoredChain } from './anchored-chain';
import type { DeadLetterQueue } from './dead-letter-queue';
import { checkKeyArn, checkSecretArn, checkSecretsApart } from '../platform/task-secrets';
import { checkTaskSize, type TaskSizeOptions } from './task-size';
import { checkVerifyWorkers, type VerifyWorkersOptions } from './verify-workers';

/** When verification runs, and on what. */
export interface VerifierTaskOptions extends TaskSizeOptions, VerifyWorkersOptions {
  /**
   * ARN of the secret that holds the URL of the database for a role that can only read; or `ARN:KEY::`. The
   * writer's secret is refused.
   */
  readonly databaseSecretArn: string;

  /**
   * ARN of the secret that holds the HMAC keys; or `ARN:KEY::`. A secret that also holds the writer's database URL is
   * refused.
   *
   * @default - the writer's where this is composed with one; a foreign chain needs none
   */
  readonly hmacKeysSecretArn?: string;

  /**
   * ARNs of the customer managed KMS keys that encrypt these secrets.
   *
   * @default - the writer's where this is composed with one; otherwise AWS's own key, which needs no permission
   */
  readonly secretsKeyArns?: readonly string[];

  /**
   * Role of the program, which ECS tasks have to be able to take on; it is granted `verify` here. A role that
   * writes is refused.
   *
   * @default - a new role, `audit-anchor-verify-ENVIRONMENT`
   */
  readonly taskRole?: Grantee;

  /**
   * Minutes between two verifications of the newest anchor, its events and those since, 5 to 1,440.
   *
   * @default 60 - at seven minutes past the hour, when the anchor of the hour is there
   */
  readonly verifyIntervalMinutes?: number;

  /**
   * Hours between two verifications of every anchor and every event, 1 to 166.
   *
   * @default 24 - at 02:37 UTC
   */
  readonly verifyFullIntervalHours?: number;
}

/** How often verification runs. */
export interface Verification {
  /** Minutes between two verifications of the newest anchor. */
  readonly verifyIntervalMinutes: number;
  /** Hours between two verifications of everything. */
  readonly verifyFullIntervalHours: number;
}

/** The writer that a verifier must have nothing in common with. */
export interface Writer {
  readonly roles: readonly Grantee[];
  readonly databaseSecretArn: string;
}

export interface VerifierTaskProps extends VerifierTaskOptions, AnchoredChain {
  /**
   * The replica of the bucket, which the task may then read too.
   *
   * @default - the bucket alone
   */
  readonly replica?: WormBucket;

  /**
   * The writer; what it holds is refused here.
   *
   * @default - a writer elsewhere, which cannot be compared with
   */
  readonly writer?: Writer;

  /**
   * Queue for runs that could not be started.
   *
   * @default - a new queue
   */
  readonly deadLetterQueue?: DeadLetterQueue;
}

export const VERIFY_MINUTES: Range = { min: 5, max: 1_440 };
/** CloudWatch looks back for seven days, and a run that is missing has to be noticed. */
export const VERIFY_FULL_HOURS: Range = { min: 1, max: 166 };
const INTERVAL_FIX = 'choose another number; alarms miss a run only within these bounds';

/** Faults of what a deployment may choose, also for those who compose this construct. */
export function checkVerifierTask(check: PropCheck, props: VerifierTaskOptions, writer?: Writer): void {
  const { taskRole } = props;
  checkTaskSize(check, props);
  checkVerifyWorkers(check, props);
  checkSecretArn(check, 'databaseSecretArn', props.databaseSecretArn);
  checkSecretArn(check, 'hmacKeysSecretArn', props.hmacKeysSecretArn);
  props.secretsKeyArns?.forEach((arn, index) => checkKeyArn(check, `secretsKeyArns[${index}]`, arn));
  if (typeof taskRole === 'string') {
    check.text('taskRole', taskRole, ROLE_NAME, 'give the part of the ARN after the last "/"');
  }
  check
    .wholeNumber(
      'verifyIntervalMinutes',
      props.verifyIntervalMinutes,
      VERIFY_MINUTES,
      'minutes',
      INTERVAL_FIX,
    )
    .wholeNumber(
      'verifyFullIntervalHours',
      props.verifyFullIntervalHours,
      VERIFY_FULL_HOURS,
      'hours',
      INTERVAL_FIX,
    )
    .rule(!taskRole || !writer?.roles.some((role) => isSameRole(role, taskRole)), {
      prop: 'taskRole',
      found:
        typeof taskRole === 'string'
          ? `${quoted(taskRole)}, which writes anchors`
          : 'a role that writes anchors',
      allowed: 'a role of its own: who writes evidence must not judge it',
      fix: 'leave it out, and a role that can only read is made',
    });
  checkSecretsApart(check, props, writer);
}
