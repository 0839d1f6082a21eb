import { Fn, type IResolvable, Op, Token } from 'cdktf';
import { DEFAULTS, LIMITS } from '../../runtime/contract';
import { numberWhile } from '../guard';
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
    /** Days that the verifier demands of every anchor; undefined for `days`. May be a token. */
    readonly verifiedDays?: number,
  ) {}

  /**
   * Nobody, the account's root included, can delete or change the version before its time.
   * @param days 1 to 36,500 (100 years), or a token
   * @param verifiedDays days that the verifier demands of every anchor, 1 to `days`, or a token. After `days` was
   * lengthened, what it was before: anchors from then keep the locks that they have
   * @throws ConstructError `PROPS_INVALID`
   */
  static complianceDays(days: number, verifiedDays?: number): ObjectLockRetention {
    const checked = checkedDays('complianceDays', days);
    return new ObjectLockRetention('COMPLIANCE', checked, checkedVerifiedDays(verifiedDays, days));
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

function checkedVerifiedDays(verifiedDays: number | undefined, days: number): number | undefined {
  if (verifiedDays === undefined) return undefined;
  const fix = 'give the days that anchors were locked for before the retention was lengthened';
  const known = !isUnknownAtSynth(days) && !isUnknownAtSynth(verifiedDays);
  const range = { min: LIMITS.retentionDays.min, max: known ? days : LIMITS.retentionDays.max };
  new PropCheck('ObjectLockRetention.complianceDays')
    .wholeNumber('verifiedDays', verifiedDays, range, 'days', fix)
    .throwIfAny();
  if (known) return verifiedDays;
  const most = 'The verifier cannot demand more days of retention than anchors are locked for';
  return numberWhile(Op.lte(verifiedDays, days), verifiedDays, most);
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
