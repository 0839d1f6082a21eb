import http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';

/** In the shape that the SDK's handler of requests takes. */
export interface Agents {
  readonly httpAgent: http.Agent;
  readonly httpsAgent: https.Agent;
}

type Created = (error: Error | null, stream: Duplex) => void;
type Connect = (options: http.ClientRequestArgs, created: Created) => Duplex | null | undefined;

/** As the SDK has them. */
const AGENT_OPTIONS = { keepAlive: true, maxSockets: 50 };

const SETTINGS = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY'].flatMap((name) => [name, name.toLowerCase()]);

/** The code of an error when a proxy was reached and lets nobody through: asking again does not help. */
export const PROXY_REFUSED = 'EPROXYREFUSED';
/** The code of an error when a proxy could not be reached. */
export const PROXY_UNREACHABLE = 'EPROXYUNREACHABLE';

/**
 * Agents that go through the proxy that the environment names for a host (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY,
 * in upper or lower case), decided for each connection by the host that is asked; null when it names none at all. S3 and,
 * since the SDK hands its handler on, STS and SSO are asked through them.
 */
export async function proxyAgents(env: NodeJS.ProcessEnv): Promise<Agents | null> {
  if (!SETTINGS.some((name) => env[name])) return null;
  const [{ HttpProxyAgent, HttpsProxyAgent }, { getProxyForUrl }] = await Promise.all([
    import('hpagent'),
    import('proxy-from-env'),
  ]);
  const through = (agent: http.Agent, scheme: 'http' | 'https'): void => {
    const direct = connectOf(agent);
    connectVia(agent, (options, created) => {
      const proxy = proxyFor(getProxyForUrl, scheme, options);
      if (proxy === null) return direct(options, created);
      const Tunnel = scheme === 'https' ? HttpsProxyAgent : HttpProxyAgent;
      const tunnel = new Tunnel({ ...AGENT_OPTIONS, proxy });
      connectOf(tunnel)(options, (error, stream) => created(error && proxyError(error, proxy), stream));
      return undefined;
    });
  };
  const agents = { httpAgent: new http.Agent(AGENT_OPTIONS), httpsAgent: new https.Agent(AGENT_OPTIONS) };
  through(agents.httpAgent, 'http');
  through(agents.httpsAgent, 'https');
  return agents;
}

function proxyFor(
  getProxyForUrl: (url: string) => string,
  scheme: string,
  { host, port }: http.ClientRequestArgs,
): URL | null {
  const name = host ?? 'localhost';
  const proxy = getProxyForUrl(`${scheme}://${name.includes(':') ? `[${name}]` : name}:${port ?? ''}`);
  return proxy === '' ? null : new URL(proxy);
}

/** Names the proxy, without the credentials that its URL may hold. */
function proxyError(cause: Error, { host }: URL): Error {
  const { code } = cause as NodeJS.ErrnoException;
  const status = /^Bad response: (\d+)/.exec(cause.message)?.[1];
  const text = status === undefined ? `cannot be used (${code ?? cause.message})` : `answered with ${status}`;
  const error = new Error(`the proxy ${host} ${text}`, { cause });
  return Object.assign(error, { code: status === undefined ? PROXY_UNREACHABLE : PROXY_REFUSED });
}

/** `createConnection` is documented for subclasses, and missing in the types of an agent. */
function connectOf(agent: http.Agent): Connect {
  return (agent as unknown as { createConnection: Connect }).createConnection.bind(agent);
}

function connectVia(agent: http.Agent, connect: Connect): void {
  Object.assign(agent, { createConnection: connect });
}
