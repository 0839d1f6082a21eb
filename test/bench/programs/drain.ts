import { Client } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { onSnapshot } from './audit-log';
import { perform, type Task } from './task';

/** Bytes of the stream as the verifier gets them. */
function drain(task: Task): Promise<number> {
  return onSnapshot(task, async (snapshot) => {
    let bytes = 0;
    for await (const chunk of snapshot.readTuples()) bytes += chunk.length;
    return bytes;
  });
}

/** The same through the package that is usual for it. */
async function drainCopyStreams({ url, table }: Task): Promise<number> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const statement = `COPY (SELECT * FROM ${table} ORDER BY chain_index) TO STDOUT (FORMAT binary)`;
    let bytes = 0;
    for await (const chunk of client.query(copyTo(statement)) as AsyncIterable<Buffer>) bytes += chunk.length;
    return bytes;
  } finally {
    await client.end();
  }
}

/** Reads the stream and does nothing with it. */
perform(async (task) => {
  const bytes = await (task.options.copyStreams === true ? drainCopyStreams(task) : drain(task));
  if (bytes === 0) throw new Error('the stream was empty');
  return { events: null, found: [] };
});
