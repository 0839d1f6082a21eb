import { spawn } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { escapeIdentifier, escapeLiteral } from 'pg';
import { ConfigError, UnavailableError } from '../../errors';
import type { Home } from './home';
import { giveTo, type RunAs } from './run-as';

/** Programs and the user they run as. */
export interface Programs {
  readonly root: string;
  readonly user: RunAs | null;
}

/** Nothing of the caller's PG* or locale settings may reach the server. */
export const SERVER_ENV: Readonly<Record<string, string>> = {
  PATH: process.env.PATH ?? '/usr/bin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
};

const OUTPUT_KEPT = 2_000;

function runProgram(
  programs: Programs,
  name: 'initdb' | 'postgres',
  args: readonly string[],
  input: string,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(path.join(programs.root, 'bin', name), args, {
      ...programs.user,
      env: SERVER_ENV,
      // The working folder of this process may be closed to the server's user.
      cwd: '/',
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let output = '';
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString('utf8')).slice(-OUTPUT_KEPT);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.stdin.on('error', () => undefined);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(output);
      else
        reject(
          new UnavailableError('DB_ERROR', `${name} failed with ${signal ?? code ?? 'no code'}: ${output}`),
        );
    });
    child.stdin.end(input);
  });
}

async function create(programs: Programs, home: Home, login: Login): Promise<void> {
  const passwordFile = path.join(home.root, 'password');
  await rm(passwordFile, { force: true });
  await writeFile(passwordFile, login.password, { mode: 0o600, flag: 'wx' });
  try {
    await giveTo(programs.user, passwordFile, 0o600);
    await runProgram(
      programs,
      'initdb',
      [
        `--pgdata=${home.data}`,
        `--username=${login.user}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        '--no-sync',
        '--no-instructions',
      ],
      '',
    );
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/** Single-user mode needs no password, so a kept folder can be opened with any new one. */
async function replacePassword(programs: Programs, home: Home, login: Login): Promise<void> {
  const statement = `ALTER ROLE ${escapeIdentifier(login.user)} PASSWORD ${escapeLiteral(login.password)}`;
  const output = await runProgram(
    programs,
    'postgres',
    ['--single', '-D', home.data, 'postgres'],
    `${statement}\n`,
  );
  // It ends with 0 also when the statement failed; the output may quote the statement, so it is not shown.
  if (/\bERROR:/.test(output)) {
    throw new ConfigError('CONFIG_INVALID', `the database in "${home.root}" has no user "${login.user}"`, {
      hint: 'Name the user that the folder was created with, or another folder.',
    });
  }
}

export interface Login {
  readonly user: string;
  readonly password: string;
}

/** Makes the cluster in `home.data`, or opens the one that is there, so that `login` is its superuser. */
export async function prepareCluster(programs: Programs, home: Home, login: Login): Promise<void> {
  const version = await readFile(path.join(home.data, 'PG_VERSION'), 'utf8').catch(() => null);
  if (version === null) await create(programs, home, login);
  else await replacePassword(programs, home, login);
}
