import {
  FOREIGN_BAR,
  type FigureResult,
  RSS_BAR_BYTES,
  type Sample,
  type Spread,
  ratios,
  spread,
} from './figures';
import type { Variant } from './variants';

/** Everything that was measured about one variant. */
export interface VariantResult {
  readonly variant: Variant;
  /** Events that it reads. */
  readonly events: number;
  readonly samples: readonly Sample[];
  /** Why it did not run; null when it did. */
  readonly skipped: string | null;
  /** For each tampering, what it reported; null where it was not asked. */
  readonly tampered: Readonly<Record<string, readonly string[]>> | null;
}

const MEBIBYTE = 1024 ** 2;

function shown({ median, min, max }: Spread, digits = 2): string {
  return `${median.toFixed(digits)} (${min.toFixed(digits)}-${max.toFixed(digits)})`;
}

/** What a variant said of the tampered copies, in words. */
export function verdictOf({ variant, tampered }: VariantResult): string {
  if (variant.checksNothing === true) return 'reads only';
  if (tampered === null) return 'sound';
  const missed = Object.entries(tampered)
    .filter(([, found]) => found.length === 0)
    .map(([kind]) => kind);
  return missed.length === 0 ? 'found' : `MISSED ${missed.join(', ')}`;
}

export const TABLE_HEADER =
  'name | median s | min-max | kev/s | x floor (paired median, min-max) | client CPU s | PG CPU s | peak RSS MB | foreign % | verdict';

export function tableLine(result: VariantResult, floor: readonly Sample[]): string {
  const { variant, samples, events, skipped } = result;
  if (skipped !== null) return `${variant.name} | SKIPPED: ${skipped}`;
  const of = (pick: (sample: Sample) => number): Spread => spread(samples.map(pick));
  const seconds = of((sample) => sample.seconds);
  const megabytes = of((sample) => sample.peakRssBytes).max / MEBIBYTE;
  return [
    variant.name,
    seconds.median.toFixed(3),
    `${seconds.min.toFixed(3)}-${seconds.max.toFixed(3)}`,
    (events / seconds.median / 1000).toFixed(0),
    variant.newest === undefined ? shown(spread(ratios(samples, floor))) : '-',
    of((sample) => sample.cpuSeconds).median.toFixed(2),
    of((sample) => sample.serverCpuSeconds).median.toFixed(2),
    megabytes.toFixed(0),
    (of((sample) => sample.foreign).median * 100).toFixed(1),
    verdictOf(result),
  ].join(' | ');
}

export function figureLine({ name, ratio, bar, verdict }: FigureResult): string {
  return `${name} ${shown(ratio)} bar ${bar.toFixed(2)} ${verdict}`;
}

/** Peak memory of a variant against the bar; growth shows between runs of different size. */
export function memoryLine({ variant, samples }: VariantResult): string {
  const peak = Math.max(...samples.map(({ peakRssBytes }) => peakRssBytes));
  const verdict = peak <= RSS_BAR_BYTES ? 'PASS' : 'FAIL';
  return `${variant.name} peak RSS ${(peak / MEBIBYTE).toFixed(0)} MB bar ${RSS_BAR_BYTES / MEBIBYTE} ${verdict}`;
}

export const FOREIGN_NOTE = `A figure is INCONCLUSIVE when others used more than ${FOREIGN_BAR * 100} % of the machine in most of its runs.`;
