import type { ClientBase } from 'pg';
import { appendFailure, EventRefused } from './failure';
import type { BatchAppender } from './batch-appender';
import type { PreparedEvent } from './event-encoder';

/** Tries a batch as far as COMMIT and takes it back; null when the database would take it. */
async function refusalOf(
  client: ClientBase,
  appender: BatchAppender,
  events: readonly PreparedEvent[],
): Promise<EventRefused | null> {
  try {
    const head = await appender.begin(client);
    await appender.send(client, appender.link(events, head), head);
    await client.query('SET CONSTRAINTS ALL IMMEDIATE').catch((error: unknown) => {
      throw appendFailure(error, client);
    });
    return null;
  } catch (error) {
    if (error instanceof EventRefused) return error;
    throw error;
  } finally {
    await client.query('ROLLBACK');
  }
}

/**
 * Finds which event of a batch the database refused, by trying the first half, quarter and so on: what the server
 * says about it is not always there, not always right, and in a language of its own.
 * @param client in the transaction that has failed
 * @returns the refusal of that event, with its position
 */
export async function firstRefused(
  client: ClientBase,
  appender: BatchAppender,
  events: readonly PreparedEvent[],
  refusal: EventRefused,
): Promise<{ readonly position: number; readonly refusal: EventRefused }> {
  await client.query('ROLLBACK');
  let taken = 0;
  let refused = events.length;
  let last = refusal;
  while (refused - taken > 1) {
    const middle = (taken + refused) >> 1;
    const found = await refusalOf(client, appender, events.slice(0, middle));
    if (found) {
      refused = middle;
      last = found;
    } else {
      taken = middle;
    }
  }
  return { position: refused - 1, refusal: last };
}
