import { quoted } from '../config-faults';
import { ENV } from '../contract';
import type { DatabaseConfig } from './config';
import { readChannelBinding, readTls, type Sourced } from './database-tls';
import { parseDatabaseUrl, type DatabaseUrl } from './database-url';
import type { SettingReader } from './setting-reader';

/** libpq's variables; they fill in what the URL does not say. */
const PG = {
  host: 'PGHOST',
  port: 'PGPORT',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  database: 'PGDATABASE',
  channelBinding: 'PGCHANNELBINDING',
  sslMode: 'PGSSLMODE',
  sslRootCert: 'PGSSLROOTCERT',
} as const;

const DEFAULT_HOST = 'localhost';
const DEFAULT_PORT = 5432;
const PORT_LIMITS = { min: 1, max: 65_535 };
const CONNECT_TIMEOUT_LIMITS = { min: 1, max: 3_600 };

const NO_PARTS: DatabaseUrl = { parameters: new Map() };

/** The settings that hold a connection URL. */
type UrlSetting = typeof ENV.databaseUrl | typeof ENV.verifyDatabaseUrl;

/** Parts of the URL; null after a fault. */
function readUrl(reader: SettingReader, setting: UrlSetting): DatabaseUrl | null {
  const text = reader.text(setting);
  if (text === null) {
    if (reader.text(PG.host) !== null || reader.text(PG.database) !== null) return NO_PARTS;
    return reader.fault(
      setting,
      'nothing, and neither PGHOST nor PGDATABASE',
      'postgres://USER:PASSWORD@HOST:PORT/DATABASE, or the PG* variables of libpq',
    );
  }
  const parsed = parseDatabaseUrl(text);
  if (!('length' in parsed)) return parsed;
  for (const { found, allowed } of parsed) reader.fault(setting, found, allowed);
  return null;
}

/** A parameter of the URL, else a variable of libpq. */
function choose(
  reader: SettingReader,
  setting: UrlSetting,
  url: DatabaseUrl,
  parameter: string,
  variable: string,
): Sourced | null {
  const value = url.parameters.get(parameter);
  if (value) return { setting, value };
  const fallback = reader.text(variable);
  return fallback === null ? null : { setting: variable, value: fallback };
}

function readHost(reader: SettingReader, setting: UrlSetting, url: DatabaseUrl): string {
  if (url.host !== undefined) {
    // Not shown: without its user, a URL may have a password where the host belongs.
    if (/[\s,]/.test(url.host))
      reader.fault(setting, 'a host with a comma or white space (not shown)', 'one host');
    return url.host;
  }
  const host = reader.text(PG.host) ?? DEFAULT_HOST;
  if (/[\s,]/.test(host)) reader.fault(PG.host, quoted(host), 'one host name, address or socket folder');
  return host;
}

function readPort(reader: SettingReader, setting: UrlSetting, url: DatabaseUrl): number {
  if (url.port === undefined) return reader.integer(PG.port, PORT_LIMITS, 'port number', DEFAULT_PORT);
  const port = Number(url.port);
  if (port === 0) reader.fault(setting, 'port 0', `a port from ${PORT_LIMITS.min} to ${PORT_LIMITS.max}`);
  return port;
}

function readConnectTimeout(reader: SettingReader, setting: UrlSetting, url: DatabaseUrl): number | null {
  const text = url.parameters.get('connect_timeout');
  if (!text) return null;
  const { min, max } = CONNECT_TIMEOUT_LIMITS;
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (seconds >= min && seconds <= max) return seconds * 1000;
  return reader.fault(setting, 'a wrong connect_timeout (not shown)', `seconds from ${min} to ${max}`);
}

const PASSWORD_RULE = 'the password of the database user';
/** A password that was put into the setting of its file must not be shown as a path. */
const NOT_SHOWN = 'a path (not shown)';

/**
 * The password, asked for anew by each connection: a file may be replaced while the program runs, as Kubernetes and
 * agents of secret stores do.
 */
function readPassword(reader: SettingReader, setting: UrlSetting, url: DatabaseUrl): (() => string) | null {
  const password = url.password ?? reader.text(PG.password);
  const path = reader.text(ENV.databasePasswordFile);
  const ofAnother = setting === ENV.verifyDatabaseUrl && url.password !== undefined;
  if (path === null || ofAnother) return password === null ? null : () => password;
  if (password !== null) {
    const where = url.password === undefined ? PG.password : setting;
    const allowed = 'only one of the two; remove the other, so that it is clear which password is used';
    return reader.fault(ENV.databasePasswordFile, `a value, and a password in ${where} too`, allowed);
  }
  if (reader.file(ENV.databasePasswordFile, path, PASSWORD_RULE, NOT_SHOWN) === null) return null;
  return () => withoutLineEnd(reader.fileAgain(ENV.databasePasswordFile, path, PASSWORD_RULE, NOT_SHOWN));
}

/** Editors and `echo` end the file with one. */
function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/, '');
}

/** Connection settings from a URL and, for what it leaves open, the PG* variables; null after a fault. */
function readConnection(reader: SettingReader, setting: UrlSetting): DatabaseConfig | null {
  const url = readUrl(reader, setting);
  if (url === null) return null;
  const host = readHost(reader, setting, url);
  const mode = choose(reader, setting, url, 'sslmode', PG.sslMode);
  const root = choose(reader, setting, url, 'sslrootcert', PG.sslRootCert);
  // As in libpq: a Unix socket has no TLS, whatever the mode says.
  const tls = host.startsWith('/')
    ? { ssl: false as const, sslMode: 'disable' as const }
    : readTls(reader, mode, root);
  const binding = choose(reader, setting, url, 'channel_binding', PG.channelBinding);
  const user = url.user ?? reader.text(PG.user);
  const database = url.database ?? reader.text(PG.database);
  const password = readPassword(reader, setting, url);
  const applicationName = url.parameters.get('application_name');
  const options = url.parameters.get('options');
  const timeout = readConnectTimeout(reader, setting, url);
  return {
    host,
    port: readPort(reader, setting, url),
    ...(user === null ? {} : { user }),
    ...(database === null ? {} : { database }),
    ...(password === null ? {} : { password }),
    ...tls,
    ...readChannelBinding(reader, binding, tls),
    ...(applicationName ? { application_name: applicationName } : {}),
    ...(options ? { options } : {}),
    ...(timeout === null ? {} : { connectionTimeoutMillis: timeout }),
  };
}

/** The database that is written to and anchored. */
export function readDatabase(reader: SettingReader): DatabaseConfig | null {
  return readConnection(reader, ENV.databaseUrl);
}

/** Whether verification has a database of its own to read, such as a replica. */
export function hasVerifyDatabase(reader: SettingReader): boolean {
  return reader.text(ENV.verifyDatabaseUrl) !== null;
}

/** The database that verification reads instead. */
export function readVerifyDatabase(reader: SettingReader): DatabaseConfig | null {
  return readConnection(reader, ENV.verifyDatabaseUrl);
}
