import { writeFileSync } from 'node:fs';
import { initialise } from '../../../runtime/adapters/postgres/init';
import { LAYOUT } from '../chain';
import { checkpointsOver, generateChain } from '../generated-chain';
import { perform } from './task';

/** Makes a table with a chain in the format of this build, and says what its anchors say; no chain of no event. */
perform(async ({ url, table, last, checkpoints, options }) => {
  if (last === 0) {
    await initialise({ connectionString: url }, LAYOUT, { table, schema: 'public' });
    return { events: 0, found: [] };
  }
  await generateChain(url, table, last, Number(options.bytes));
  writeFileSync(checkpoints, JSON.stringify(await checkpointsOver(url, table, last)));
  return { events: last, found: [] };
});
