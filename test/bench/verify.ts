import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Checkpoint } from '../../runtime/domain/chain/checkpoint';
import type { Cleanup } from '../support/programs/cleanup';
import { makeAnchorBuckets } from './anchor-buckets';
import { compileInto } from './compile';
import { type BenchDatabase, openDatabase, TABLE } from './database';
import { FIGURES, type Sample, judge } from './figures';
import { machineLine } from './machine';
import { type BenchOptions, parseOptions } from './options';
import {
  codesLine,
  figureLine,
  FOREIGN_NOTE,
  memoryLine,
  memoryResults,
  TABLE_HEADER,
  tableLine,
  type VariantResult,
  verdictFailures,
  verdictOf,
} from './report';
import { firstOfNewest, VariantRunner } from './run-variant';
import { TAMPERED_EVENTS, TAMPERINGS, tamperedTable } from './tampering';
import { temporaryFolder } from './temporary-folder';
import { FLOOR, type Variant, VARIANTS } from './variants';

/**
 * `npm run bench`: what verification costs, next to reading the same rows and to other ways of verifying them, on
 * an embedded PostgreSQL with a generated chain.
 */
const ROOT = resolve(__dirname, '../..');

function hasPsql(): boolean {
  return spawnSync('psql', ['--version'], { stdio: 'ignore' }).status === 0;
}

function skipReason(variant: Variant, options: BenchOptions, database: BenchDatabase): string | null {
  const { limit, least, extension } = variant;
  if (limit && options.events > limit.events) return `above ${limit.events} events, since ${limit.reason}`;
  if (least && options.events < least.events) return `below ${least.events} events, since ${least.reason}`;
  if (extension !== undefined && !database.extensions.has(extension)) {
    return `the server does not have ${extension}`;
  }
  return null;
}

async function timedRun(
  runner: VariantRunner,
  variant: Variant,
  events: number,
  round: number,
): Promise<Sample> {
  const { sample, answer } = await runner.run(variant, { table: TABLE, events });
  const expected = eventsOf(variant, events);
  if (answer.events !== expected)
    throw new Error(`${variant.name} read ${answer.events} of ${expected} events`);
  if (answer.found.length > 0) {
    throw new Error(`${variant.name} found ${answer.found.join(', ')} in a sound chain`);
  }
  return { round, ...sample };
}

function eventsOf(variant: Variant, events: number): number {
  return variant.newest === undefined ? events : events - firstOfNewest(events, variant.newest(events)) + 1;
}

async function tamperedRuns(
  runner: VariantRunner,
  variant: Variant,
): Promise<Record<string, readonly string[]>> {
  const found: Record<string, readonly string[]> = {};
  for (const kind of Object.keys(TAMPERINGS)) {
    const { answer } = await runner.run(variant, { table: tamperedTable(kind), events: TAMPERED_EVENTS });
    found[kind] = answer.found;
  }
  return found;
}

async function bench(
  options: BenchOptions,
  folder: string,
  cleanup: Cleanup,
  say: (text: string) => void,
): Promise<boolean> {
  const compiled = join(folder, 'compiled');
  compileInto(compiled, ROOT);
  const psql = hasPsql();
  const directory = options.directory ?? join(folder, 'database');
  const database = await openDatabase(directory, options.events, cleanup, say);
  const floorIs = psql ? 'psql' : 'psql is not on the PATH, so the floor is a drain through pg';
  const message = `${database.averageMessageBytes.toFixed(1)} canonical bytes`;
  const machine = `${machineLine()}, PostgreSQL ${database.serverVersion}, no TLS, ${options.events} events of ${message}, ${options.rounds} rounds, floor: ${floorIs}`;
  say(machine);
  copyFileSync(join(ROOT, 'package.json'), join(compiled, 'package.json'));
  const checkpoints = JSON.parse(readFileSync(database.checkpoints, 'utf8')) as Checkpoint[];
  const lengths = [options.events, TAMPERED_EVENTS];
  const buckets = await makeAnchorBuckets(join(folder, 'bucket'), checkpoints, lengths);
  cleanup.add(() => buckets.close());
  const runner = new VariantRunner(database, compiled, psql, buckets);
  const chosen = VARIANTS.filter(
    ({ name }) => name === FLOOR || options.only.length === 0 || options.only.includes(name),
  );
  const running = chosen.filter((variant) => skipReason(variant, options, database) === null);
  const samples = new Map<string, Sample[]>(running.map(({ name }) => [name, []]));
  // The first pass fills the cache of the server and is not timed.
  for (const variant of running.slice(0, 1)) await timedRun(runner, variant, options.events, 0);
  for (let round = 1; round <= options.rounds; round++) {
    say(`round ${round}`);
    for (const variant of running) {
      samples.get(variant.name)?.push(await timedRun(runner, variant, options.events, round));
    }
  }
  const results: VariantResult[] = [];
  for (const variant of chosen) {
    const skipped = skipReason(variant, options, database);
    const asked = skipped === null && variant.checksNothing !== true;
    results.push({
      variant,
      events: eventsOf(variant, options.events),
      samples: samples.get(variant.name) ?? [],
      skipped,
      tampered: asked ? await tamperedRuns(runner, variant) : null,
    });
  }
  return print(options, machine, results, samples);
}

/** Prints what was measured; false when a figure failed. */
function print(
  options: BenchOptions,
  machine: string,
  results: readonly VariantResult[],
  samples: ReadonlyMap<string, readonly Sample[]>,
): boolean {
  const figures = FIGURES.flatMap((figure) => judge(figure, samples, options.events) ?? []);
  const memory = memoryResults(results);
  const failures = verdictFailures(results);
  if (options.json) {
    const variants = results.map((result) => ({
      name: result.variant.name,
      title: result.variant.title,
      events: result.events,
      skipped: result.skipped,
      tampered: result.tampered,
      verdict: verdictOf(result),
      samples: result.samples,
    }));
    console.log(
      JSON.stringify({ machine, rounds: options.rounds, variants, figures, memory, failures }, null, 2),
    );
  } else {
    const floor = samples.get(FLOOR) ?? [];
    console.log(
      [
        TABLE_HEADER,
        ...results.map((result) => tableLine(result, floor)),
        '',
        ...results.map(({ variant }) => `${variant.name}: ${variant.title}`),
        '',
        ...results.filter(({ tampered }) => tampered !== null).map(codesLine),
        '',
        ...figures.map(figureLine),
        ...memory.map(memoryLine),
        ...failures,
        FOREIGN_NOTE,
      ].join('\n'),
    );
  }
  return failures.length === 0 && [...figures, ...memory].every(({ verdict }) => verdict !== 'FAIL');
}

export { USAGE } from './options';

export async function run(args: readonly string[], cleanup: Cleanup): Promise<boolean> {
  const options = parseOptions(
    args,
    VARIANTS.map(({ name }) => name),
  );
  return bench(options, temporaryFolder(cleanup), cleanup, (text) => console.error(text));
}
