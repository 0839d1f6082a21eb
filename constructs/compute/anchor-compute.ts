import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { DEFAULTS } from '../../runtime/contract';
import type { Grantee, GranteeRole } from '../access/grantee-role';
import type { WormBucket } from '../storage/worm-bucket';
import { PropCheck } from '../validation';
import { AnchorService } from './tasks/anchor-service';
import { type AnchorServiceOptions, checkAnchorService } from './tasks/anchor-service-props';
import { DeadLetterQueue } from './tasks/dead-letter-queue';
import {
  checkTaskPlatform,
  TaskPlatform,
  type TaskPlatformOptions,
  type TaskPlatformProps,
} from './platform/task-platform';
import { checkSecretsApart } from './platform/task-secrets';
import { VerifierTask } from './tasks/verifier-task';
import { checkVerifierTask, type Verification, type VerifierTaskOptions } from './tasks/verifier-task-props';

/** The tasks of an environment: where they run, how they anchor, and who verifies. */
export interface AnchorComputeOptions extends TaskPlatformOptions, AnchorServiceOptions {
  /**
   * A verifier in tasks, roles and secrets of its own: hourly for the newest anchor, daily for everything.
   *
   * @default - none: the service verifies its own anchors, and scheduled anchoring none
   */
  readonly verifier?: VerifierTaskOptions;
}

export interface AnchorComputeProps
  extends AnchorComputeOptions, Pick<TaskPlatformProps, 'environment' | 'tags' | 'provider'> {
  /** The bucket that anchors go to. */
  readonly bucket: WormBucket;

  /**
   * Its replica, which the verifier may then read too.
   *
   * @default - the bucket alone
   */
  readonly replica?: WormBucket;

  /** The chain that is anchored. */
  readonly chainId: string;

  /**
   * Role of the anchoring program; it has to be granted `write` already.
   *
   * @default - a new role with that grant
   */
  readonly taskRole?: GranteeRole;

  /**
   * What has to exist before the service starts, usually the policy of `taskRole`.
   *
   * @default - only what is made here
   */
  readonly dependsOn?: readonly ITerraformDependable[];

  /**
   * Other roles that may write to the bucket; the verifier must be none of them.
   *
   * @default - only the role of the service
   */
  readonly otherWriters?: readonly Grantee[];
}

/** Faults of all parts under their own names, also for those who compose this construct. */
export function checkAnchorCompute(
  check: PropCheck,
  props: AnchorComputeOptions & Pick<AnchorComputeProps, 'otherWriters'>,
): void {
  checkTaskPlatform(check, props);
  checkAnchorService(check, props);
  const { verifier, databaseSecretArn, otherWriters: roles = [] } = props;
  if (verifier === undefined) return;
  const checkVerifier = check.within('verifier');
  checkVerifierTask(checkVerifier, verifier, { roles, databaseSecretArn });
  const hmacKeysSecretArn = verifier.hmacKeysSecretArn ?? props.hmacKeysSecretArn;
  checkSecretsApart(checkVerifier, { ...verifier, hmacKeysSecretArn }, { databaseSecretArn });
}

/** Everything that runs for one chain. */
export class AnchorCompute extends Construct {
  readonly platform: TaskPlatform;
  readonly service: AnchorService;
  /** Undefined when none was asked for. */
  readonly verifier: VerifierTask | undefined;
  /** Undefined when nothing is scheduled. */
  readonly deadLetterQueue: DeadLetterQueue | undefined;

  /** @throws ConstructError `PROPS_INVALID` */
  constructor(scope: Construct, id: string, props: AnchorComputeProps) {
    super(scope, id);
    const check = new PropCheck(this);
    checkAnchorCompute(check, props);
    check.throwIfAny();

    const { verifier, bucket, replica, chainId, intervalMinutes, eventThreshold, settings } = props;
    this.platform = new TaskPlatform(this, 'Platform', props);
    const { platform } = this;
    this.deadLetterQueue =
      verifier !== undefined || props.mode === 'scheduled'
        ? new DeadLetterQueue(this, 'NotStarted', { platform })
        : undefined;
    const { deadLetterQueue } = this;
    this.service = new AnchorService(this, 'Service', {
      ...props,
      platform,
      deadLetterQueue,
      verifiedElsewhere: verifier !== undefined,
    });
    this.verifier =
      verifier &&
      new VerifierTask(this, 'Verifier', {
        ...verifier,
        hmacKeysSecretArn: verifier.hmacKeysSecretArn ?? props.hmacKeysSecretArn,
        secretsKeyArns: verifier.secretsKeyArns ?? props.secretsKeyArns,
        platform,
        bucket,
        replica,
        chainId,
        intervalMinutes,
        eventThreshold,
        settings,
        deadLetterQueue,
        writer: {
          roles: [this.service.taskRole, ...(props.otherWriters ?? [])],
          databaseSecretArn: props.databaseSecretArn,
        },
      });
  }

  /** Minutes and hours between verifications, 0 for never. A service without a verifier verifies by itself. */
  get verification(): Verification {
    if (this.verifier) return this.verifier.verification;
    const { verifyIntervalMinutes, verifyFullIntervalHours } = DEFAULTS;
    return this.service.mode === 'service'
      ? { verifyIntervalMinutes, verifyFullIntervalHours }
      : { verifyIntervalMinutes: 0, verifyFullIntervalHours: 0 };
  }
}
