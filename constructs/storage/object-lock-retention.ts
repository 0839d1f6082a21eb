import { Fn, type IResolvable, Op, Token } from 'cdktf';
import { DEFAULTS, LIMITS } from '../../runtime/contract';
import { isUnknownAtSynth, PropCheck } from '../validation';

/** `COMPLIANCE` binds everyone; `GOVERNANCE` can be lifted by who holds `s3:BypassGovernanceRetention`. */
export type ObjectLockMode = 'COMPLIANCE' | 'GOVERNANCE';

/** How long, and how firmly, a version of an anchor is locked. Made by its two factories only. */
export class ObjectLockRetention {
  /** What an anchor gets when nothing else is said: COMPLIANCE for 400 days. */
  static readonly DEFAULT = ObjectLockRetention.complianceDays(DEFAULTS.retentionDays);

  private constructor(
    readonly mode: ObjectLockMode,
    /** Days; may be a token. */
    readonly days: number,
  ) {}

  /**
   * Nobody, the account's root included, can delete or change the version before its time.
   * @param days 1 to 36,500 (100 years), or a token
   * @throws ConstructError `PROPS_INVALID`
   */
  static complianceDays(days: number): ObjectLockRetention {
    return new ObjectLockRetention('COMPLIANCE', checkedDays('complianceDays', days));
  }

  /**
   * For trials only: whoever may bypass governance can delete. The runtime refuses to anchor into such a
   * bucket, and buckets refuse it for environments that look like production.
   * @param days 1 to 36,500 (100 years), or a token
   * @throws ConstructError `PROPS_INVALID`
   */
  static governanceDays(days: number): ObjectLockRetention {
    return new ObjectLockRetention('GOVERNANCE', checkedDays('governanceDays', days));
  }

  /**
   * Lower bound for policies, in days. One less than the retention: S3 counts whole days that remain, and
   * the request arrives a moment after its timestamp was taken.
   */
  get fewestRemainingDays(): string {
    return this.shifted(-1);
  }

  /** Upper bound for policies, in days: one more than the retention, for clocks that differ. */
  get mostRemainingDays(): string {
    return this.shifted(1);
  }

  /** First day on which no lock of this retention holds any more; the earliest expiry that does something. */
  get dayAfter(): number {
    return isUnknownAtSynth(this.days) ? Token.asNumber(Op.add(this.days, 1)) : this.days + 1;
  }

  private shifted(by: 1 | -1): string {
    if (!isUnknownAtSynth(this.days)) return String(this.days + by);
    return Token.asString(by === 1 ? Op.add(this.days, 1) : Op.sub(this.days, 1));
  }
}

function checkedDays(factory: string, days: number): number {
  new PropCheck(`ObjectLockRetention.${factory}`)
    .wholeNumber(
      'days',
      days,
      LIMITS.retentionDays,
      'days',
      'COMPLIANCE can be lengthened later but never shortened, so begin with the shortest that the audit needs',
    )
    .throwIfAny();
  return days;
}

const PRODUCTION = '(^|[^a-z])(prod|prd|production|live)([^a-z]|$)';

/** True for names such as `prod`, `production`, `eu-prod-1`, `live`. */
export function looksLikeProduction(name: string): boolean {
  return new RegExp(PRODUCTION, 'i').test(name);
}

/** The opposite as a Terraform condition, for names that only Terraform knows. */
export function notProductionCondition(name: string): IResolvable {
  return Op.not(Fn.can(Fn.regex(`(?i)${PRODUCTION}`, name)));
}
