import { EVENT_FAULTS } from '../../domain/findings/explain';
import type { Finding, FindingCode } from '../../domain/findings/finding';
import type { Verdict } from '../../domain/findings/verdict';
import type { ScanTotals } from '../../domain/sharding/part-result';

const CONTENT_FAULTS: readonly FindingCode[] = [
  ...EVENT_FAULTS,
  'CHAIN_TRUNCATED',
  'ANCHORED_HASH',
  'RANGE_ROOT',
];

/** What can be said of the contents of the events that were read. Never `verified` for what was not recomputed. */
export function contentsVerdict(findings: readonly Finding[], scan: ScanTotals | null): Verdict {
  if (findings.some(({ code }) => CONTENT_FAULTS.includes(code))) return 'tampered';
  return scan && scan.recomputed > 0 && scan.recomputed === scan.events ? 'verified' : 'not evaluated';
}
