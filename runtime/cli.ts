#!/usr/bin/env node
import './cli/compile-cache';
import { writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { putsUnderWay } from './adapters/s3/puts-under-way';
import { isReaderThread } from './adapters/workers/is-reader-thread';
import type * as ReaderThread from './adapters/workers/reader-thread';
import type { StartThread } from './adapters/workers/thread-readers';
import type { CommandIo } from './cli/command-io';
import { forcedEnd } from './cli/forced-end';
import { openIo, wantsLog } from './cli/open-io';
import type { Ending, ProcessLike } from './cli/process-like';
import { exitAfterOutput, ProcessOutput } from './cli/process-output';
import type { Chosen } from './cli/chosen';
import { parseCommandLine } from './cli/program';
import type * as Commands from './cli/run-command';
import type { ExitCode } from './contract';
import { EXIT } from './contract';
import { ConfigError } from './errors';

/** What runs commands, and with it nearly all of the program: help and a wrong command line do without. */
function loadCommands(): typeof Commands {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return require('./cli/run-command') as typeof Commands;
}

function loadReader(): typeof ReaderThread {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return require('./adapters/workers/reader-thread') as typeof ReaderThread;
}

function parse(process: ProcessLike): Chosen | ExitCode {
  const { args, stdout, stderr } = process;
  const json = args.includes('--json');
  const open = (): CommandIo => openIo(process, { json, quiet: false });
  // With --json help, version and errors are documents too.
  let printed = '';
  const out = (text: string): void => {
    if (json) printed += text;
    else stdout.write(text);
  };
  let helped = false;
  const err = (text: string): void => {
    if (json || wantsLog(process, json)) return;
    stderr.write(text);
    helped = true;
  };
  try {
    const chosen = parseCommandLine(args, { out, err });
    if (chosen) return chosen;
    if (json) open().print({ exitCode: EXIT.ok, document: { output: printed.trimEnd() }, text: () => [] });
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return helped ? EXIT.usage : open().printError(error);
  }
}

/** Runs one command to its end, releases whatever it opened, and sees that its output has arrived. */
export async function main(process: ProcessLike): Promise<ExitCode> {
  const chosen = parse(process);
  const ending: Ending =
    typeof chosen === 'number' ? { exitCode: chosen } : await loadCommands().runCommand(chosen, process);
  return exitAfterOutput(ending.exitCode, ending.printedOnly === true, process);
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
    inDoubt: () => [...putsUnderWay],
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

if (isReaderThread()) loadReader().serveReader();
else if (require.main === module) start();
