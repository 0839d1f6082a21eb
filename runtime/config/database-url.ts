/** The parts of a connection URL; absent ones are left to the PG* variables. */
export interface DatabaseUrl {
  readonly host?: string;
  readonly port?: string;
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
  readonly parameters: ReadonlyMap<string, string>;
}

export const URL_RULE =
  'postgres://USER:PASSWORD@HOST:PORT/DATABASE with reserved characters percent-encoded';

/** The parameters that this program honours; another one, ignored, could be a lost `sslmode`. */
export const URL_PARAMETERS = [
  'application_name',
  'channel_binding',
  'connect_timeout',
  'host',
  'options',
  'sslmode',
  'sslrootcert',
] as const;

/** Anything else may be a piece of a password. */
const PARAMETER_NAME = /^[a-z_]{1,32}$/;

export interface UrlProblem {
  readonly found: string;
  readonly allowed: string;
}

function problem(found: string, allowed: string = URL_RULE): UrlProblem {
  return { found, allowed };
}

function parameterProblems(parameters: URLSearchParams): UrlProblem[] {
  return [...new Set(parameters.keys())].flatMap((name) => {
    if (!(URL_PARAMETERS as readonly string[]).includes(name)) {
      return [
        problem(
          `the parameter ${PARAMETER_NAME.test(name) ? name : '(not shown)'}`,
          `the parameters ${URL_PARAMETERS.join(', ')}`,
        ),
      ];
    }
    return parameters.getAll(name).length > 1 ? [problem(`${name} twice`, 'each parameter once')] : [];
  });
}

/**
 * Takes a connection URL apart. No part of the URL but the names of its parameters is in a problem: an
 * unencoded "/", "?" or "#" in a password makes the rest of it look like a port, a path or a parameter.
 */
export function parseDatabaseUrl(text: string): DatabaseUrl | readonly UrlProblem[] {
  if (!/^postgres(?:ql)?:\/\//i.test(text)) {
    return [problem('a value (not shown) that does not begin with postgres:// or postgresql://')];
  }
  // Whatever is wrong in the password, the "@" that ends it is still there.
  if (/[/?#].*@/s.test(text.slice(text.indexOf('//') + 2))) {
    return [
      problem(
        'an "@" after the host (not shown)',
        'percent-encoded "/", "?", "#" and "@" in user, password and parameters',
      ),
    ];
  }
  if (!URL.canParse(text)) return [problem('text that is not a URL of one host (not shown)')];
  const url = new URL(text);
  if (url.hash !== '')
    return [problem('a "#" (not shown)', 'a URL without fragment, "#" percent-encoded as %23')];
  const parts: Record<string, string> = {};
  try {
    const encoded = {
      host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: url.port,
      user: url.username,
      password: url.password,
      database: url.pathname.slice(1),
    };
    for (const [part, value] of Object.entries(encoded)) if (value) parts[part] = decodeURIComponent(value);
  } catch {
    return [
      problem(
        'a "%" that begins no percent-encoded character (not shown)',
        'UTF-8 with "%" itself written as %25',
      ),
    ];
  }
  const problems = parameterProblems(url.searchParams);
  if (problems.length > 0) return problems;
  const parameters = new Map(url.searchParams);
  const host = parameters.get('host');
  if (host !== undefined && parts.host !== undefined) {
    return [problem('two hosts, one of them as a parameter', 'one host')];
  }
  return { ...parts, ...(host ? { host } : {}), parameters };
}
