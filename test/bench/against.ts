import { copyFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ZERO_HASH } from '../../runtime/domain/digests';
import type { Cleanup } from '../support/programs/cleanup';
import { integer, optionsFrom, UsageError } from './arguments';
import { type Build, otherBuild, presentBuild, requireBuild } from './builds';
import { BYTES_WITHOUT_DETAILS } from './chain';
import { serverVersionOf } from './database';
import { type Figure, type FigureResult, judge, type Sample, spread } from './figures';
import { machineLine } from './machine';
import { measure } from './measure';
import { MAX_ROUNDS } from './options';
import { type Answer, type Task, TASK_VARIABLE } from './programs/task';
import { figureLine, FOREIGN_NOTE } from './report';
import { type BenchServer, startServer, withClient } from './server';
import { temporaryFolder } from './temporary-folder';

/**
 * `npm run bench -- --against FOLDER`: this build next to another one, on one server, each with the chain that its own
 * writer makes of the same events. The two take turns within each round, and in who begins.
 */
const ROOT = resolve(__dirname, '../..');
const MEBIBYTE = 1024 ** 2;
const MOST_BYTES = 8_000;
/** From this size on contents are most of what is hashed. */
const LARGE_BYTES = 1_500;

const KINDS = ['verify', 'merkle', 'append'] as const;
type Kind = (typeof KINDS)[number];

/** Most time of this build, of the time of the other. */
const BARS: Readonly<Record<Kind, (bytes: number) => number>> = {
  verify: () => 1.1,
  merkle: (bytes) => (bytes < LARGE_BYTES ? 0.85 : 0.7),
  append: () => 1.05,
};
/** Most memory of this build, of the memory of the other: as much, but for what differs from run to run. */
const MEMORY_BAR = 1.1;

export const USAGE = `npm run bench -- --against FOLDER [--events N] [--appended N] [--bytes N[,N]] [--rounds N] [--only NAME[,NAME]] [--json]

Measures this build next to another one, in one run: time from connect to verdict, and peak memory.

  --against   the other build: a checkout, or a folder with dist/
  --events    events of each chain, 10000 to 10000000 (default 500000)
  --appended  events of each run that appends, 1000 to 1000000 (default 50000)
  --bytes     average lengths of messages, ${BYTES_WITHOUT_DETAILS + 60} to ${MOST_BYTES} (default 315,1500)
  --rounds    rounds (default 5)
  --only      verify (index, links and HMAC alone), merkle (all Merkle roots too), append
  --json      one JSON document on standard output

Bars: verify 1.10; merkle 0.85, from ${LARGE_BYTES} bytes on 0.70; append 1.05; memory 1.10.
Exit codes: 0 no bar missed, 1 a bar missed, 2 nothing measured.`;

interface AgainstOptions {
  readonly against: string;
  readonly events: number;
  readonly appended: number;
  readonly bytes: readonly number[];
  readonly rounds: number;
  readonly only: readonly Kind[];
  readonly json: boolean;
}

/** @throws UsageError naming the option, what was found and what is allowed */
export function parseAgainst(args: readonly string[]): AgainstOptions {
  const values = optionsFrom(args, {
    against: { type: 'string', default: '' },
    events: { type: 'string', default: '500000' },
    appended: { type: 'string', default: '50000' },
    bytes: { type: 'string', default: '315,1500' },
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', default: KINDS.join(',') },
    json: { type: 'boolean', default: false },
  });
  const only = values.only.split(',').map((name) => {
    const kind = KINDS.find((known) => known === name);
    if (kind === undefined) throw new UsageError(`--only: found "${name}", allowed ${KINDS.join(', ')}`);
    return kind;
  });
  const bytes = values.bytes
    .split(',')
    .map((text) => integer('bytes', text, BYTES_WITHOUT_DETAILS + 60, MOST_BYTES));
  requireBuild(values.against);
  return {
    against: values.against,
    events: integer('events', values.events, 10_000, 10_000_000),
    appended: integer('appended', values.appended, 1_000, 1_000_000),
    bytes: [...new Set(bytes)],
    rounds: integer('rounds', values.rounds, 1, MAX_ROUNDS),
    only,
    json: values.json,
  };
}

/** One thing that both builds do. */
interface Comparison {
  readonly name: string;
  readonly kind: Kind;
  readonly bytes: number;
  readonly events: number;
}

function comparisonsOf({ only, bytes, events, appended }: AgainstOptions): Comparison[] {
  return only.flatMap((kind): Comparison[] =>
    kind === 'append'
      ? [{ name: kind, kind, bytes: 0, events: appended }]
      : bytes.map((size) => ({ name: `${kind} ${size}`, kind, bytes: size, events })),
  );
}

/** Runs programs of the bench in either build. */
class BuildRunner {
  constructor(
    private readonly server: BenchServer,
    private readonly folder: string,
  ) {}

  /** Makes the tables of both builds. */
  async fill(builds: readonly Build[], options: AgainstOptions, say: (text: string) => void): Promise<void> {
    for (const build of builds) {
      const sizes = options.only.some((kind) => kind !== 'append') ? options.bytes : [];
      for (const bytes of sizes) {
        say(`${build.name}: generating ${options.events} events of ${bytes} bytes`);
        await this.program(build, 'fill', this.task(build, bytes, options.events, { bytes }));
      }
      await this.program(build, 'fill', this.task(build, 0, 0, {}));
      await this.query(`ALTER TABLE ${tableOf(build, 0)} DISABLE TRIGGER ALL`);
    }
    await this.query('CHECKPOINT');
  }

