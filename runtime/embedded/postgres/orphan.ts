import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

interface ProcessInfo {
  readonly parent: number;
  readonly command: readonly string[];
}

const FAST_SHUTDOWN = 'SIGINT';
const IMMEDIATE_SHUTDOWN = 'SIGQUIT';
const SHUTDOWN_MS = 10_000;
const POLL_MS = 20;

async function fromProc(pid: number): Promise<ProcessInfo | null> {
  const [status, command] = await Promise.all([
    readFile(`/proc/${pid}/status`, 'utf8'),
    readFile(`/proc/${pid}/cmdline`, 'utf8'),
  ]);
  const parent = /^PPid:\s*(\d+)$/m.exec(status)?.[1];
  return parent === undefined ? null : { parent: Number(parent), command: command.split('\0') };
}

function fromPs(pid: number): Promise<ProcessInfo | null> {
  return new Promise((resolve) => {
    execFile('ps', ['-ww', '-o', 'ppid=,command=', '-p', String(pid)], (error, output) => {
      const match = error ? null : /^\s*(\d+)\s+(.*)$/m.exec(output);
      resolve(match ? { parent: Number(match[1]), command: match[2]?.split(' ') ?? [] } : null);
    });
  });
}

async function inspect(pid: number): Promise<ProcessInfo | null> {
  if (process.platform !== 'linux') return fromPs(pid);
  return fromProc(pid).catch(() => null);
}

/** Process id in PostgreSQL's own pid file; null without one. */
async function postmasterPid(data: string): Promise<number | null> {
  const text = await readFile(path.join(data, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(text.split('\n')[0]);
  return Number.isSafeInteger(pid) && pid > 1 ? pid : null;
}

/**
 * Looks for a server on `data` whose parent is no longer `ownerPid`.
 * @returns its process id; `owned` when its owner still runs it; null when no postgres runs on that folder
 */
export async function orphanOf(data: string, ownerPid: number): Promise<number | 'owned' | null> {
  const pid = await postmasterPid(data);
  const found = pid === null ? null : await inspect(pid);
  // Process ids are reused: only a postgres started on exactly this folder is the one that we look for.
  if (!found || path.basename(found.command[0] ?? '') !== 'postgres') return null;
  const folder = found.command[found.command.indexOf('-D') + 1];
  if (!found.command.includes('-D') || folder !== data) return null;
  return found.parent === ownerPid ? 'owned' : pid;
}

function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}

async function gone(pid: number): Promise<boolean> {
  for (const deadline = Date.now() + SHUTDOWN_MS; Date.now() < deadline;) {
    const found = await inspect(pid);
    if (!found) return true;
    // An exited process that nobody waits for has no command line any more.
    if (found.command.join('') === '') return true;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return false;
}

/** Stops a server that is not our child: fast, then immediate, then killed. */
export async function stopProcess(pid: number): Promise<void> {
  for (const name of [FAST_SHUTDOWN, IMMEDIATE_SHUTDOWN, 'SIGKILL'] as const) {
    if (!signal(pid, name) || (await gone(pid))) return;
  }
}
