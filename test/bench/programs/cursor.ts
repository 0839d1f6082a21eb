import { Client } from 'pg';
import { COLUMNS, RAW_TYPES, type Row, RowCheck } from './row-check';
import { perform } from './task';

const FETCH = 10_000;

/** Rows through a cursor of the server, ten thousand at a time. */
perform(async (task) => {
  const client = new Client({ connectionString: task.url, types: RAW_TYPES });
  await client.connect();
  try {
    await client.query("SET TimeZone = 'UTC'");
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await client.query(
      `DECLARE events NO SCROLL CURSOR FOR
       SELECT ${COLUMNS} FROM ${task.table} WHERE chain_index >= ${task.from} ORDER BY chain_index`,
    );
    const check = new RowCheck(task);
    for (;;) {
      const { rows } = await client.query<Row>(`FETCH ${FETCH} FROM events`);
      for (const row of rows) check.check(row);
      if (rows.length < FETCH) return check.finish();
    }
  } finally {
    await client.end();
  }
});
