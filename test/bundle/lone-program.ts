import type { ChildProcessByStdio } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';

const ROOT = path.resolve(__dirname, '../..');
export const PROGRAM = 'audit-anchor.cjs';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process of the lone program. */
export class Running {
  stdout = '';
  stderr = '';
  readonly ended: Promise<Ended>;

  constructor(private readonly child: ChildProcessByStdio<Writable, Readable, Readable>) {
    child.stdout.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.ended = new Promise((resolve) => {
      child.once('close', (code) => resolve({ code, stdout: this.stdout, stderr: this.stderr }));
    });
  }

  /** Resolves once standard output matches; rejects when the program ends before. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    const { child } = this;
    for (;;) {
      const match = pattern.exec(this.stdout);
      if (match) return match;
      if (child.exitCode !== null)
        throw new Error(`ended with ${child.exitCode}: ${this.stdout}${this.stderr}`);
      await new Promise<void>((resolve) => {
        child.stdout.once('data', () => resolve());
        child.once('close', () => resolve());
      });
    }
  }

  terminate(): Promise<Ended> {
    this.child.kill('SIGTERM');
    return this.ended;
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }
}

/** The bundle, made anew, and a copy of its one file in a folder that holds nothing else. */
export class LoneProgram {
  readonly bundleFolder: string;
  readonly folder: string;
  private readonly running: Running[] = [];

  constructor() {
    const parent = mkdtempSync(path.join(tmpdir(), 'audit-anchor-bundle-'));
    this.bundleFolder = path.join(parent, 'bundle');
    this.folder = path.join(parent, 'lone');
    execFileSync(process.execPath, ['.config/bundle.mjs', '--out', this.bundleFolder], { cwd: ROOT });
    mkdirSync(this.folder);
    copyFileSync(path.join(this.bundleFolder, PROGRAM), path.join(this.folder, PROGRAM));
  }

  /** Names in its folder: whatever the program wrote would stand there. */
  get files(): string[] {
    return readdirSync(this.folder);
  }

  /**
   * Starts it with exactly this environment, as a container does; there is neither a home nor a place for temporary
   * files.
   * @param nodeArgs options of Node.js itself
   */
  start(
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    stdin = '',
    nodeArgs: readonly string[] = [],
  ): Running {
    const nowhere = path.join(this.folder, 'nowhere');
    const child = spawn(process.execPath, [...nodeArgs, PROGRAM, ...args], {
      cwd: this.folder,
      env: { ...env, HOME: nowhere, TMPDIR: nowhere, NODE_ENV: 'production' },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    // The program may end before it has read everything.
    child.stdin.on('error', () => undefined);
    child.stdin.end(stdin);
    const running = new Running(child);
    this.running.push(running);
    return running;
  }

  run(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    stdin = '',
    nodeArgs: readonly string[] = [],
  ): Promise<Ended> {
    return this.start(args, env, stdin, nodeArgs).ended;
  }

  remove(): void {
    for (const running of this.running) running.kill();
    rmSync(path.dirname(this.folder), { recursive: true, force: true });
  }
}
