import { finished } from 'node:stream/promises';
import { Client } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { onSnapshot } from './audit-log';
import { perform, type Task } from './task';

/** Rows of the stream as the verifier gets it. */
function drain(task: Task): Promise<number> {
  return onSnapshot(task, async (snapshot) => {
    const stream = snapshot.readTuples();
    for (;;) {
      const { done, value } = await stream.next();
      if (done) return value;
    }
  });
}

/** The same through the package that is usual for it. */
async function drainCopyStreams({ url, table }: Task): Promise<number> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const statement = `COPY (SELECT * FROM ${table} ORDER BY chain_index) TO STDOUT (FORMAT binary)`;
    const stream = client.query(copyTo(statement));
    stream.resume();
    await finished(stream);
    return stream.rowCount;
  } finally {
    await client.end();
  }
}

/** Reads the stream and does nothing with it. */
perform(async (task) => {
  const events = await (task.options.copyStreams === true ? drainCopyStreams(task) : drain(task));
  return { events, found: [] };
});
