import { ENV } from '../contract';
import type { ConfigFault } from '../errors';
import { nearest } from './nearest-name';

/** Characters of a name that are shown. */
const MAX_NAME = 80;
const OURS = /^AUDIT_/i;
const KNOWN: readonly string[] = Object.values(ENV).filter((name) => OURS.test(name));

/**
 * Kubernetes gives every pod such variables for each Service of its namespace; a Service called
 * `audit-anchor` must not stop the daemon behind it.
 */
const SERVICE_LINK =
  /_SERVICE_HOST$|_SERVICE_PORT(?:_\w+)?$|_PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?$/;
const SERVICE_URL = /^(?:tcp|udp|sctp):\/\//;

function isServiceLink(name: string, value: string): boolean {
  return SERVICE_LINK.test(name) || (name.endsWith('_PORT') && SERVICE_URL.test(value));
}

/** Settings that begin like ours and are none: a typo would otherwise be ignored without a word. */
export function unknownSettings(env: NodeJS.ProcessEnv): ConfigFault[] {
  return Object.entries(env)
    .filter(
      ([name, value]) => value && OURS.test(name) && !KNOWN.includes(name) && !isServiceLink(name, value),
    )
    .map(([name]) => {
      const candidate = nearest(name.toUpperCase(), KNOWN);
      return {
        setting: name.replace(/[^\w.-]/g, '?').slice(0, MAX_NAME),
        found: 'a setting that does not exist',
        allowed:
          candidate === null
            ? 'only the AUDIT_ settings of the documentation; unset it'
            : `${candidate}, the nearest name; rename or unset it`,
      };
    });
}
