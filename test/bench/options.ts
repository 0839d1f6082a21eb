import { integer, optionsFrom, UsageError } from './arguments';
import { VARIANTS } from './variants';

/** What `npm run bench` was asked for. */
export interface BenchOptions {
  /** Events of the generated chain. */
  readonly events: number;
  /** Rounds; each runs every variant once, the floor first. */
  readonly rounds: number;
  /** Names of the variants to run; empty for all. */
  readonly only: readonly string[];
  /** One JSON document instead of text. */
  readonly json: boolean;
  /** Folder that keeps the database for the next run; null for a temporary one. */
  readonly directory: string | null;
}

export const DEFAULT_EVENTS = 1_000_000;
const MIN_EVENTS = 30_000;
const MAX_EVENTS = 100_000_000;
export const MAX_ROUNDS = 1_000;
/** Fewer rounds are needed where each of them is long. */
const LONG_RUN_EVENTS = 3_000_000;

/** Benches of other things than verification. */
export const OTHER_BENCHES = ['append', 'anchors', 'start-up'] as const;

export const USAGE = `npm run bench -- [--events N] [--rounds N] [--only NAME[,NAME]] [--json] [--directory FOLDER]

Measures verification against reading the same rows and against other ways of verifying them.

  --events     events of the generated chain, ${MIN_EVENTS} to ${MAX_EVENTS} (default ${DEFAULT_EVENTS})
  --rounds     rounds (default 5, and 3 from ${LONG_RUN_EVENTS} events)
  --only       variants to run; the floor always runs. Or one of ${OTHER_BENCHES.join(', ')}: that is measured
               instead, with the options that --only NAME --help shows
  --json       one JSON document on standard output
  --directory  keeps the database there, and uses the one of an earlier run with as many events
  --against    another build: measures this one next to it instead, with the options that --against . --help shows

Exit codes: 0 no bar missed, 1 a bar missed, 2 nothing measured.

Variants:
${VARIANTS.map(({ name, title }) => `  ${name.padEnd(12)} ${title}`).join('\n')}`;

/** @throws UsageError naming the option, what was found and what is allowed */
export function parseOptions(args: readonly string[], variants: readonly string[]): BenchOptions {
  const values = optionsFrom(args, {
    events: { type: 'string', default: String(DEFAULT_EVENTS) },
    rounds: { type: 'string' },
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
    directory: { type: 'string' },
  });
  const events = integer('events', values.events, MIN_EVENTS, MAX_EVENTS);
  const only = values.only.split(',').filter((name) => name !== '');
  const unknown = only.find((name) => !variants.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(
      `--only: found "${unknown}", allowed ${variants.join(', ')}, or one of ${OTHER_BENCHES.join(', ')}`,
    );
  }
  const rounds = values.rounds ?? (events < LONG_RUN_EVENTS ? '5' : '3');
  return {
    events,
    rounds: integer('rounds', rounds, 1, MAX_ROUNDS),
    only,
    json: values.json,
    directory: values.directory ?? null,
  };
}
