import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpuTimes, foreignShare, peakRss } from './machine';

/** A program to run and time as a whole process. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Exit codes other than 0 that are an answer and no failure. */
  readonly answers?: readonly number[];
}

export interface Measurement {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly serverCpuSeconds: number;
  /** Share of the machine that others used meanwhile, 0 to 1. */
  readonly foreign: number;
  /** As seen from outside every few milliseconds; the end of a process may be missed. */
  readonly peakRssBytes: number;
  readonly output: string;
}

const RSS_EVERY_MS = 50;

/**
 * Runs a command to its end.
 * @throws Error with what it said when it fails
 */
export async function measure(command: Command, serverPid: number): Promise<Measurement> {
  const before = cpuTimes(serverPid);
  const start = performance.now();
  const child = spawn(command.file, [...command.args], {
    env: { ...process.env, ...command.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  let peak = 0;
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
  child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString('utf8')));
  const { pid } = child;
  const timer = setInterval(() => {
    if (pid !== undefined) peak = Math.max(peak, peakRss(pid));
  }, RSS_EVERY_MS);
  let code: number | null;
  let seconds = 0;
  child.once('exit', () => (seconds = (performance.now() - start) / 1000));
  try {
    [code] = (await once(child, 'close')) as [number | null];
  } finally {
    clearInterval(timer);
  }
  if (code === null || ![0, ...(command.answers ?? [])].includes(code)) {
    throw new Error(
      `${command.file} ended with ${code ?? 'a signal'}: ${errors.slice(-2000)}${output.slice(-2000)}`,
    );
  }
  const after = cpuTimes(serverPid);
  return {
    seconds,
    cpuSeconds: after.programs - before.programs,
    serverCpuSeconds: after.server - before.server,
    foreign: foreignShare(before, after, seconds),
    peakRssBytes: peak,
    output,
  };
}
