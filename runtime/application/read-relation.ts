import { UnavailableError } from '../errors';
import type { NewFinding } from '../domain/findings/finding';
import { remedyOf } from '../domain/findings/remedy';
import type { ReadRelation } from '../domain/findings/report';
import type { ChainReading } from './scan-chain';

/**
 * What is wrong with a relation that is no table, or has a partition or child that is none; null for a table, and where
 * `relation` says that another one is meant. Whoever owns a view or a foreign table decides for each session what it
 * shows.
 */
export function notTable(
  read: ReadRelation,
  { relation }: Pick<ChainReading, 'relation'>,
): NewFinding | null {
  if (relation === 'view') return null;
  const isTable = read.kind === 'table' || read.kind === 'partitioned table';
  const other = isTable ? read.nonTableChild : read;
  if (other === null) return null;
  const actual = `${other.kind} ${other.schema}.${other.name}`;
  const reader = isTable ? `table ${read.schema}.${read.name} reads` : 'the events are read';
  return {
    code: 'RELATION_NOT_TABLE',
    place: { kind: 'database' },
    message: `${reader} from ${actual}, which can show this session other rows than everybody else`,
    expected: 'a table',
    actual,
  };
}

/**
 * Refuses to anchor, or to read a shard, from anything but the table.
 * @throws UnavailableError `RELATION_NOT_TABLE`
 */
export function requireTable(read: ReadRelation, reading: Pick<ChainReading, 'relation'>): void {
  const fault = notTable(read, reading);
  if (fault === null) return;
  throw new UnavailableError('RELATION_NOT_TABLE', fault.message, { hint: remedyOf('RELATION_NOT_TABLE') });
}
