import { types } from 'node:util';
import type { DatabaseError } from 'pg';
import { AuditAnchorError, ConfigError, UnavailableError, type UnavailableErrorCode } from '../../errors';

/** Where a connection goes, for error texts: never the password. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

/** Node's codes for a server that cannot be reached, or that was lost. */
const NETWORK_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
  'EACCES',
]);

/** Texts of pg itself, which gives them no code. */
const CONNECTION_LOST =
  /^(?:Connection terminated|timeout expired|Client has encountered a connection error|Client was closed)/;
const NO_PASSWORD = /^SASL: .*password must be/;
const TLS_REFUSED = /^The server does not support SSL connections/;
const TLS_CODE = /^(?:ERR_TLS_|ERR_SSL_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|CERT_|HOSTNAME_MISMATCH)/;

/** Names of errors that a fault of this program raises; the network has none of them. */
const BUG = /^(?:Type|Range|Reference)Error$/;

interface Mapping {
  readonly code: UnavailableErrorCode;
  readonly text: string;
  readonly hint?: string;
}

/** SQLSTATEs that say that the server is there but takes no work now, or drops this connection. */
const UNREACHABLE: Mapping = { code: 'DB_UNREACHABLE', text: 'does not serve this connection' };
const TIMEOUT: Mapping = {
  code: 'DB_TIMEOUT',
  text: 'cancelled the statement',
  hint: 'Raise statement_timeout or lock_timeout for this user, or retry when the database is less busy.',
};

const BY_SQLSTATE: Readonly<Record<string, Mapping>> = {
  '42501': {
    code: 'DB_PERMISSION_DENIED',
    text: 'denied permission',
    hint: 'Grant the role audit_reader (to read and verify) or audit_gateway (to append) to this user.',
  },
  '57014': TIMEOUT,
  '55P03': TIMEOUT,
  '25P03': TIMEOUT,
  '57P01': UNREACHABLE,
  '57P02': UNREACHABLE,
  '57P03': UNREACHABLE,
  '57P05': UNREACHABLE,
  '53300': UNREACHABLE,
};

const CONNECTION_CLASS = '08';

/** `user@host:port/database`, as error texts name a connection. */
export function describeEndpoint({ user, host, port, database }: Endpoint): string {
  return `PostgreSQL at ${host}:${port} (database "${database}", user "${user}")`;
}

function fromServer(error: DatabaseError, where: string): AuditAnchorError {
  const state = error.code ?? 'unknown';
  // Only the message: detail and context can quote whole rows.
  const said = `${error.message} (SQLSTATE ${state})`;
  if (state === '28P01' || state === '28000') {
    return new ConfigError('DB_AUTHENTICATION', `${where} refused the login: ${said}`, {
      cause: error,
      hint: 'Check user and password in DATABASE_URL or PGUSER and PGPASSWORD, and pg_hba.conf of the server.',
    });
  }
  if (state === '3D000') {
    return new ConfigError('DB_NOT_FOUND', `${where}: ${said}`, {
      cause: error,
      hint: 'Check the database name in DATABASE_URL or PGDATABASE.',
    });
  }
  const known = BY_SQLSTATE[state] ?? (state.startsWith(CONNECTION_CLASS) ? UNREACHABLE : undefined);
  const { code, text, hint }: Mapping = known ?? { code: 'DB_ERROR', text: 'reported an error' };
  return new UnavailableError(code, `${where} ${text}: ${said}`, {
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  });
}

function fromNetwork(error: NodeJS.ErrnoException, where: string): AuditAnchorError {
  const code = error.code ?? '';
  const said = code === '' ? error.message : code;
  if (NO_PASSWORD.test(error.message)) {
    return new ConfigError('DB_AUTHENTICATION', `${where} asks for a password and none is set`, {
      cause: error,
      hint: 'Put the password into DATABASE_URL or PGPASSWORD.',
    });
  }
  if (TLS_REFUSED.test(error.message) || TLS_CODE.test(code)) {
    return new UnavailableError('DB_UNREACHABLE', `no TLS connection to ${where}: ${error.message}`, {
      cause: error,
      hint: 'Check sslmode in DATABASE_URL or PGSSLMODE, and NODE_EXTRA_CA_CERTS for a private authority.',
    });
  }
  if (NETWORK_CODES.has(code) || CONNECTION_LOST.test(error.message)) {
    return new UnavailableError('DB_UNREACHABLE', `cannot reach ${where}: ${said}`, {
      cause: error,
      hint: 'Check host and port in DATABASE_URL or PGHOST and PGPORT, the network, and that the server runs.',
    });
  }
  return new UnavailableError('DB_ERROR', `the connection to ${where} failed: ${said}`, { cause: error });
}

/** True for an error that the server reported; the caller's client may come from another copy of pg. */
export function isServerError(error: unknown): error is DatabaseError {
  return typeof error === 'object' && error !== null && 'severity' in error && 'code' in error;
}

/** Turns what pg throws into an error of this program; those of this program, and bugs, pass as they are. */
export function databaseFailure(error: unknown, endpoint: Endpoint): Error {
  if (error instanceof AuditAnchorError) return error;
  if (isServerError(error)) return fromServer(error, describeEndpoint(endpoint));
  if (!types.isNativeError(error)) return new Error(`a value that is no error was thrown: ${typeof error}`);
  return BUG.test(error.name) ? error : fromNetwork(error, describeEndpoint(endpoint));
}
