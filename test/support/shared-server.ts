import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';

/** A PostgreSQL in a process of its own, which ends with the process that started it, however that ends. */
export interface SharedServer {
  readonly url: string;
  /** Resolves when the server has stopped. */
  stop(): Promise<void>;
}

/** Set-up and teardown run in one process but are two modules; this is what one passes to the other. */
export const sharedServer: { current?: SharedServer } = {};

/**
 * Starts it. A killed process cannot stop its server, but the system closes its end of a pipe. The process is detached:
 * Ctrl-C in a terminal would otherwise reach it before the tests that still use the server.
 */
export async function startSharedServer(): Promise<SharedServer> {
  const args = [
    '-r',
    path.join(__dirname, 'register-typescript.cjs'),
    path.join(__dirname, 'server-process.ts'),
  ];
  const child = spawn(process.execPath, args, { detached: true, stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const lines = createInterface({ input: child.stdout });
  const first = once(lines, 'line') as Promise<[string]>;
  const url = await Promise.race([first.then(([line]) => line), ended.then(() => undefined)]);
  if (url === undefined) throw new Error('the PostgreSQL of the tests did not start');
  return {
    url,
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}
