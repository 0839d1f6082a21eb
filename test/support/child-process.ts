import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '../..');
const REGISTER = path.join(__dirname, 'register-typescript.cjs');

/** A Node process that runs `script` (CommonJS; may require TypeScript files of the repository by `./runtime/...`). */
export interface ScriptProcess {
  readonly child: ChildProcess;
  /** Resolves with the first line of its standard output; rejects with its errors when it ends before. */
  readonly firstLine: Promise<string>;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/** Starts a script in a process of its own, so that a test can kill it. */
export function runScript(script: string, env: Readonly<Record<string, string>> = {}): ScriptProcess {
  const child = spawn(process.execPath, ['-r', REGISTER, '-e', script], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const firstLine = new Promise<string>((resolve, reject) => {
    let output = '';
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const end = output.indexOf('\n');
      if (end >= 0) resolve(output.slice(0, end));
    });
    child.once('close', () => reject(new Error(`the script ended without a line of output: ${errors}`)));
  });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  return { child, firstLine, ended };
}
