import type { Cleanup } from '../support/programs/cleanup';
import * as against from './against';
import * as anchors from './anchors';
import * as append from './append';
import { OTHER_BENCHES } from './options';
import * as startUp from './start-up';
import * as verify from './verify';

/** One of the benches, with options of its own. */
export interface Bench {
  readonly USAGE: string;
  /**
   * Measures and prints; false when a bar is missed.
   * @throws Error naming the option, what was found and what is allowed; or whatever kept it from measuring
   */
  run(args: readonly string[], cleanup: Cleanup): Promise<boolean>;
}

const OTHERS: Readonly<Record<(typeof OTHER_BENCHES)[number], Bench>> = {
  append,
  anchors,
  'start-up': startUp,
};

/** The bench that is meant, by `--against`, `--only append` and the like, and the options left for it. */
export function chosenBench(args: readonly string[]): {
  readonly bench: Bench;
  readonly args: readonly string[];
} {
  if (args.some((arg) => arg === '--against' || arg.startsWith('--against=')))
    return { bench: against, args };
  const at = args.findIndex((arg) => arg === '--only' || arg.startsWith('--only='));
  const inOne = args[at]?.startsWith('--only=') ? args[at].slice('--only='.length) : undefined;
  const name = OTHER_BENCHES.find((other) => at >= 0 && other === (inOne ?? args[at + 1]));
  if (name === undefined) return { bench: verify, args };
  const behind = at + (inOne === undefined ? 2 : 1);
  return { bench: OTHERS[name], args: [...args.slice(0, at), ...args.slice(behind)] };
}
