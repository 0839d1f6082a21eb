import { onSnapshot } from './audit-log';
import { perform } from './task';

/** Reads the stream through the driver and does nothing with it. */
perform((task) =>
  onSnapshot(task, async (snapshot) => {
    let bytes = 0;
    for await (const chunk of snapshot.readTuples()) bytes += chunk.length;
    if (bytes === 0) throw new Error('the stream was empty');
    return { events: null, found: [] };
  }),
);
