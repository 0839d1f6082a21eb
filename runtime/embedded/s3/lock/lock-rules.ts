import { S3Error, invalidArgument } from '../s3-error';
import type { DefaultRetention, LockMode, Retention, VersionRecord } from '../store/records';

const DAY = 86_400_000;
/** S3 takes retention periods of at most 100 years. */
const MAX_YEARS = 100;

/** The answer to every attempt against a lock. */
export function lockedError(): S3Error {
  return new S3Error('AccessDenied', 'Access Denied because object protected by object lock.');
}

/** @returns null when retention never was, or is over */
export function activeRetention(record: VersionRecord, now: number): Retention | null {
  return record.retention !== null && record.retention.retainUntil > now ? record.retention : null;
}

/**
 * Whether this version may be deleted for good. A legal hold stops it whatever the retention; COMPLIANCE stops
 * everybody until it is over; GOVERNANCE all who do not bypass it.
 * @throws S3Error AccessDenied
 */
export function assertDeletable(record: VersionRecord, now: number, bypassGovernance: boolean): void {
  if (record.legalHold === 'ON') throw lockedError();
  const retention = activeRetention(record, now);
  if (retention === null) return;
  if (retention.mode === 'GOVERNANCE' && bypassGovernance) return;
  throw lockedError();
}

/**
 * Whether retention may become `next` (null removes it). COMPLIANCE can only be extended. GOVERNANCE can be
 * extended by anyone; any other change needs the bypass, also the one to COMPLIANCE: the documentation wants the
 * bypass for altering lock settings and exempts longer periods only.
 * @throws S3Error AccessDenied
 */
export function assertRetentionChange(
  record: VersionRecord,
  next: Retention | null,
  now: number,
  bypassGovernance: boolean,
): void {
  const active = activeRetention(record, now);
  if (active === null) return;
  const extends_ = next !== null && next.mode === active.mode && next.retainUntil >= active.retainUntil;
  if (extends_ || (active.mode === 'GOVERNANCE' && bypassGovernance)) return;
  throw lockedError();
}

export function isLockMode(text: string): text is LockMode {
  return text === 'COMPLIANCE' || text === 'GOVERNANCE';
}

/** @throws S3Error InvalidArgument */
export function parseLockMode(text: string): LockMode {
  if (isLockMode(text)) return text;
  throw invalidArgument('x-amz-object-lock-mode', text, 'Unknown wormMode directive.');
}

/** @throws S3Error InvalidArgument unless the date is ISO 8601, in the future and within 100 years */
export function parseRetainUntil(text: string, now: number): number {
  const argument = 'x-amz-object-lock-retain-until-date';
  const time = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (Number.isNaN(time)) {
    throw invalidArgument(argument, text, 'The retain until date must be provided in ISO 8601 format');
  }
  if (time <= now) throw invalidArgument(argument, text, 'The retain until date must be in the future!');
  // The documentation gives the limit of 100 years but no text for it.
  if (time > addYears(now, MAX_YEARS)) {
    throw invalidArgument(argument, text, 'The retain until date must be within 100 years');
  }
  return time;
}

export function parseLegalHold(text: string): 'ON' | 'OFF' {
  if (text === 'ON' || text === 'OFF') return text;
  throw invalidArgument('x-amz-object-lock-legal-hold', text, "Legal Hold must be either of 'ON' or 'OFF'");
}

/** The retention a bucket gives to a version created now without one of its own. */
export function defaultRetentionFrom(rule: DefaultRetention, now: number): Retention {
  const retainUntil = rule.unit === 'Days' ? now + rule.count * DAY : addYears(now, rule.count);
  return { mode: rule.mode, retainUntil };
}

/** Same date and time, years later; 29 February becomes 1 March. */
function addYears(time: number, years: number): number {
  const date = new Date(time);
  return date.setUTCFullYear(date.getUTCFullYear() + years);
}
