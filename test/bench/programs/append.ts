import { Client } from 'pg';
import { EventAppender } from '../../../runtime/adapters/postgres/append/append';
import { APPEND, loadEvents } from '../append-load';
import { perform, taskOfProcess } from './task';

const BATCH_EVENTS = 1_000;

// Made before the clock starts.
const events = loadEvents(taskOfProcess().last);

/** Appends events in batches, each in a transaction of its own. */
perform(async ({ url, table }) => {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const appender = new EventAppender({ ...APPEND, table: { table, schema: 'public' } });
    for (let at = 0; at < events.length; at += BATCH_EVENTS) {
      await client.query('BEGIN');
      await appender.append(client, events.slice(at, at + BATCH_EVENTS));
      await client.query('COMMIT');
    }
    return { events: events.length, found: [] };
  } finally {
    await client.end();
  }
});
