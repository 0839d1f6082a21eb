import { FOREIGN_BAR, type Spread, spread, type Verdict } from './figures';
import { cpuTimes, foreignShare } from './machine';

/** One thing to time, many times in one process. */
export interface TimedVariant {
  readonly name: string;
  /** What is counted, such as events; the rate is this many in a second. */
  readonly items: number;
  /** Makes ready what is not timed. */
  readonly prepare?: () => Promise<void>;
  readonly run: () => Promise<void>;
  /** Looks at what was done, untimed; throws when it is not what it has to be. */
  readonly check?: () => Promise<void>;
}

/** A bar for the ratio of two rates within a round: the first is at least so many times the second. */
export interface RateFigure {
  readonly faster: string;
  readonly slower: string;
  readonly bar: number;
}

interface Sample {
  readonly rate: number;
  /** CPU microseconds of this process for each item. */
  readonly cpuMicros: number;
  /** Share of the machine that others used meanwhile. */
  readonly foreign: number;
}

export interface RoundsResult {
  readonly samples: ReadonlyMap<string, readonly Sample[]>;
  readonly lines: readonly string[];
  readonly figures: readonly {
    readonly name: string;
    readonly ratio: Spread;
    readonly bar: number;
    readonly verdict: Verdict;
  }[];
}

async function timed(variant: TimedVariant, serverPid: number): Promise<Sample> {
  await variant.prepare?.();
  const before = cpuTimes(serverPid);
  const cpu = process.cpuUsage();
  const start = performance.now();
  await variant.run();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const foreign = foreignShare(before, cpuTimes(serverPid), seconds);
  await variant.check?.();
  return { rate: variant.items / seconds, cpuMicros: (user + system) / variant.items, foreign };
}

const median = (values: readonly number[]): number => spread(values).median;

/** Runs every variant once in each round, so that load which comes and goes hits neighbours alike. */
export async function runRounds(
  variants: readonly TimedVariant[],
  figures: readonly RateFigure[],
  rounds: number,
  serverPid: number,
  say: (text: string) => void,
): Promise<RoundsResult> {
  const samples = new Map<string, Sample[]>(variants.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    say(round === 0 ? 'warming up' : `round ${round}`);
    for (const variant of variants) {
      const sample = await timed(variant, serverPid);
      if (round > 0) samples.get(variant.name)?.push(sample);
    }
  }
  const lines = [...samples].map(([name, own]) => {
    const { median: rate, min, max } = spread(own.map((sample) => sample.rate));
    const cpu = median(own.map(({ cpuMicros }) => cpuMicros)).toFixed(1);
    const foreign = (median(own.map((sample) => sample.foreign)) * 100).toFixed(1);
    return `${name} | ${rate.toFixed(0)} | ${min.toFixed(0)}-${max.toFixed(0)} | ${cpu} | ${foreign}`;
  });
  return {
    samples,
    lines: ['name | per second, median | min-max | client CPU us each | foreign %', ...lines],
    figures: figures.map((figure) => judge(figure, samples)),
  };
}

function judge(
  { faster, slower, bar }: RateFigure,
  samples: ReadonlyMap<string, readonly Sample[]>,
): RoundsResult['figures'][number] {
  const above = samples.get(faster) ?? [];
  const below = samples.get(slower) ?? [];
  const ratio = spread(above.map(({ rate }, round) => rate / (below[round]?.rate ?? Number.NaN)));
  const all = [...above, ...below];
  const disturbed = all.filter(({ foreign }) => foreign > FOREIGN_BAR).length * 2 > all.length;
  const passes = ratio.median >= bar ? 'PASS' : 'FAIL';
  return { name: `${faster}/${slower}`, ratio, bar, verdict: disturbed ? 'INCONCLUSIVE' : passes };
}

/** Prints the result; false when a figure failed. */
export function printRounds(
  machine: string,
  { samples, lines, figures }: RoundsResult,
  json: boolean,
): boolean {
  if (json) {
    console.log(JSON.stringify({ machine, variants: Object.fromEntries(samples), figures }, null, 2));
  } else {
    const judged = figures.map(
      ({ name, ratio, bar, verdict }) =>
        `${name} ${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)}-${ratio.max.toFixed(2)}) bar >= ${bar.toFixed(2)} ${verdict}`,
    );
    console.log([machine, '', ...lines, '', ...judged].join('\n'));
  }
  return figures.every(({ verdict }) => verdict !== 'FAIL');
}
