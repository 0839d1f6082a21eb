import { UnavailableError } from '../errors';
import type { NewFinding } from '../domain/findings/finding';
import type { Relation } from './ports';
import type { ChainReading } from './scan-chain';

/** True for a table, and for what is read through another relation on purpose. */
export function isMeant({ kind }: Relation, { relation }: ChainReading): boolean {
  return relation === 'view' || kind === 'table' || kind === 'partitioned table';
}

/** Whoever owns a view decides for each session what it shows. */
export function notTable({ schema, name, kind }: Relation): NewFinding {
  return {
    code: 'RELATION_NOT_TABLE',
    place: { kind: 'database' },
    message: `the events were read from a ${kind}, which can show the verifier other rows than everybody else`,
    expected: 'a table',
    actual: `${kind} ${schema}.${name}`,
  };
}

/**
 * Refuses to read a shard from anything but the table.
 * @throws UnavailableError `SHARD_REFUSED`
 */
export function requireTableToShard(relation: Relation, reading: ChainReading): void {
  if (isMeant(relation, reading)) return;
  throw new UnavailableError('SHARD_REFUSED', notTable(relation).message, {
    hint: 'Name the table itself with its schema; if a view is meant, set AUDIT_EVENTS_RELATION=view.',
  });
}
