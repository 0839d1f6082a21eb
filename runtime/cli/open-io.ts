import { systemClock } from '../adapters/clock/system-clock';
import { ENV } from '../contract';
import { isChainId } from '../contract/chain-id';
import type { CommandIo } from './command-io';
import { jobOf } from './job';
import type * as Log from './log-io';
import type { ProcessLike } from './process-like';
import { TerminalIo } from './terminal-io';

/** The logger, which a report for people does without. */
function loadLog(): typeof Log {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return require('./log-io') as typeof Log;
}

/** True when a command is to write log lines and metrics instead of a report. */
export function wantsLog({ args, env }: Pick<ProcessLike, 'args' | 'env'>, json: boolean): boolean {
  return !json && env[ENV.output] === 'log' && jobOf(args) !== null;
}

/** The form of output that is wanted: a report, with --json a document, with `AUDIT_OUTPUT=log` log lines. */
export function openIo(
  { args, env, stdout, stderr }: ProcessLike,
  options: { readonly json: boolean; readonly quiet: boolean },
): CommandIo {
  const job = jobOf(args);
  if (job === null || !wantsLog({ args, env }, options.json)) {
    return new TerminalIo(stdout, stderr, env, options);
  }
  const named = env[ENV.chainId] ?? '';
  const chainId = isChainId(named) ? named : null;
  const foreign = env[ENV.chainFormat] === 'links';
  const { quiet } = options;
  const now = (): number => systemClock.now();
  return new (loadLog().LogIo)(stdout, stderr, { job, chainId, foreign, quiet, now });
}
