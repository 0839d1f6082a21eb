import type { Finding, FindingCode } from './finding';
import { compareFindings } from './finding';

/** Faults of the events themselves; they explain every mismatch with an anchor over the same events. */
const EVENT_FAULTS: readonly FindingCode[] = [
  'EVENT_HASH',
  'EVENT_MISSING',
  'EVENT_DUPLICATE',
  'EVENT_INDEX',
  'EVENT_MALFORMED',
  'EVENT_LINK',
];
interface Span {
  readonly from: number;
  readonly to: number;
}

function span({ place }: Finding): Span | null {
  return place.kind === 'events' ? place : null;
}

function overlaps(a: Span, b: Span): boolean {
  return a.from <= b.to && b.from <= a.to;
}

function spansOf(
  findings: readonly Finding[],
  codes: readonly FindingCode[],
): readonly (readonly [FindingCode, Span])[] {
  return findings.flatMap((found) => {
    const place = span(found);
    return place && codes.includes(found.code) ? [[found.code, place] as const] : [];
  });
}

function explain(found: Finding, findings: readonly Finding[]): FindingCode | undefined {
  const place = span(found);
  if (!place) return undefined;
  const causes = spansOf(findings, EVENT_FAULTS);
  switch (found.code) {
    // An event that is gone, twice there or unreadable breaks the link of the next one.
    case 'EVENT_LINK':
      return causes.find(
        ([code, cause]) => code !== 'EVENT_LINK' && code !== 'EVENT_HASH' && cause.to === place.from - 1,
      )?.[0];
    case 'RANGE_ROOT':
      return (causes.find(([, cause]) => overlaps(cause, place)) ??
        spansOf(findings, ['CHAIN_TRUNCATED', 'ANCHORED_HASH']).find(([, cause]) =>
          overlaps(cause, place),
        ))?.[0];
    case 'ANCHORED_HASH':
      return causes.find(([, cause]) => overlaps(cause, place))?.[0];
    default:
      return undefined;
  }
}

/** Marks consequences and puts the finding that explains the others first. */
export function explainFindings(findings: readonly Finding[]): Finding[] {
  return findings
    .map((found) => {
      const explainedBy = found.explainedBy ?? explain(found, findings);
      return explainedBy === undefined ? found : { ...found, explainedBy };
    })
    .sort(compareFindings);
}
