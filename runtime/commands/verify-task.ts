import { LIMITS } from '../contract';
import type { ReportPlace } from '../application/shards/report-store';
import type { AgeOptions } from '../application/shards/sharding';
import type { VerifyScope } from '../application/verify/scope';
import { ConfigError } from '../errors';
import { parseLocation, type ReportLocation } from './report-location';
import type { VerifyOptions } from './verify';
import { parseScope } from './verify';

/** Shards of a plan at most; more processes than that have nothing to gain on one database. */
const MAX_SHARDS = 10_000;
/** Hours that a plan may count at most: as many as one execution of everything on AWS may take. */
const MAX_AGE_HOURS = { min: 1, max: 720 };
/** Above this a limit limits nothing. */
const MAX_RATE = 1_000_000_000;

/** How to read; null leaves it to the configuration. */
export interface ReadingMeans {
  readonly workers: number | null;
  /** Events per second. */
  readonly maxRate: number | null;
}

type MaxAge = Pick<AgeOptions, 'maxAgeHours'>;

/** What `verify` is asked to do. */
export type VerifyTask =
  | { readonly kind: 'verify'; readonly scope: VerifyScope; readonly state: string | null }
  | { readonly kind: 'plan'; readonly count: number; readonly out: ReportLocation | null }
  | {
      readonly kind: 'shard';
      readonly plan: ReportLocation;
      readonly number: number;
      readonly out: string | null;
      readonly age: MaxAge;
    }
  | {
      readonly kind: 'merge';
      readonly from: ReportPlace;
      readonly out: ReportLocation | null;
      readonly age: MaxAge;
    };

function usage(message: string): ConfigError {
  return new ConfigError('USAGE', message, { hint: 'See audit-anchor verify --help' });
}

function wholeNumber(option: string, text: string, limits: { min: number; max: number }): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
  if (value >= limits.min && value <= limits.max) return value;
  throw usage(
    `${option}: found ${JSON.stringify(text.slice(0, 64))}, allowed a whole number from ${limits.min} to ${limits.max}`,
  );
}

/**
 * How the options want the events to be read.
 * @throws ConfigError `USAGE` for a number out of its bounds
 */
export function parseMeans({ workers, maxRate }: VerifyOptions): ReadingMeans {
  return {
    workers: workers === undefined ? null : wholeNumber('--workers', workers, LIMITS.verifyWorkers),
    maxRate: maxRate === undefined ? null : wholeNumber('--max-rate', maxRate, { min: 1, max: MAX_RATE }),
  };
}

const NAMES: Readonly<Record<keyof VerifyOptions, string>> = {
  full: '--full',
  latest: '--latest',
  sinceLast: '--since-last',
  anchorsOnly: '--anchors-only',
  from: '--from',
  to: '--to',
  workers: '--workers',
  maxRate: '--max-rate',
  state: '--state',
  plan: '--plan',
  shard: '--shard',
  number: '--number',
  merge: '--merge',
  out: '--out',
  maxAge: '--max-age',
};

/** What may stand beside the option that chooses the task. */
const BESIDE = {
  plan: ['out'],
  shard: ['number', 'out', 'maxRate', 'maxAge'],
  merge: ['out', 'maxAge'],
} as const satisfies Readonly<Record<'plan' | 'shard' | 'merge', readonly (keyof VerifyOptions)[]>>;

function refuseBeside(task: keyof typeof BESIDE, options: VerifyOptions): void {
  const allowed: readonly string[] = [task, ...BESIDE[task]];
  const other = (Object.keys(NAMES) as (keyof VerifyOptions)[]).find(
    (name) => options[name] !== undefined && !allowed.includes(name),
  );
  if (other) throw usage(`${NAMES[task]} and ${NAMES[other]} exclude each other`);
}

function parseAge({ maxAge }: VerifyOptions): MaxAge {
  return maxAge === undefined ? {} : { maxAgeHours: wholeNumber('--max-age', maxAge, MAX_AGE_HOURS) };
}

/**
 * What the options ask for.
 * @throws ConfigError `USAGE` when they contradict each other
 */
export function parseTask(options: VerifyOptions): VerifyTask {
  const { plan, shard, merge, number, out = null, state = null } = options;
  if (plan !== undefined) {
    refuseBeside('plan', options);
    return {
      kind: 'plan',
      count: wholeNumber('--plan', plan, { min: 1, max: MAX_SHARDS }),
      out: out === null ? null : parseLocation('--out', out),
    };
  }
  if (shard !== undefined) {
    refuseBeside('shard', options);
    if (number === undefined)
      throw usage('--shard: found no --number, allowed the number of a shard of the plan');
    const location = parseLocation('--shard', shard);
    if (location.kind !== 'file' && out !== null) {
      throw usage('--out is of no use here: the partial report is written beside the plan');
    }
    return {
      kind: 'shard',
      plan: location,
      number: wholeNumber('--number', number, { min: 1, max: MAX_SHARDS }),
      out,
      age: parseAge(options),
    };
  }
  if (merge !== undefined) {
    refuseBeside('merge', options);
    const from = parseLocation('--merge', merge);
    return {
      kind: 'merge',
      from: from.kind === 'file' ? { kind: 'folder', path: from.path } : from,
      out: out === null ? null : parseLocation('--out', out),
      age: parseAge(options),
    };
  }
  if (number !== undefined) throw usage('--number is of use only with --shard');
  if (out !== null) throw usage('--out is of use only with --plan, --shard or --merge');
  if (options.maxAge !== undefined) throw usage('--max-age is of use only with --shard or --merge');
  const scope = parseScope(options);
  if (scope.kind === 'since-last' && state === null) {
    throw usage('--since-last: found no --state, allowed a file that says what was verified before');
  }
  if (state !== null && scope.kind !== 'since-last' && scope.kind !== 'full') {
    throw usage('--state is of use only with --full or --since-last');
  }
  return { kind: 'verify', scope, state };
}
