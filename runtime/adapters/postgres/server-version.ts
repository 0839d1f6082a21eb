import { ConfigError } from '../../errors';
import { describeEndpoint, type Endpoint } from './failure';

/** Oldest PostgreSQL whose SQL the statements of this program are. */
export const OLDEST_SERVER = 11;

/**
 * @param version as `server_version` gives it, for example `16.2 (Debian 16.2-1)`; a server without one passes
 * @throws ConfigError `DB_VERSION` below the oldest supported one
 */
export function requireSupported(version: string | undefined, endpoint: Endpoint): void {
  const major = Number(/^\d+/.exec(version ?? '')?.[0] ?? OLDEST_SERVER);
  if (major >= OLDEST_SERVER) return;
  throw new ConfigError(
    'DB_VERSION',
    `${describeEndpoint(endpoint)} is version ${version}; expected ${OLDEST_SERVER} or later`,
    { hint: `Upgrade the server to PostgreSQL ${OLDEST_SERVER} or later.` },
  );
}
