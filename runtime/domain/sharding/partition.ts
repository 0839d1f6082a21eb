import type { Checkpoint } from '../chain/checkpoint';

/** A stretch of the chain that can be read by itself. */
export interface ChainPart {
  /** First chain index to read, null from the beginning. */
  readonly from: number | null;
  /** Last chain index to read, null to the end. */
  readonly to: number | null;
  /** Also read the rows without an index, which lie between no bounds. */
  readonly unindexed: boolean;
  /**
   * Column list that its messages cover.
   *
   * @default - the one that messages cover now
   */
  readonly columns?: string | undefined;
  /** Anchored ranges in it, ascending and apart. */
  readonly checkpoints: readonly Checkpoint[];
}

/** The chain indices between which events are known to lie; used for balance only. */
export interface Extent {
  readonly first: number;
  readonly last: number;
}

/** Events between two places where the chain may be divided. */
interface Unit {
  readonly to: number;
  readonly events: number;
}

function unitsOf(whole: ChainPart, { first, last }: Extent, lowest: number): Unit[] {
  const units: Unit[] = [];
  let from = whole.from ?? first;
  const end = whole.to ?? last;
  for (const { lastSeq } of whole.checkpoints) {
    if (lastSeq < Math.max(from, lowest)) continue;
    if (lastSeq >= end) break;
    units.push({ to: lastSeq, events: lastSeq - from + 1 });
    from = lastSeq + 1;
  }
  units.push({ to: end, events: Math.max(0, end - from + 1) });
  return units;
}

/** Ends of the groups when each holds as many units as fit. */
function fill(units: readonly Unit[], capacity: number): number[] {
  const ends: number[] = [];
  let events = 0;
  units.forEach((unit, at) => {
    if (at > 0 && events + unit.events > capacity) {
      ends.push(at);
      events = 0;
    }
    events += unit.events;
  });
  return [...ends, units.length];
}

/** The division into at most `count` groups whose largest is as small as possible. */
function balance(units: readonly Unit[], count: number): number[] {
  let low = units.reduce((most, { events }) => Math.max(most, events), 0);
  let high = units.reduce((sum, { events }) => sum + events, 0);
  while (low < high) {
    // Not (low + high) / 2: a forged index near 2^53 makes that sum inexact, and the search endless.
    const capacity = low + Math.floor((high - low) / 2);
    if (fill(units, capacity).length <= count) high = capacity;
    else low = capacity + 1;
  }
  return fill(units, low);
}

/**
 * Divides a part of the chain into at most `count` parts of about the same number of events. It is divided behind
 * last events of anchors only, so that every anchored range lies in one part; what no anchor covers yet belongs to
 * the last one.
 * @param lowest the first part reaches at least to here
 */
export function partition(
  whole: ChainPart,
  extent: Extent,
  count: number,
  lowest: number = -Infinity,
): readonly ChainPart[] {
  const units = unitsOf(whole, extent, lowest);
  const ends = balance(units, count);
  let next = 0;
  return ends.map((end, at): ChainPart => {
    const before = at === 0 ? null : units[ends[at - 1]! - 1]!.to;
    const to = at === ends.length - 1 ? whole.to : units[end - 1]!.to;
    const first = next;
    while (next < whole.checkpoints.length && (to === null || whole.checkpoints[next]!.lastSeq <= to)) next++;
    return {
      from: before === null ? whole.from : before + 1,
      to,
      unindexed: whole.unindexed && at === ends.length - 1,
      checkpoints: whole.checkpoints.slice(first, at === ends.length - 1 ? undefined : next),
    };
  });
}

/**
 * Divides a part where the list of columns changes, which it does behind the last event of an anchor only. An anchor
 * that cannot be read goes with the one before it.
 * @param inForce list that messages cover now
 */
export function splitByColumns(part: ChainPart, inForce: string): readonly ChainPart[] {
  const pieces: ChainPart[] = [];
  let open: ChainPart & { readonly checkpoints: Checkpoint[] } = { ...part, checkpoints: [] };
  const endAt = (to: number): void => {
    pieces.push({ ...open, to, unindexed: false });
    open = { ...part, from: to + 1, checkpoints: [] };
  };
  for (const checkpoint of part.checkpoints) {
    const last = open.checkpoints.at(-1);
    const { columns = open.columns } = checkpoint;
    if (last && open.columns !== undefined && columns !== open.columns) endAt(last.lastSeq);
    open = { ...open, columns };
    open.checkpoints.push(checkpoint);
  }
  const last = open.checkpoints.at(-1);
  if (last && (open.columns ?? inForce) !== inForce && part.to !== last.lastSeq) endAt(last.lastSeq);
  return [...pieces, open];
}

/** Bounds of a part that is done. */
export type DonePart = Pick<ChainPart, 'from' | 'to'>;

/** The parts that are done and what is left between and behind them, in the order of the chain. */
export function leftBeside<T extends DonePart>(
  whole: ChainPart,
  done: readonly T[],
): readonly ({ readonly done: T } | { readonly left: ChainPart })[] {
  const pieces: ({ readonly done: T } | { readonly left: ChainPart })[] = [];
  let from = whole.from;
  const leave = (to: number | null): void => {
    const within = ({ firstSeq, lastSeq }: Checkpoint): boolean =>
      (from === null || firstSeq >= from) && (to === null || lastSeq <= to);
    const unindexed = whole.unindexed && to === null;
    pieces.push({ left: { from, to, unindexed, checkpoints: whole.checkpoints.filter(within) } });
  };
  for (const part of done) {
    if (part.from !== from) leave((part.from ?? 0) - 1);
    pieces.push({ done: part });
    from = part.to === null ? null : part.to + 1;
  }
  if (whole.to === null || from === null || from <= whole.to) leave(whole.to);
  return pieces;
}
