#!/usr/bin/env node
import { writeSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { systemClock } from './adapters/clock/system-clock';
import { isReaderThread, serveReader } from './adapters/workers/reader-thread';
import { putsInDoubt } from './adapters/s3/s3-anchor-store';
import type { StartThread } from './adapters/workers/thread-readers';
import type { CommandIo, OutputStream } from './cli/command-io';
import { forcedEnd } from './cli/forced-end';
import { jobOf } from './cli/job';
import { LogIo } from './cli/log-io';
import { TerminalIo } from './cli/terminal-io';
import { exitAfterOutput, ProcessOutput } from './cli/process-output';
import { parseCommandLine } from './cli/program';
import type { Chosen } from './cli/program';
import { Composition, Resources } from './composition';
import type { ExitCode } from './contract';
import { ENV, EXIT } from './contract';
import { isChainId } from './contract/chain-id';
import type * as Demo from './demo/demo';
import { ConfigError, UnavailableError } from './errors';
import { createColors, colorsWanted } from './terminal/colors';

/** The demonstration brings servers of its own, which no other command has to load. */
function loadDemo(): typeof Demo {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return require('./demo/demo') as typeof Demo;
}

/** The parts of a process that the program uses; a test gives its own. */
export interface ProcessLike {
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Aborts when the user asks to stop. */
  readonly signal: AbortSignal;
  /** Called with the exit code as soon as the outcome is printed, before anything is released. */
  readonly onConclusion?: (exitCode: ExitCode) => void;
  /** Starts this program once more in a thread, as a reader of events. */
  readonly startThread?: StartThread;
}

/** The form of output that is wanted: a report, with --json a document, with `AUDIT_OUTPUT=log` log lines. */
function openIo(
  { args, env, stdout, stderr }: ProcessLike,
  options: { readonly json: boolean; readonly quiet: boolean },
): { readonly io: CommandIo; readonly logs: boolean } {
  const job = jobOf(args);
  if (job === null || options.json || env[ENV.output] !== 'log') {
    return { io: new TerminalIo(stdout, stderr, env, options), logs: false };
  }
  const named = env[ENV.chainId] ?? '';
  const chainId = isChainId(named) ? named : null;
  const foreign = env[ENV.chainFormat] === 'links';
  const { quiet } = options;
  const now = (): number => systemClock.now();
  return { io: new LogIo(stdout, stderr, { job, chainId, foreign, quiet, now }), logs: true };
}

function parse(process: ProcessLike): Chosen | ExitCode {
  const { args, env, stdout, stderr } = process;
  const json = args.includes('--json');
  const { io, logs } = openIo(process, { json, quiet: false });
  // With --json help, version and errors are documents too.
  let printed = '';
  const out = (text: string): void => {
    if (json) printed += text;
    else stdout.write(text);
  };
  let helped = false;
  const err = (text: string): void => {
    if (json || logs) return;
    stderr.write(text);
    helped = true;
  };
  try {
    const chosen = parseCommandLine(args, { out, err }, (context, options) =>
      loadDemo().demoAction(context, createColors(colorsWanted(stdout, env)), options),
    );
    if (chosen) return chosen;
    if (json) io.print({ exitCode: EXIT.ok, document: { output: printed.trimEnd() }, text: () => [] });
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return helped ? EXIT.usage : io.printError(error);
  }
}

interface Ending {
  readonly exitCode: ExitCode;
  readonly printedOnly?: boolean;
}

/** Runs one command to its end, releases whatever it opened, and sees that its output has arrived. */
export async function main(process: ProcessLike): Promise<ExitCode> {
  const chosen = parse(process);
  const ending: Ending = typeof chosen === 'number' ? { exitCode: chosen } : await run(chosen, process);
  return exitAfterOutput(ending.exitCode, ending.printedOnly === true, process);
}

async function run(chosen: Chosen, process: ProcessLike): Promise<Ending> {
  const { env, stdin, stdout, stderr, signal } = process;
  const { json, quiet } = chosen;
  const { io, logs } = openIo(process, { json, quiet });
  const resources = new Resources();
  const composition = new Composition(env, systemClock, resources, process.startThread ?? null);
  const { progress, sink } = io;
  const context = { composition, stdin, stdout, stderr, progress, sink, json, quiet, logs, signal };
  try {
    const outcome = await chosen.run(context);
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

/** Exits even if something still keeps the event loop busy after everything was released. */
const EXIT_GRACE_MS = 2_000;
/** Commands that end in order, in a time of their own: with a last anchor, or with servers that have to be stopped. */
const ORDERLY: readonly string[] = ['run', 'demo'];

function commandOf(args: readonly string[]): string {
  return args.find((arg) => !arg.startsWith('-')) ?? '';
}

/** Stops at the first request to; a closed terminal (SIGHUP) is one too. */
function stopOnSignals(args: readonly string[], concluded: () => ExitCode | null): AbortController {
  const stop = new AbortController();
  const onSignal = forcedEnd({
    stop,
    orderly: ORDERLY.includes(commandOf(args)),
    inDoubt: putsInDoubt,
    concluded,
    exit: (code) => process.exit(code),
    say: (text) => {
      try {
        writeSync(process.stderr.fd, text);
      } catch {
        // Nobody can be told any more.
      }
    },
    now: () => performance.now(),
  });
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  return stop;
}

/** Node.js ends a crashed process with exit code 1, which would say that tampering was found. */
function endOnDefect(): void {
  process.on('uncaughtException', (error) => {
    process.stderr.write(`${error.stack ?? error.message}\nThis is a defect of audit-anchor.\n`);
    process.exit(EXIT.notEvaluated);
  });
}

function start(): void {
  endOnDefect();
  // Should the event loop run dry before a command has ended, that must not look like success.
  process.exitCode = EXIT.notEvaluated;
  const args = process.argv.slice(2);
  let conclusion: ExitCode | null = null;
  const onConclusion = (exitCode: ExitCode): void => void (conclusion = exitCode);
  const stop = stopOnSignals(args, () => conclusion);
  const { signal } = stop;
  // What nobody can be told any more is not worth going on with.
  const bounded = commandOf(args) === 'run';
  const stdout = new ProcessOutput(process.stdout, () => stop.abort(), { bounded });
  // What the report says does not depend on who hears of its progress.
  const stderr = new ProcessOutput(process.stderr, () => undefined, { bounded });
  const { env, stdin } = process;
  // The same file also when everything was bundled into one.
  const startThread: StartThread = (options) => new Worker(__filename, options);
  void main({ args, env, stdin, stdout, stderr, signal, onConclusion, startThread }).then((code) => {
    process.exitCode = code;
    setTimeout(() => process.exit(), EXIT_GRACE_MS).unref();
  });
}

if (isReaderThread()) serveReader();
else if (require.main === module) start();
