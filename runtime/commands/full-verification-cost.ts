import { EXIT } from '../contract';
import { fullVerificationCost } from '../cost/full-verification';
import type { FullVerificationOptions } from '../cost/full-verification-options';
import { readFullVerificationOptions } from '../cost/full-verification-options';
import { fullVerificationText } from '../cost/full-verification-text';
import { readPrices, usage } from './cost';
import type { Outcome } from './outcome';

/** Size of a task of `FullVerification`, when nothing else is said there. */
const TASK = { architecture: 'arm64', vcpu: 1, memoryGb: 2 } as const;

/**
 * Computes time and price of full verifications in several tasks; asks neither bucket nor database.
 * @param readFile reads the file of `--prices` as UTF-8
 * @throws ConfigError `USAGE` with every fault of the options and of the prices
 */
export function fullVerificationCostCommand(
  options: FullVerificationOptions & { readonly prices?: string },
  readFile: (path: string) => string,
): Outcome {
  const { question, faults } = readFullVerificationOptions(options);
  const parsed = readPrices(options.prices, readFile);
  if ('faults' in parsed) throw usage([...faults, ...parsed.faults]);
  if (faults.length > 0) throw usage(faults);
  const { prices, changed } = parsed;
  const { taskRate, databaseRate } = question;
  const rows = question.events.map((events) => ({
    events,
    byTasks: question.tasks.map((tasks) => ({
      tasks,
      ...fullVerificationCost({ events, tasks, taskRate, databaseRate, ...TASK }, prices),
    })),
  }));
  return {
    exitCode: EXIT.ok,
    document: { taskRate, databaseRate, task: TASK, rows },
    text: () => fullVerificationText(question, rows, changed),
    asked: true,
  };
}
