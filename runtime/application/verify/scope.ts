import type { AnchorEvidence, AnchorLinks } from '../../domain/anchor/evidence';
import type { Checkpoint } from '../../domain/chain/checkpoint';

/** One end of a range: a chain index, or a time in seconds since 1970. */
export type Bound =
  { readonly kind: 'index'; readonly index: number } | { readonly kind: 'time'; readonly seconds: number };

/**
 * - `full`: every anchor and every event.
 * - `latest`: the newest anchor, its events and those since.
 * - `anchors-only`: every anchor; needs neither database nor secrets.
 * - `since-last`: every anchor, and the events that were not verified before under the same anchors.
 * - `range`: every anchor, and the events between two bounds, widened to whole anchored ranges.
 */
export type VerifyScope =
  | { readonly kind: 'full' }
  | { readonly kind: 'latest' }
  | { readonly kind: 'anchors-only' }
  | { readonly kind: 'since-last' }
  | { readonly kind: 'range'; readonly from: Bound | null; readonly to: Bound | null };

/** The part of the chain a range scope comes down to. */
export interface Selection {
  /** First chain index to read, null from the beginning. */
  readonly from: number | null;
  /** Last chain index to read, null to the end. */
  readonly to: number | null;
  /** Hash of the event before the first, when an anchor says so; null to take it from the table. */
  readonly firstLink: string | null;
  readonly checkpoints: readonly Checkpoint[];
}

/**
 * Position of the first checkpoint that reaches the bound; the number of checkpoints when the bound lies in the tail.
 * A time falls into the first range whose anchor was written at or after it.
 */
function reaching(
  bound: Bound,
  checkpoints: readonly Checkpoint[],
  secondsOf: ReadonlyMap<string, number>,
): number {
  const at = checkpoints.findIndex(({ lastSeq, anchor }) =>
    bound.kind === 'index'
      ? lastSeq >= bound.index
      : (secondsOf.get(anchor?.key ?? '') ?? 0) >= bound.seconds,
  );
  return at < 0 ? checkpoints.length : at;
}

/** The events of the newest anchor and all since; those behind it when it has none of its own. */
function selectSince(newest: AnchorLinks, checkpoints: readonly Checkpoint[]): Selection {
  const [checkpoint] = checkpoints;
  return checkpoint
    ? { from: checkpoint.firstSeq, to: null, firstLink: null, checkpoints }
    : { from: newest.lastSeq + 1, to: null, firstLink: newest.lastHash, checkpoints: [] };
}

/** Widens the bounds to whole anchored ranges, so that Merkle roots can be compared. */
function selectRange(
  from: Bound | null,
  to: Bound | null,
  checkpoints: readonly Checkpoint[],
  anchors: readonly AnchorEvidence[],
): Selection {
  const secondsOf = new Map(anchors.map(({ key, seconds }) => [key, seconds]));
  const first = from ? reaching(from, checkpoints, secondsOf) : 0;
  const last = to ? reaching(to, checkpoints, secondsOf) : checkpoints.length;
  const before = checkpoints[first - 1];
  return {
    from: before ? before.lastSeq + 1 : null,
    to: checkpoints[last]?.lastSeq ?? null,
    firstLink: before?.lastHash ?? null,
    checkpoints: checkpoints.slice(first, last + 1),
  };
}

/** The part of the chain that a scope asks for; null for all of it. */
export function selectionOf(
  scope: VerifyScope,
  anchors: readonly AnchorEvidence[],
  checkpoints: readonly Checkpoint[],
): Selection | null {
  if (scope.kind === 'range') return selectRange(scope.from, scope.to, checkpoints, anchors);
  const newest = anchors[anchors.length - 1]?.links;
  return scope.kind === 'latest' && newest ? selectSince(newest, checkpoints) : null;
}
