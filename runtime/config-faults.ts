import { ConfigError, type ConfigFault } from './errors';
import { printable } from './printable';

const MAX_SHOWN = 80;
/** The part of a URL that may carry a password; greedy, because an unencoded password may hold any separator. */
const URL_CREDENTIALS = /\/\/.*@/gs;

/** Text from outside as it may stand in a fault: control characters escaped, credentials of a URL left out. */
export function shown(text: string): string {
  return printable(text.replace(URL_CREDENTIALS, '//***@'));
}

/**
 * A value as it may be shown in a fault: in quotes, shortened, as `shown` does also for a URL that was put into
 * the wrong setting. Never pass a secret to it.
 */
export function quoted(value: string): string {
  const safe = value.replace(URL_CREDENTIALS, '//***@');
  const cut = safe.length > MAX_SHOWN;
  const text = printable(JSON.stringify(cut ? safe.slice(0, MAX_SHOWN) : safe));
  return cut ? `${text} (${value.length} characters)` : text;
}

/** `found` of a setting that is absent or empty. */
export const NOTHING = 'nothing';

/** One line: `SETTING: found ..., allowed ...`. */
export function faultLine({ setting, found, allowed }: ConfigFault): string {
  return `${setting}: found ${found}, allowed ${allowed}`;
}

/** The error that reports every fault of the configuration, one line each. */
export function invalidConfiguration(faults: readonly ConfigFault[]): ConfigError {
  const title = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
  return new ConfigError(
    'CONFIG_INVALID',
    [`${title} in the configuration`, ...faults.map(faultLine)].join('\n  '),
    {
      faults,
      hint: 'Correct the environment and run the command again',
    },
  );
}
