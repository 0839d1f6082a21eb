import { quoted } from '../config-faults';
import type { ConfigFault } from '../errors';

/** Options of `cost --full-verification` as they stand on the command line. */
export interface FullVerificationOptions {
  readonly fullVerification?: boolean;
  readonly events?: string;
  readonly tasks?: string;
  readonly rate?: string;
  readonly databaseRate?: string;
}

/** What is to be computed: a row for each number of events, a column for each number of tasks. */
export interface FullVerificationQuestion {
  readonly events: readonly number[];
  readonly tasks: readonly number[];
  readonly taskRate: number;
  readonly databaseRate: number | null;
}

/** Measures what `--rate` asks for. */
export const RATE_COMMAND = 'npm run bench -- --only merkle';

const DEFAULT_EVENTS = '1e8,1e9,1e10';
const DEFAULT_TASKS = '1,4,16,64';
const EVENTS = { min: 1, max: 1e13, what: 'events' };
const TASKS = { min: 1, max: 256, what: 'tasks' };
const RATE = { min: 1, max: 1e9, what: 'events per second' };
/** A whole number, also as 1e9. */
const NUMBER = /^\d{1,15}(?:e\d{1,2})?$/;

/** The question, or everything that is wrong with the options. */
export function readFullVerificationOptions(options: FullVerificationOptions): {
  readonly question: FullVerificationQuestion;
  readonly faults: readonly ConfigFault[];
} {
  const faults: ConfigFault[] = [];
  const read = (
    setting: string,
    text: string,
    { min, max, what }: { readonly min: number; readonly max: number; readonly what: string },
    some = '',
  ): number => {
    const value = NUMBER.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    faults.push({
      setting,
      found: quoted(text),
      allowed: `${some}a whole number of ${what} from ${min} to ${max}`,
    });
    return min;
  };
  const list = (setting: string, text: string, range: typeof EVENTS): number[] =>
    text.split(',').map((each) => read(setting, each, range, 'separated by commas: '));
  const { events = DEFAULT_EVENTS, tasks = DEFAULT_TASKS, rate, databaseRate } = options;
  if (rate === undefined) {
    faults.push({
      setting: '--rate',
      found: 'nothing',
      allowed: `events per second of one reader on your machine; ${RATE_COMMAND} prints them, in a checkout of the sources`,
    });
  }
  return {
    question: {
      events: list('--events', events, EVENTS),
      tasks: list('--tasks', tasks, TASKS),
      taskRate: rate === undefined ? 1 : read('--rate', rate, RATE),
      databaseRate: databaseRate === undefined ? null : read('--database-rate', databaseRate, RATE),
    },
    faults,
  };
}
