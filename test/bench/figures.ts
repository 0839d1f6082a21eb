/** A bar that the median of paired ratios is held against. */
export interface Figure {
  readonly numerator: string;
  readonly denominator: string;
  /** What is divided: whole processes, or the task inside of them, from connect to verdict. */
  readonly of: 'process' | 'task';
  /** Largest ratio that passes. */
  readonly bar: (events: number) => number;
}

const LARGE_EVENTS = 5_000_000;

/** Bars of verification; a peer that must be so many times slower is written as the inverse. */
export const FIGURES: readonly Figure[] = [
  {
    numerator: 'verify',
    denominator: 'floor',
    of: 'process',
    bar: (events) => (events < LARGE_EVENTS ? 1.15 : 1),
  },
  { numerator: 'verify', denominator: 'drain', of: 'process', bar: () => 1.15 },
  { numerator: 'merkle', denominator: 'floor', of: 'process', bar: () => 1.4 },
  { numerator: 'merkle-2', denominator: 'floor', of: 'process', bar: () => 1.1 },
  { numerator: 'no-simd', denominator: 'floor', of: 'process', bar: () => 2.2 },
  { numerator: 'verify', denominator: 'cursor', of: 'process', bar: () => 1 / 6 },
  { numerator: 'verify', denominator: 'sql', of: 'process', bar: () => 1 / 1.8 },
  { numerator: 'verify', denominator: 'plpgsql', of: 'process', bar: () => 1 / 3.5 },
  { numerator: 'newest', denominator: 'newest-cursor', of: 'task', bar: () => 0.5 },
];

/** Most bytes that a verifying process may need. */
export const RSS_BAR_BYTES = 120 * 1024 ** 2;
/** Most bytes that twenty times the events may add to that. */
export const RSS_GROWTH_BAR_BYTES = 10 * 1024 ** 2;
/** Others may use this share of the machine before a run says nothing. */
export const FOREIGN_BAR = 0.06;

/** One timed run of one variant. */
export interface Sample {
  readonly round: number;
  readonly seconds: number;
  /** Of the task inside of the process; null where the program cannot tell. */
  readonly insideSeconds: number | null;
  readonly cpuSeconds: number;
  readonly serverCpuSeconds: number;
  readonly foreign: number;
  readonly peakRssBytes: number;
}

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? Number.NaN;
  const low = sorted.length % 2 === 0 ? (sorted[middle - 1] ?? Number.NaN) : high;
  return {
    median: (low + high) / 2,
    min: sorted[0] ?? Number.NaN,
    max: sorted[sorted.length - 1] ?? Number.NaN,
  };
}

/** Ratios within the rounds: load that hits neighbours alike cancels out. */
export function ratios(
  numerator: readonly Sample[],
  denominator: readonly Sample[],
  of: Figure['of'] = 'process',
): number[] {
  const value = (sample: Sample): number =>
    of === 'process' ? sample.seconds : (sample.insideSeconds ?? Number.NaN);
  return numerator.flatMap((sample) => {
    const pair = denominator.find(({ round }) => round === sample.round);
    return pair ? [value(sample) / value(pair)] : [];
  });
}

export type Verdict = 'PASS' | 'FAIL' | 'INCONCLUSIVE';

export interface FigureResult {
  readonly name: string;
  readonly ratio: Spread;
  readonly bar: number;
  readonly verdict: Verdict;
}

/** True when others had more than their share in one of the two runs of most rounds. */
function disturbed(above: readonly Sample[], below: readonly Sample[]): boolean {
  const rounds = above.filter(({ round, foreign }) => {
    const pair = below.find((sample) => sample.round === round);
    return Math.max(foreign, pair?.foreign ?? 0) > FOREIGN_BAR;
  });
  return rounds.length * 2 > above.length;
}

/** Null when one of the two did not run. */
export function judge(
  figure: Figure,
  samples: ReadonlyMap<string, readonly Sample[]>,
  events: number,
): FigureResult | null {
  const above = samples.get(figure.numerator) ?? [];
  const below = samples.get(figure.denominator) ?? [];
  if (above.length === 0 || below.length === 0) return null;
  const ratio = spread(ratios(above, below, figure.of));
  const bar = figure.bar(events);
  const passes = ratio.median <= bar ? 'PASS' : 'FAIL';
  return {
    name: `${figure.numerator}/${figure.denominator}`,
    ratio,
    bar,
    verdict: disturbed(above, below) ? 'INCONCLUSIVE' : passes,
  };
}

export interface MemoryResult {
  readonly name: string;
  readonly bytes: number;
  readonly bar: number;
  readonly verdict: Verdict;
}

export function peakRss(samples: readonly Sample[]): number {
  return Math.max(...samples.map(({ peakRssBytes }) => peakRssBytes));
}

export function judgeMemory(name: string, bytes: number, bar: number): MemoryResult {
  return { name, bytes, bar, verdict: bytes <= bar ? 'PASS' : 'FAIL' };
}
