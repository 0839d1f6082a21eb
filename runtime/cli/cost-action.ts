import { readFileSync } from 'node:fs';
import { costCommand, usage } from '../commands/cost';
import { fullVerificationCostCommand } from '../commands/full-verification-cost';
import type { Outcome } from '../commands/outcome';
import type { CostOptions } from '../cost/cost-options';
import type { FullVerificationOptions } from '../cost/full-verification-options';
import type { ActionContext } from './action-context';

/** Options of `--full-verification` alone. */
const OF_FULL_VERIFICATION = ['--events', '--tasks', '--rate', '--database-rate'];
/** Options of the yearly bill and of a full verification. */
const OF_BOTH = ['--full-verification', '--prices'];

/** An option of the other mode would change nothing, and the answer would look as if it had. */
function refuseOutsideItsMode(given: readonly string[], fullVerification: boolean): void {
  const foreign = given.filter(
    (option) => !OF_BOTH.includes(option) && OF_FULL_VERIFICATION.includes(option) !== fullVerification,
  );
  if (foreign.length === 0) return;
  const [found, allowed] = fullVerification
    ? ['it with --full-verification', `only ${[...OF_FULL_VERIFICATION, '--prices'].join(', ')} beside that`]
    : ['it without --full-verification', 'only with that'];
  throw usage(foreign.map((setting) => ({ setting, found, allowed })));
}

export type CostActionOptions = CostOptions & FullVerificationOptions;

/** @param given options that are on the command line, as `--name` */
export function costAction(
  { composition }: ActionContext,
  options: CostActionOptions,
  given: readonly string[],
): Promise<Outcome> {
  refuseOutsideItsMode(given, options.fullVerification === true);
  const readFile = (path: string): string => readFileSync(path, 'utf8');
  const outcome = options.fullVerification
    ? fullVerificationCostCommand(options, readFile)
    : costCommand(options, composition.config({}), readFile);
  return Promise.resolve(outcome);
}
