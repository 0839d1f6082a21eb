import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { ConfigError, UnavailableError } from '../../errors';
import { type Programs, SERVER_ENV } from './cluster';
import type { Home } from './home';

export const LOOPBACK = '127.0.0.1';

/** Somebody else may take a free port between our look and the server's bind. */
const PORT_ATTEMPTS = 5;
const START_MS = 60_000;
const POLL_MS = 10;
const FAST_SHUTDOWN_MS = 15_000;
const IMMEDIATE_SHUTDOWN_MS = 5_000;
const LOG_KEPT = 2_000;

/** Line of postmaster.pid (from 0) that says how far the start has come; the same that pg_ctl waits for. */
const STATUS_LINE = 7;

const PORT_IN_USE = /Address already in use/;

export interface Postmaster {
  readonly port: number;
  /** Fast shutdown: open transactions are rolled back, then the data is flushed. */
  stop(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, LOOPBACK);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a TCP listener has no port');
  return address.port;
}

async function launch(programs: Programs, home: Home, port: number): Promise<ChildProcess> {
  const log = await open(home.log, 'w', 0o600);
  try {
    const settings = [
      `listen_addresses=${LOOPBACK}`,
      'unix_socket_directories=',
      'password_encryption=scram-sha-256',
      'timezone=UTC',
      'log_timezone=UTC',
      // A container's /dev/shm is often too small.
      'dynamic_shared_memory_type=mmap',
      // An anchor waits until all that it read is on disk, which on an idle server this process sees to.
      'wal_writer_delay=10ms',
      // Data that goes away with the server need not survive a power cut.
      `fsync=${home.temporary ? 'off' : 'on'}`,
    ];
    return spawn(
      path.join(programs.root, 'bin', 'postgres'),
      ['-D', home.data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
      { ...programs.user, env: SERVER_ENV, cwd: '/', stdio: ['ignore', log.fd, log.fd] },
    );
  } finally {
    await log.close();
  }
}

function exited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function waitForExit(child: ChildProcess, milliseconds: number): Promise<boolean> {
  if (exited(child)) return true;
  const timeout = AbortSignal.timeout(milliseconds);
  await once(child, 'exit', { signal: timeout }).catch(() => undefined);
  return exited(child);
}

async function ready(home: Home, child: ChildProcess): Promise<boolean> {
  const text = await readFile(path.join(home.data, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split('\n');
  // A kept folder may still hold the file of a server that was killed.
  return Number(lines[0]) === child.pid && lines[STATUS_LINE]?.trim() === 'ready';
}

async function untilReady(home: Home, child: ChildProcess): Promise<void> {
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = error;
  });
  for (const deadline = Date.now() + START_MS; Date.now() < deadline;) {
    if (await ready(home, child)) return;
    if (failure) throw failure;
    if (exited(child)) break;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  child.kill('SIGKILL');
  await waitForExit(child, IMMEDIATE_SHUTDOWN_MS);
  const log = await readFile(home.log, 'utf8').catch(() => '');
  throw new UnavailableError(
    'DB_ERROR',
    `the embedded PostgreSQL did not start: ${log.slice(-LOG_KEPT).trim()}`,
  );
}

async function shutDown(child: ChildProcess): Promise<void> {
  child.kill('SIGINT');
  if (await waitForExit(child, FAST_SHUTDOWN_MS)) return;
  child.kill('SIGQUIT');
  if (await waitForExit(child, IMMEDIATE_SHUTDOWN_MS)) return;
  child.kill('SIGKILL');
  await waitForExit(child, IMMEDIATE_SHUTDOWN_MS);
}

async function startOn(programs: Programs, home: Home, port: number): Promise<Postmaster> {
  const child = await launch(programs, home, port);
  // process.exit() without stop(): there is no time left for anything asynchronous.
  const onExit = (): void => {
    child.kill('SIGQUIT');
    if (home.temporary) rmSync(home.root, { recursive: true, force: true });
  };
  process.once('exit', onExit);
  try {
    await untilReady(home, child);
  } catch (error) {
    process.removeListener('exit', onExit);
    throw error;
  }
  return {
    port,
    async stop() {
      await shutDown(child);
      process.removeListener('exit', onExit);
    },
  };
}

/**
 * Starts the server of `home`, on `port` of the loopback address, or on any free one for 0.
 * @throws ConfigError `CONFIG_INVALID` when `port` is in use; UnavailableError `DB_ERROR` with the server's log
 */
export async function startPostmaster(programs: Programs, home: Home, port: number): Promise<Postmaster> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOn(programs, home, port === 0 ? await freePort() : port);
    } catch (error) {
      const inUse = error instanceof UnavailableError && PORT_IN_USE.test(error.message);
      if (!inUse || (port === 0 && attempt === PORT_ATTEMPTS)) throw error;
      if (port === 0) continue;
      throw new ConfigError('CONFIG_INVALID', `port ${port} of ${LOOPBACK} is in use by another program`, {
        cause: error,
        hint: 'Name another port, or none to take any free one.',
      });
    }
  }
}
