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
/** pg cannot tell the hash of this certificate's signature, which it binds a login by. */
const CERTIFICATE_UNKNOWN = /^SASL channel binding: /;
const TLS_REFUSED = /^The server does not support SSL connections/;
const TLS_CODE = /^(?:ERR_TLS_|ERR_SSL_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|CERT_|HOSTNAME_MISMATCH)/;

/** Names of errors that a fault of this program raises; the network has none of them. */
const BUG = /^(?:Type|Range|Reference)Error$/;

interface Mapping {
  readonly code: UnavailableErrorCode;
  readonly text: string;
  readonly hint?: string;
}

/** SQLSTATEs that say that the server is there but takes no work now. */
const UNREACHABLE: Mapping = { code: 'DB_UNREACHABLE', text: 'does not serve this connection' };
/** The server was told to stop, or was told to end this session. */
const ENDED: Mapping = {
  code: 'DB_UNREACHABLE',
  text: 'ended the session',
  hint: 'Retry when the server is up again; if it is, look in its log for who ended the session.',
};
const TIMEOUT: Mapping = {
  code: 'DB_TIMEOUT',
  text: 'cancelled the statement',
  hint: 'Raise statement_timeout for this user, or retry when the database is less busy.',
};
/** A session that took, or did nothing for, longer than this setting of the server allows. */
function endedBy(setting: string, code: Mapping['code']): Mapping {
  return { code, text: 'ended the session', hint: `Raise ${setting} for this user, or set it to 0.` };
}

/** The function of the server that refuses a query which a policy would filter; its message is translated. */
const ROW_SECURITY_CHECK = 'check_enable_rls';

/** The functions of the server that compare its TLS connection with the one that the client bound its login to. */
const BINDING_CHECK = /^read_client_(?:first|final)_message$/;

const BY_SQLSTATE: Readonly<Record<string, Mapping>> = {
  '42501': {
    code: 'DB_PERMISSION_DENIED',
    text: 'denied permission',
    hint: 'Grant the role audit_reader (to read and verify) or audit_gateway (to append) to this user.',
  },
  '57014': TIMEOUT,
  '55P03': {
    code: 'DB_TIMEOUT',
    text: 'gave no lock in time',
    hint: 'End the transaction that holds a lock on the audit table, or retry when it is over.',
  },
  '25P03': endedBy('idle_in_transaction_session_timeout', 'DB_TIMEOUT'),
  '25P04': endedBy('transaction_timeout', 'DB_TIMEOUT'),
  '57P05': endedBy('idle_session_timeout', 'DB_UNREACHABLE'),
  '57P01': ENDED,
  '57P02': ENDED,
  '57P03': UNREACHABLE,
  '57P04': ENDED,
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
  if (state === '28000' && BINDING_CHECK.test(error.routine ?? '')) {
    return new ConfigError('DB_CHANNEL_BINDING', `${where} sees another TLS connection: ${said}`, {
      cause: error,
      hint: 'Find out what ends TLS on the way to the server; if it is meant to be there, set channel_binding=disable.',
    });
  }
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
  if (error.routine === ROW_SECURITY_CHECK) {
    return new UnavailableError(
      'DB_PERMISSION_DENIED',
      `${where} hides rows by row-level security: ${said}`,
      {
        cause: error,
        hint: 'Give this user BYPASSRLS (ALTER ROLE … BYPASSRLS): with row_security off the server refuses to leave out rows in silence.',
      },
    );
  }
  const known = BY_SQLSTATE[state] ?? (state.startsWith(CONNECTION_CLASS) ? UNREACHABLE : undefined);
  const { code, text, hint }: Mapping = known ?? { code: 'DB_ERROR', text: 'reported an error' };
  return new UnavailableError(code, `${where} ${text}: ${said}`, { cause: error, hint });
}

function isLoss(error: NodeJS.ErrnoException): boolean {
  return NETWORK_CODES.has(error.code ?? '') || CONNECTION_LOST.test(error.message);
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
  if (CERTIFICATE_UNKNOWN.test(error.message)) {
    return new ConfigError('DB_CHANNEL_BINDING', `no login can be bound to the certificate of ${where}`, {
      cause: error,
      hint: 'Give the server a certificate that is signed with RSA or ECDSA, or set channel_binding=disable.',
    });
  }
  if (TLS_REFUSED.test(error.message) || TLS_CODE.test(code)) {
    return new UnavailableError('DB_UNREACHABLE', `no TLS connection to ${where}: ${error.message}`, {
      cause: error,
      hint: 'Check sslmode in DATABASE_URL or PGSSLMODE, and NODE_EXTRA_CA_CERTS for a private authority.',
    });
  }
  if (isLoss(error)) {
    return new UnavailableError('DB_UNREACHABLE', `cannot reach ${where}: ${said}`, {
      cause: error,
      hint: 'Check host and port in DATABASE_URL or PGHOST and PGPORT, the network, and that the server runs.',
    });
  }
  // The rest are pg's own words for a server that does not keep to the protocol; they stay in the cause.
  return new UnavailableError('DB_ERROR', `${where} sent what is not PostgreSQL's protocol`, {
    cause: error,
    hint: 'Check host and port in DATABASE_URL or PGHOST and PGPORT, and what stands between.',
  });
}

/** True for an error that the server reported; the caller's client may come from another copy of pg. */
export function isServerError(error: unknown): error is DatabaseError {
  return typeof error === 'object' && error !== null && 'severity' in error && 'code' in error;
}

/**
 * Turns what pg throws into an error of this program; those of this program, and bugs, pass as they are.
 * @param lastWords error that the server sent before the connection was lost, and that pg has not thrown
 */
export function databaseFailure(error: unknown, endpoint: Endpoint, lastWords?: DatabaseError): Error {
  if (error instanceof AuditAnchorError) return error;
  const where = describeEndpoint(endpoint);
  if (isServerError(error)) return fromServer(error, where);
  if (!types.isNativeError(error)) return new Error(`a value that is no error was thrown: ${typeof error}`);
  if (BUG.test(error.name)) return error;
  return lastWords && isLoss(error) ? fromServer(lastWords, where) : fromNetwork(error, where);
}
