import type { ClientBase } from 'pg';
import { ConfigError } from '../../../errors';
import type { AppendOptions, AppendResult } from './options';
import { EventRefused } from './failure';
import { BatchAppender } from './batch-appender';
import type { EventValues } from './event-values';
import { inOpenTransaction } from './open-transaction';

/** `appendEvents` for those who append often: looks the table up once, with the first events. */
export class EventAppender {
  private readonly appender: BatchAppender;

  /** @throws ConfigError `KEY_UNKNOWN` when the ring has no secret for its active id; `USAGE` for a foreign chain */
  constructor(options: AppendOptions) {
    this.appender = new BatchAppender(options);
  }

  /** See `appendEvents`. Any client of the same database will do. */
  async append(client: ClientBase, events: readonly EventValues[]): Promise<AppendResult> {
    const { appender } = this;
    return inOpenTransaction(client, async () => {
      const encoder = await appender.open(client);
      const prepared = events.map((values, position) => encoder.prepare(values, `event ${position + 1}`));
      if (prepared.length === 0) {
        throw new ConfigError(
          'EVENT_INVALID',
          'there is no event to append: found an empty list, allowed 1 or more',
        );
      }
      return appender.lock(client, async (head) => {
        const batch = appender.link(prepared, head);
        await appender.send(client, batch, head).catch((error: unknown) => {
          throw error instanceof EventRefused ? error.about(nameOf(error, events.length)) : error;
        });
        return appender.resultOf(batch, head);
      });
    });
  }

  /** Wipes the key; nothing can be appended any more. */
  dispose(): void {
    this.appender.dispose();
  }
}

/** The server does not always say which of several events it refuses. */
function nameOf({ position }: EventRefused, events: number): string {
  if (position !== null) return `event ${position + 1}`;
  return events === 1 ? 'event 1' : `one of ${events} events`;
}

/**
 * Appends events to the end of the chain, inside the caller's transaction; nothing counts until the caller
 * commits. The index is the head's plus one, never a sequence: rollbacks and crashes leave no gap, and a lock that
 * is held until the transaction ends keeps concurrent writers from forking the chain. Keep that transaction short.
 * @param client a `pg` client with an open READ COMMITTED transaction
 * @throws ConfigError `TRANSACTION_REQUIRED`, `KEY_UNKNOWN`, `TABLE_NOT_FOUND`, `TABLE_SHAPE`; `EVENT_INVALID`: an
 *   event was refused, without a cause before anything was sent, so that the transaction goes on, or with the
 *   server's error as its cause, after which the transaction has to be rolled back; `EVENT_ALTERED`: the database
 *   changes or drops an event, which was undone, so that the transaction goes on without these events
 * @throws UnavailableError `DB_*`, after which the transaction has to be rolled back
 */
export async function appendEvents(
  client: ClientBase,
  events: readonly EventValues[],
  options: AppendOptions,
): Promise<AppendResult> {
  const appender = new EventAppender(options);
  try {
    return await appender.append(client, events);
  } finally {
    appender.dispose();
  }
}
