import { type ChildProcess, spawn } from 'node:child_process';
import type { Cleanup } from './cleanup';

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly input?: string;
  readonly cleanup: Cleanup;
}

/** Runs a program to its end. */
export function runProgram(program: string, args: readonly string[], options: RunOptions): Promise<Finished> {
  const child = startProgram(program, args, options);
  const output = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  child.stdin?.end(options.input ?? '');
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 1, ...output }));
  });
}

/** Runs a program that has to succeed. */
export async function runOrThrow(
  program: string,
  args: readonly string[],
  options: RunOptions,
): Promise<Finished> {
  const finished = await runProgram(program, args, options);
  if (finished.code === 0) return finished;
  const words = `${finished.stderr}\n${finished.stdout}`.trim();
  throw new Error(`${program} ${args.join(' ')} ended with ${finished.code}:\n${words}`);
}

/** Starts a program in a process group of its own, which ends with this process at the latest. */
export function startProgram(
  program: string,
  args: readonly string[],
  { cwd, env, cleanup }: RunOptions,
): ChildProcess {
  const child = spawn(program, args, { cwd, env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  // A program that ends early closes its end of the pipe.
  child.stdin.on('error', () => undefined);
  cleanup.add(() => stopProgram(child));
  return child;
}

/** Ends a program and everything it started. */
export async function stopProgram(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  process.kill(-child.pid, 'SIGTERM');
  const hard = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), 5_000);
  await ended;
  clearTimeout(hard);
}
