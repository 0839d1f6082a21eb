import {
  FOREIGN_BAR,
  type FigureResult,
  judgeMemory,
  type MemoryResult,
  peakRss,
  ratios,
  RSS_BAR_BYTES,
  RSS_GROWTH_BAR_BYTES,
  type Sample,
  type Spread,
  spread,
} from './figures';
import { CONTROL } from './tampering';
import { isOurs, NO_SIMD, TWENTIETH, type Variant, VERIFY } from './variants';

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
  if (tampered === null) return 'not asked';
  const missed = missedBy(tampered);
  if ((tampered[CONTROL] ?? []).length > 0) return 'FOUND something in a sound copy';
  return missed.length === 0 ? 'found' : `MISSED ${missed.join(', ')}`;
}

type Tampered = NonNullable<VariantResult['tampered']>;

function missedBy(tampered: Tampered): string[] {
  return Object.entries(tampered).flatMap(([kind, found]) =>
    kind !== CONTROL && found.length === 0 ? [kind] : [],
  );
}

/** What a variant reported of each copy. */
export function codesLine({ variant, tampered }: VariantResult): string {
  const codes = Object.entries(tampered ?? {}).map(
    ([kind, found]) => `${kind}: ${found.join(' ') || 'nothing'}`,
  );
  return `${variant.name} said of ${codes.join('; ')}`;
}

/** Why the bench fails, whatever the speed: ours has to find everything, and the same with any engine. */
export function verdictFailures(results: readonly VariantResult[]): string[] {
  const failures = results.flatMap(({ variant, tampered }) => {
    if (!tampered) return [];
    const sound = (tampered[CONTROL] ?? []).length === 0;
    const missed = isOurs(variant) ? missedBy(tampered) : [];
    return [
      ...(sound ? [] : [`${variant.name} found something in a sound copy FAIL`]),
      ...(missed.length === 0 ? [] : [`${variant.name} MISSED ${missed.join(', ')} FAIL`]),
    ];
  });
  const said = (name: string): string | null => {
    const tampered = results.find(({ variant }) => variant.name === name)?.tampered;
    return tampered ? JSON.stringify(tampered) : null;
  };
  const [simd, plain] = [said(VERIFY), said(NO_SIMD)];
  const same = simd === null || plain === null || simd === plain;
  return same ? failures : [...failures, `${VERIFY} and ${NO_SIMD} do not say the same FAIL`];
}

export const TABLE_HEADER =
  'name | median s | min-max | kev/s | x floor (paired median, min-max) | client CPU s | PG CPU s | peak RSS MB | foreign % | verdict';

export function tableLine(result: VariantResult, floor: readonly Sample[]): string {
  const { variant, samples, events, skipped } = result;
  if (skipped !== null) return `${variant.name} | SKIPPED: ${skipped}`;
  const of = (pick: (sample: Sample) => number): Spread => spread(samples.map(pick));
  const seconds = of((sample) => sample.seconds);
  const megabytes = peakRss(samples) / MEBIBYTE;
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

/** Peak memory of verification by one worker, and how much more of it twenty times the events need. */
export function memoryResults(results: readonly VariantResult[]): MemoryResult[] {
  const ran = results.filter(({ samples }) => samples.length > 0);
  const ours = ran.filter(
    ({ variant }) =>
      variant.program === 'verify' && variant.newest === undefined && variant.options.workers === undefined,
  );
  const peaks = ours.map(({ variant, samples }) =>
    judgeMemory(`${variant.name} peak RSS`, peakRss(samples), RSS_BAR_BYTES),
  );
  const few = ran.find(({ variant }) => variant.name === TWENTIETH);
  const all = ran.find(({ variant }) => variant.name === VERIFY);
  if (!few || !all) return peaks;
  const growth = peakRss(all.samples) - peakRss(few.samples);
  const name = `peak RSS from ${few.events} to ${all.events} events`;
  return [...peaks, judgeMemory(name, growth, RSS_GROWTH_BAR_BYTES)];
}

export function memoryLine({ name, bytes, bar, verdict }: MemoryResult): string {
  return `${name} ${(bytes / MEBIBYTE).toFixed(0)} MB bar ${bar / MEBIBYTE} ${verdict}`;
}

export const FOREIGN_NOTE = `A figure is INCONCLUSIVE when others used more than ${FOREIGN_BAR * 100} % of the machine in most of its runs.`;
