import { Client } from 'pg';
import { COLUMNS, RAW_TYPES, type Row, RowCheck } from './row-check';
import { perform } from './task';

/** Everything in one SELECT: the whole chain in memory. */
perform(async (task) => {
  const client = new Client({ connectionString: task.url, types: RAW_TYPES });
  await client.connect();
  try {
    await client.query("SET TimeZone = 'UTC'");
    const { rows } = await client.query<Row>(`SELECT ${COLUMNS} FROM ${task.table} ORDER BY chain_index`);
    const check = new RowCheck(task);
    for (const row of rows) check.check(row);
    return check.finish();
  } finally {
    await client.end();
  }
});