  async run(build: Build, { kind, bytes, events, name }: Comparison, round: number): Promise<Sample> {
    if (kind === 'append') await this.query(`TRUNCATE ${tableOf(build, 0)}`);
    if (kind === 'append') await this.query('CHECKPOINT');
    const program = kind === 'append' ? 'append' : 'verify';
    const task = this.task(build, bytes, events, { merkle: kind === 'merkle' });
    const { answer, sample } = await this.program(build, program, task);
    if (answer.events !== events || answer.found.length > 0) {
      throw new Error(
        `${build.name}, ${name}: ${answer.events} of ${events} events, ${answer.found.join(', ')}`,
      );
    }
    return { round, ...sample };
  }

  private task(build: Build, bytes: number, events: number, options: Task['options']): Task {
    const table = tableOf(build, bytes);
    const checkpoints = join(this.folder, `${table}.json`);
    return { url: this.server.url, table, from: 1, last: events, firstLink: ZERO_HASH, checkpoints, options };
  }

  private async program(
    build: Build,
    name: string,
    task: Task,
  ): Promise<{ answer: Answer; sample: Omit<Sample, 'round'> }> {
    const file = join(build.folder, 'test/bench/programs', `${name}.js`);
    const env = { [TASK_VARIABLE]: JSON.stringify(task) };
    const { output, ...measured } = await measure(
      { file: process.execPath, args: [file], env },
      this.server.pid,
    );
    const answer = JSON.parse(output) as Answer;
    const peakRssBytes = Math.max(measured.peakRssBytes, answer.peakRssBytes);
    return { answer, sample: { ...measured, insideSeconds: answer.insideMs / 1000, peakRssBytes } };
  }

  private async query(text: string): Promise<void> {
    await withClient(this.server.url, (client) => client.query(text));
  }
}

function tableOf({ name }: Build, bytes: number): string {
  return bytes === 0 ? `appended_${name}` : `chain_${name}_${bytes}`;
}

type Samples = ReadonlyMap<string, readonly Sample[]>;

const keyOf = (build: Build['name'], { name }: Comparison): string => `${build} ${name}`;

/** Time and memory of this build, each as a ratio within the rounds. */
export function judgeBuilds(comparisons: readonly Comparison[], samples: Samples): FigureResult[] {
  return comparisons.flatMap((comparison) => {
    const { kind, bytes, events, name } = comparison;
    const figure: Figure = {
      numerator: keyOf('present', comparison),
      denominator: keyOf('other', comparison),
      of: 'task',
      bar: () => BARS[kind](bytes),
    };
    const time = judge(figure, samples, events);
    const memory = judge({ ...figure, of: 'process', bar: () => MEMORY_BAR }, memoryOf(samples), events);
    return [
      ...(time ? [{ ...time, name: `${name}: time` }] : []),
      ...(memory ? [{ ...memory, name: `${name}: memory` }] : []),
    ];
  });
}

/** The same runs with their memory where their time stood; load does not change it. */
function memoryOf(samples: Samples): Samples {
  return new Map(
    [...samples].map(([name, own]) => [
      name,
      own.map((sample) => ({ ...sample, seconds: sample.peakRssBytes, foreign: 0 })),
    ]),
  );
}

function line(build: Build['name'], comparison: Comparison, samples: Samples): string {
  const own = samples.get(keyOf(build, comparison)) ?? [];
  const seconds = spread(own.map(({ insideSeconds }) => insideSeconds ?? Number.NaN));
  return [
    comparison.name,
    build,
    seconds.median.toFixed(3),
    `${seconds.min.toFixed(3)}-${seconds.max.toFixed(3)}`,
    (comparison.events / seconds.median / 1000).toFixed(0),
    (spread(own.map(({ peakRssBytes }) => peakRssBytes)).median / MEBIBYTE).toFixed(0),
    (spread(own.map(({ foreign }) => foreign)).median * 100).toFixed(1),
  ].join(' | ');
}

export async function run(args: readonly string[], cleanup: Cleanup): Promise<boolean> {
  const options = parseAgainst(args);
  const say = (text: string): void => console.error(text);
  const folder = temporaryFolder(cleanup);
  const builds = [
    presentBuild(join(folder, 'present'), ROOT),
    otherBuild(join(folder, 'other'), ROOT, options.against),
  ];
  for (const build of builds) copyFileSync(join(ROOT, 'package.json'), join(build.folder, 'package.json'));
  const server = await startServer(join(folder, 'postgres'), cleanup);
  const version = await serverVersionOf(server.url);
  const machine = `${machineLine()}, PostgreSQL ${version}, no TLS, fsync on, ${options.rounds} rounds`;
  say(machine);
  const runner = new BuildRunner(server, folder);
  await runner.fill(builds, options, say);
  const comparisons = comparisonsOf(options);
  const samples = new Map<string, Sample[]>();
  for (let round = 0; round <= options.rounds; round++) {
    say(round === 0 ? 'warming up' : `round ${round}`);
    for (const comparison of comparisons) {
      for (const build of round % 2 === 0 ? builds : [...builds].reverse()) {
        const sample = await runner.run(build, comparison, round);
        const key = keyOf(build.name, comparison);
        if (round > 0) samples.set(key, [...(samples.get(key) ?? []), sample]);
      }
    }
  }
  const figures = judgeBuilds(comparisons, samples);
  if (options.json) {
    console.log(JSON.stringify({ machine, variants: Object.fromEntries(samples), figures }, null, 2));
  } else {
    console.log(
      [
        machine,
        '',
        'name | build | median s | min-max | kev/s | peak RSS MB | foreign %',
        ...comparisons.flatMap((each) => builds.map(({ name }) => line(name, each, samples))),
        '',
        ...figures.map((figure) => `${figureLine(figure)}, present/other`),
        FOREIGN_NOTE,
      ].join('\n'),
    );
  }
  return figures.every(({ verdict }) => verdict !== 'FAIL');
}
