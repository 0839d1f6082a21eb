import type { ITerraformDependable } from 'cdktf';
import { DEFAULTS, LIMITS } from '../../../runtime/contract';
import type { GranteeRole } from '../../access/grantee-role';
import { isUnknownAtSynth, type PropCheck } from '../../validation';
import {
  type AnchoredChain,
  type AnchoredChainOptions,
  checkAnchoredChainOptions,
  checkHmacKeys,
} from './anchored-chain';
import type { DeadLetterQueue } from './dead-letter-queue';
import { checkKeyArn, checkSecretArn } from '../platform/task-secrets';
import { checkTaskSize, type TaskSizeOptions } from './task-size';

/** How anchoring runs, and on what. */
export interface AnchorServiceOptions extends TaskSizeOptions, AnchoredChainOptions {
  /**
   * `service`: one task that always runs and sees every trigger within seconds; on ARM64 about 87 USD a year.
   * `scheduled`: a task every few minutes, which sees triggers only then; about 17 USD a year.
   *
   * @default service
   */
  readonly mode?: 'service' | 'scheduled';

  /**
   * Minutes between two looks of `scheduled` at the triggers, 1 to 1,440 and not more than `intervalMinutes`. A run
   * that finds another one at work leaves the chain to it, without a failure.
   *
   * @default 5 - or `intervalMinutes` when that is shorter
   */
  readonly scheduleMinutes?: number;

  /**
   * ARN of the secret that holds the URL of the database, for a role that may read the table and take advisory
   * locks. One member of a JSON secret is named by `ARN:KEY::`.
   */
  readonly databaseSecretArn: string;

  /**
   * ARN of the secret that holds the HMAC keys, a JSON object of key ids and secrets; or `ARN:KEY::`.
   *
   * @default - none, which only a foreign chain (`settings.chainFormat` `links`) can do without
   */
  readonly hmacKeysSecretArn?: string;

  /**
   * ARNs of the customer managed KMS keys that encrypt these secrets.
   *
   * @default - AWS's own key of Secrets Manager, which needs no permission
   */
  readonly secretsKeyArns?: readonly string[];

  /**
   * Seconds between two looks of the service at the chain, 1 to 3,600. Mode `scheduled` has none.
   *
   * @default 5
   */
  readonly pollSeconds?: number;
}

export interface AnchorServiceProps extends AnchorServiceOptions, AnchoredChain {
  /**
   * Role of the program; it has to be granted `write` on the bucket already, see `AnchorBucketGrants`.
   *
   * @default - a new role with that grant, `audit-anchor-service-ENVIRONMENT`
   */
  readonly taskRole?: GranteeRole;

  /**
   * What has to exist before the service starts, usually the policy of `taskRole`.
   *
   * @default - only what is made here
   */
  readonly dependsOn?: readonly ITerraformDependable[];

  /**
   * Whether a `VerifierTask` verifies this chain. Who writes evidence must not judge it, so the service then does
   * not verify by itself.
   *
   * @default false - the service verifies its own anchors
   */
  readonly verifiedElsewhere?: boolean;

  /**
   * Queue for scheduled runs that could not be started.
   *
   * @default - a new queue in mode `scheduled`
   */
  readonly deadLetterQueue?: DeadLetterQueue;
}

/** Faults of what a deployment may choose, also for those who compose this construct. */
export function checkAnchorService(check: PropCheck, props: AnchorServiceOptions): void {
  const { pollSeconds, scheduleMinutes, intervalMinutes = DEFAULTS.intervalMinutes } = props;
  checkTaskSize(check, props);
  checkSecretArn(check, 'databaseSecretArn', props.databaseSecretArn);
  checkSecretArn(check, 'hmacKeysSecretArn', props.hmacKeysSecretArn);
  props.secretsKeyArns?.forEach((arn, index) => checkKeyArn(check, `secretsKeyArns[${index}]`, arn));
  checkAnchoredChainOptions(check, props);
  checkHmacKeys(check, props.hmacKeysSecretArn, props);
  check
    .wholeNumber('pollSeconds', pollSeconds, LIMITS.pollSeconds, 'seconds', 'choose another number')
    .rule(pollSeconds === undefined || props.mode !== 'scheduled', {
      prop: 'pollSeconds',
      found: `${pollSeconds}, while "mode" is scheduled`,
      allowed: 'a number of seconds only with "mode" service',
      fix: 'remove it, or choose the other mode; "scheduleMinutes" says how often a schedule looks',
    })
    .rule(scheduleMinutes === undefined || props.mode === 'scheduled', {
      prop: 'scheduleMinutes',
      found: `${scheduleMinutes}, while "mode" is service`,
      allowed: 'a schedule only with "mode" scheduled',
      fix: 'remove it, or choose the other mode',
    })
    .wholeNumber(
      'scheduleMinutes',
      scheduleMinutes,
      {
        ...LIMITS.intervalMinutes,
        max: isUnknownAtSynth(intervalMinutes) ? LIMITS.intervalMinutes.max : intervalMinutes,
      },
      'minutes',
      'look at least once in "intervalMinutes", or anchors are late',
    );
}
