import type { Finding, FindingCode } from './finding';
import { compareFindings } from './finding';

/** Faults of the events themselves; they explain every mismatch with an anchor over the same events. */
export const EVENT_FAULTS: readonly FindingCode[] = [
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

type Cause = readonly [code: FindingCode, span: Span];

/** What can explain something else: faults of events first, then what anchors say of whole ranges. */
function causesIn(findings: readonly Finding[]): readonly Cause[] {
  const explaining: readonly FindingCode[] = [...EVENT_FAULTS, 'CHAIN_TRUNCATED', 'ANCHORED_HASH'];
  return findings
    .flatMap((found): Cause[] => {
      const place = span(found);
      return place && explaining.includes(found.code) ? [[found.code, place]] : [];
    })
    .sort(([a], [b]) => explaining.indexOf(a) - explaining.indexOf(b));
}

/** A chain that was rewritten stays another one up to its end. */
function rewrittenBefore(place: Span, causes: readonly Cause[]): Cause | undefined {
  return causes.find(([code, cause]) => code === 'ANCHORED_HASH' && cause.from < place.from);
}

/** For each code that can be a consequence: the cause among the faults of events, if there is one. */
const EXPLANATIONS: Partial<
  Record<FindingCode, (place: Span, causes: readonly Cause[]) => Cause | undefined>
> = {
  // An event that is gone, twice there, unreadable or edited in its hashes breaks its link or that of the next one.
  EVENT_LINK: (place, causes) =>
    causes.find(
      ([code, cause]) =>
        EVENT_FAULTS.includes(code) &&
        code !== 'EVENT_LINK' &&
        (cause.to === place.from - 1 || (code === 'EVENT_HASH' && overlaps(cause, place))),
    ),
  // A NULL or an infinity in a column changes what is hashed.
  EVENT_HASH: (place, causes) =>
    causes.find(
      ([code, cause]) => code === 'EVENT_MALFORMED' && cause.from <= place.from && place.to <= cause.to,
    ),
  ANCHORED_HASH: (place, causes) =>
    causes.find(([code, cause]) => EVENT_FAULTS.includes(code) && overlaps(cause, place)) ??
    rewrittenBefore(place, causes),
  // With one event less and the rest chained anew, the chain ends earlier.
  CHAIN_TRUNCATED: rewrittenBefore,
  RANGE_ROOT: (place, causes) => causes.find(([, cause]) => overlaps(cause, place)),
};

function explain(found: Finding, findings: readonly Finding[]): FindingCode | undefined {
  const place = span(found);
  if (!place) return undefined;
  return EXPLANATIONS[found.code]?.(place, causesIn(findings))?.[0];
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
