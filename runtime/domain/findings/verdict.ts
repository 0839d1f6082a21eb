import type { Finding } from './finding';

/**
 * - `verified`: everything in scope was looked at and holds.
 * - `tampered`: at least one thing contradicts the evidence.
 * - `not evaluated`: nothing contradicts, but not everything in scope could be looked at.
 */
export type Verdict = 'verified' | 'tampered' | 'not evaluated';

/** Tampering outranks the rest; and without evidence there is nothing to verify. */
export function decideVerdict(findings: readonly Finding[], evidence: number): Verdict {
  if (findings.some(({ severity }) => severity === 'tampering')) return 'tampered';
  if (evidence === 0 || findings.some(({ severity }) => severity === 'unproven')) return 'not evaluated';
  return 'verified';
}
