import { systemClock } from '../adapters/clock/system-clock';
import type { Outcome } from '../commands/outcome';
import { Composition, Resources } from '../composition';
import type * as Demo from '../demo/demo';
import { ConfigError, UnavailableError } from '../errors';
import { createColors, colorsWanted } from '../terminal/colors';
import * as actions from './actions';
import type { ActionContext } from './action-context';
import type { Chosen } from './chosen';
import { openIo, wantsLog } from './open-io';
import type { Ending, ProcessLike } from './process-like';

/** The demonstration brings servers of its own, which no other command has to load. */
function demo(context: ActionContext, env: NodeJS.ProcessEnv, options: { keep?: boolean }): Promise<Outcome> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { demoAction } = require('../demo/demo') as typeof Demo;
  return demoAction(context, createColors(colorsWanted(context.stdout, env)), options);
}

/** Runs a command to its end, and releases whatever it opened. */
export async function runCommand(chosen: Chosen, process: ProcessLike): Promise<Ending> {
  const { env, stdin, stdout, stderr, signal } = process;
  const { json, quiet } = chosen;
  const io = openIo(process, { json, quiet });
  const logs = wantsLog(process, json);
  const resources = new Resources();
  const composition = new Composition(env, systemClock, resources, process.startThread ?? null);
  const { progress, sink } = io;
  const context = { composition, stdin, stdout, stderr, progress, sink, json, quiet, logs, signal };
  try {
    const outcome = await chosen.run(context, {
      ...actions,
      demoAction: (of, options) => demo(of, env, options),
    });
    const exitCode = io.print(outcome);
    process.onConclusion?.(exitCode);
    await outcome.lasting?.();
    return { exitCode, printedOnly: outcome.printedOnly === true };
  } catch (error) {
    const exitCode = io.printError(signal.aborted ? asInterruption(error) : error);
    process.onConclusion?.(exitCode);
    return { exitCode };
  } finally {
    await resources.release();
  }
}

const INTERRUPTED = 'interrupted before it was done';

/** What a command that was told to stop failed with: what may have been written tells more than that. */
function asInterruption(error: unknown): unknown {
  if (error instanceof ConfigError) return error;
  if (!(error instanceof UnavailableError))
    return new UnavailableError('INTERRUPTED', INTERRUPTED, { cause: error });
  const { code, hint, done } = error;
  if (code === 'INTERRUPTED' || code === 'PUT_UNRESOLVED' || code === 'APPEND_UNRESOLVED') return error;
  return new UnavailableError('INTERRUPTED', INTERRUPTED, { cause: error, ...(done ? { hint, done } : {}) });
}
