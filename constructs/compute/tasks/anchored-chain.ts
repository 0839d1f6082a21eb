import { LIMITS } from '../../../runtime/contract';
import { CHAIN_ID, CHAIN_ID_FIX } from '../../access/chain-id';
import { ENVIRONMENT, ENVIRONMENT_FIX } from '../../environment';
import type { WormBucket } from '../../storage/worm-bucket';
import { type PropCheck, quoted } from '../../validation';
import { checkRuntimeSettings } from './runtime-settings';
import type { ChainSettings, RuntimeSettings } from './task-environment';
import type { TaskPlatform } from '../platform/task-platform';

/** What writer and verifier of a chain have to agree on, as far as a deployment chooses it. */
export interface AnchoredChainOptions {
  /**
   * Minutes between interval anchors, 1 to 1,440.
   *
   * @default 60
   */
  readonly intervalMinutes?: number;

  /**
   * Events after the newest anchor that make the next one due, 1 to 1,000,000,000.
   *
   * @default 10000
   */
  readonly eventThreshold?: number;

  /**
   * Further settings of the runtime, such as the table and its columns, by their names in `ENV`.
   *
   * @default - the runtime's own defaults
   */
  readonly settings?: RuntimeSettings;
}

/** A chain, the bucket its anchors go to, and where its tasks run. */
export interface AnchoredChain extends AnchoredChainOptions {
  readonly platform: TaskPlatform;

  /** The bucket of the anchors; its retention and key are what tasks are told. */
  readonly bucket: WormBucket;

  /** The chain; each has tasks of its own. */
  readonly chainId: string;

  /**
   * Part of the names of the chain's tasks, roles and logs: 1 to 32 of a-z, 0-9 and "-". A second chain on the same
   * platform needs one.
   *
   * @default - the environment of the platform
   */
  readonly name?: string;
}

/** Faults of what a deployment may choose. */
export function checkAnchoredChainOptions(check: PropCheck, options: AnchoredChainOptions): void {
  const { intervalMinutes, eventThreshold } = options;
  const fix = 'choose another number';
  check
    .wholeNumber('intervalMinutes', intervalMinutes, LIMITS.intervalMinutes, 'minutes', fix)
    .wholeNumber('eventThreshold', eventThreshold, LIMITS.eventThreshold, 'events', fix);
  checkRuntimeSettings(check, options.settings);
}

/** Records keys that are missing: only a foreign chain is verified without them. */
export function checkHmacKeys(
  check: PropCheck,
  hmacKeysSecretArn: string | undefined,
  { settings }: AnchoredChainOptions,
): void {
  check.rule(hmacKeysSecretArn !== undefined || settings?.chainFormat === 'links', {
    prop: 'hmacKeysSecretArn',
    found: 'absent',
    allowed: 'the ARN of a secret; a foreign chain ("settings.chainFormat" links) alone needs none',
    fix: 'name the secret of the HMAC keys',
  });
}

/** What the tasks of a chain do; each kind has names, roles and a log group of its own. */
export type ChainTasks = 'writer' | 'verifier' | 'full-verification';

/** Faults of the chain, its name and its bucket. */
export function checkAnchoredChain(check: PropCheck, chain: AnchoredChain, tasks: ChainTasks): void {
  const { chainId, name, bucket, platform } = chain;
  check.text('name', name, ENVIRONMENT, ENVIRONMENT_FIX).rule(!platform.hasTasksOf(tasks, taskName(chain)), {
    prop: 'name',
    found: `${name === undefined ? 'absent, so ' : ''}${quoted(taskName(chain))}, as another ${tasks} on this platform is called`,
    allowed: `a name that no other ${tasks} on the platform has: AWS has each of their names once`,
    fix: 'give each chain on the platform a "name" of its own',
  });
  check.text('chainId', chainId, CHAIN_ID, CHAIN_ID_FIX).rule(bucket.retention.mode === 'COMPLIANCE', {
    prop: 'bucket',
    found: 'a bucket with GOVERNANCE retention',
    allowed: 'a bucket with COMPLIANCE retention, which the runtime insists on',
    fix: 'use ObjectLockRetention.complianceDays',
  });
}

/** What stands in the names of the chain's resources. */
export function taskName({ name, platform }: AnchoredChain): string {
  return name ?? platform.environment;
}

/** What the tasks of a chain are told. */
export function chainSettings(chain: AnchoredChain): ChainSettings {
  const { bucket, chainId, platform, intervalMinutes, eventThreshold, settings } = chain;
  return {
    bucketName: bucket.bucketName,
    region: platform.surroundings.region,
    chainId,
    retentionDays: bucket.retention.days,
    verifyRetentionDays: bucket.retention.verifiedDays,
    kmsKeyArn: bucket.encryption.key?.keyArn,
    intervalMinutes,
    eventThreshold,
    settings,
  };
}
