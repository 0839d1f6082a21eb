import { randomUUID } from 'node:crypto';
import type { AppendOptions } from '../../runtime/adapters/postgres/append/options';
import type { EventValues } from '../../runtime/adapters/postgres/append/event-values';
import { CHAIN_ID, KEY_ID, LAYOUT, SECRET } from './chain';

export const TABLE = { table: 'audit_events', schema: 'public' };
export const APPEND: AppendOptions = {
  table: TABLE,
  layout: LAYOUT,
  chainId: CHAIN_ID,
  keys: { activeKeyId: KEY_ID, secretFor: (id) => (id === KEY_ID ? SECRET : undefined) },
};

const DETAILS = `{"note":"${'lorem ipsum dolor sit amet consectetur '.repeat(4).slice(0, 140)}"}`;
const START = Date.parse('2026-01-15T14:00:00Z');

/** Events of about 315 canonical bytes, as a gateway gives them. */
export function loadEvents(count: number, from = 0): EventValues[] {
  return Array.from({ length: count }, (_, at) => ({
    occurred_at: new Date(START + (from + at) * 1000).toISOString(),
    actor: `user-${String((from + at) % 1000).padStart(4, '0')}@example.com`,
    action: 'record.update',
    resource: `record/${String((from + at) % 100_000).padStart(6, '0')}`,
    outcome: 'success',
    details: DETAILS,
  }));
}

export const PLAIN_COLUMNS = [...LAYOUT.columns.map(({ name }) => name), LAYOUT.hashColumn];
export const PLAIN_TYPES = [...LAYOUT.columns.map(({ type }) => type), 'bytea'];

/** The row that a plain INSERT stores for an event, without any chain: same columns, same lengths, a salt too. */
export function plainRow(event: EventValues, index: number): unknown[] {
  const { occurred_at, actor, action, resource, outcome, details } = event;
  const hash = Buffer.alloc(32, index % 251);
  return [index, occurred_at, actor, action, resource, outcome, details, randomUUID(), KEY_ID, hash, hash];
}
