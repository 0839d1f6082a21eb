import type { ClientBase } from 'pg';
import { v1Layout } from '../../runtime/domain/chain/columns';
import type { AppendKeys, AppendOptions } from '../../runtime/adapters/postgres/append/options';
import type { EventValues } from '../../runtime/adapters/postgres/append/event-values';
import { initialise } from '../../runtime/adapters/postgres/init';
import { type VectorEvent, vectors } from './vectors';
import { createTestDatabase, type TestDatabase } from './database';

export const EVENTS_TABLE = 'audit_events';

/** Keys of the published vectors, one of them active. */
export function vectorKeys(activeKeyId: string): AppendKeys {
  const { secrets } = vectors;
  return {
    activeKeyId,
    secretFor: (keyId) => {
      const secret = secrets[keyId];
      return secret === undefined ? undefined : Buffer.from(secret, 'hex');
    },
  };
}

export const APPEND: AppendOptions = {
  table: { table: EVENTS_TABLE },
  layout: v1Layout(),
  chainId: vectors.chain_id,
  keys: vectorKeys('k1'),
};

/** A plain event, told apart by `action`. */
export function event(action: string, more: EventValues = {}): EventValues {
  return {
    occurred_at: '2025-01-15T14:00:00.123456Z',
    actor: 'alice@example.com',
    action,
    outcome: 'success',
    ...more,
  };
}

/** A database with the default audit table in it. */
export async function createAuditDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  await initialise({ connectionString: database.url }, v1Layout(), { table: EVENTS_TABLE });
  return database;
}

/** Stores a published event as it is: our own writers leave no salt NULL. */
export async function storeVector(client: ClientBase, vector: VectorEvent): Promise<void> {
  await client.query(
    `INSERT INTO ${EVENTS_TABLE} VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, decode($10, 'hex'), decode($11, 'hex'))`,
    [
      vector.chain_index,
      vector.occurred_at,
      vector.actor,
      vector.action,
      vector.resource,
      vector.outcome,
      vector.details,
      vector.salt,
      vector.key_id,
      vector.prev_hash,
      vector.event_hash,
    ],
  );
}
