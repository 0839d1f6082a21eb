import type { Outcome } from '../commands/outcome';
import { ConfigError } from '../errors';

/** Stands in for the demo in the single-file program, which comes without a PostgreSQL of its own. */
export function demoAction(): Promise<Outcome> {
  return Promise.reject(
    new ConfigError(
      'DEPENDENCY_MISSING',
      'the demo is not part of the single-file program: it starts a PostgreSQL and a WORM S3, which are for development only',
      { hint: 'Run it from the npm package: npx --package=cdktf-audit-anchor audit-anchor demo' },
    ),
  );
}
