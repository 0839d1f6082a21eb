import { UnavailableError } from '../errors';
import type { DatabaseIdentity } from './ports';

/**
 * Anchors are made of a primary only: the lock of the chain on a standby keeps nobody out on the primary, and two
 * anchorers would give two anchors one number.
 * @throws UnavailableError `STANDBY_ANCHORING`
 */
export function requirePrimary({ standby }: Pick<DatabaseIdentity, 'standby'>): void {
  if (!standby) return;
  throw new UnavailableError(
    'STANDBY_ANCHORING',
    'the database server is a standby (in recovery), from which no anchor is written',
    { hint: 'Point DATABASE_URL or PGHOST at the primary; a standby can be verified.' },
  );
}
