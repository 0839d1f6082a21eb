import assert from 'node:assert/strict';
import { EVENTS, EXIT } from '../../../runtime/contract';
import { replay } from '../../constructs/monitoring/cloudwatch';
import { changeLogin, rotateKeys } from './deployment';
import { EVENT_THRESHOLD } from './scenarios';
import { type Stage, values, verification } from './stage';
import type { TaskLog } from './task-log';

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
  await steps.passes(
    'scheduled: a login that is refused turns an alarm on, the next anchor off',
    async () => {
      await turnsOnAndOff(stage);
    },
  );
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

/** What of CloudWatch is not known: how far it looks back, and how late it sees. */
const REALITY = { lookBack: 2, delaySeconds: 120 };
const NAME = 'access-refused';

/** As many refused runs as the alarm needs, one for each of its periods, and one that succeeds. */
async function turnsOnAndOff({ host, deployment, secrets, wiring }: Stage): Promise<void> {
  const alarm = await wiring.alarm(NAME);
  const samples: { at: number; value: number }[] = [];
  let at = 0;
  const runOnce = async (): Promise<{ readonly code: number | null; readonly log: TaskLog }> => {
    const run = await host.run(deployment.anchoring);
    samples.push(...values(run.log, alarm.metric_name, alarm.dimensions).map((value) => ({ at, value })));
    at += alarm.period;
    return run;
  };
  await changeLogin(secrets, deployment, 'wrong');
  for (let period = 0; period < alarm.evaluation_periods; period += 1) {
    const { code, log } = await runOnce();
    const [failed] = log.of(EVENTS.anchorFailed);
    assert.deepEqual([code, failed?.['code']], [EXIT.usage, 'DB_AUTHENTICATION'], log.text);
  }
  const mended = at;
  await changeLogin(secrets, deployment, 'right');
  const { code, log } = await runOnce();
  assert.equal(code, EXIT.ok, log.text);

  const end = mended + (alarm.evaluation_periods + REALITY.lookBack) * alarm.period;
  const states = replay(alarm, samples, 0, end, REALITY).map(({ state }) => state);
  assert.deepEqual(states, ['OK', 'ALARM', 'OK'], `${NAME} on ${JSON.stringify(samples)}`);
}
