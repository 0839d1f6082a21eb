import assert from 'node:assert/strict';
import { EVENTS, EXIT } from '../../runtime/contract';
import { rotateKeys } from './deployment';
import { EVENT_THRESHOLD } from './scenarios';
import { type Stage, verification } from './stage';

/** A chain that is anchored by runs of a schedule, each of which sees what is due and ends. */
export async function tellScheduledStory(stage: Stage): Promise<void> {
  const { steps, deployment, secrets } = stage;
  const { database, keys } = deployment;

  let head = await database.append(5, keys, 'k1');
  await steps.passes('scheduled: the first run anchors, the second has nothing to do', async () => {
    await runs(stage, 'interval', head);
    await runs(stage, null, head);
  });
  await steps.passes(`scheduled: ${EVENT_THRESHOLD} events, an anchor by the event trigger`, async () => {
    head = await database.append(EVENT_THRESHOLD, keys, 'k1');
    await runs(stage, 'events', head);
  });
  await steps.passes('scheduled: the second key, an anchor by the key rotation', async () => {
    await rotateKeys(secrets, deployment);
    head = await database.append(1, keys, 'k2');
    await runs(stage, 'key_rotation', head);
  });
  await steps.passes('scheduled: the verifier verifies, exit 0', async () => {
    await verification(stage, 'latest', 'verified');
    await verification(stage, 'full', 'verified');
  });
}

/** One run, as the schedule starts it; null when nothing is due. */
async function runs({ host, deployment }: Stage, trigger: string | null, head: number): Promise<void> {
  const { code, log } = await host.run(deployment.anchoring);
  assert.equal(code, EXIT.ok, log.text);
  const written = log.of(EVENTS.anchorWritten).map((line) => [line['trigger'], line['lastSeq']]);
  assert.deepEqual(written, trigger === null ? [] : [[trigger, head]], log.text);
  assert.equal(log.of(EVENTS.anchorNotDue).length, trigger === null ? 1 : 0);
}
