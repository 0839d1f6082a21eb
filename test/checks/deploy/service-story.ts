import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { DIMENSIONS, EVENTS, EXIT, METRICS } from '../../../runtime/contract';
import { rotateKeys } from './deployment';
import { EVENT_THRESHOLD } from './scenarios';
import { anchored, type Stage, values, verification } from './stage';
import type { Task, TaskHost } from './task-host';
import type { LogLine } from './task-log';

/** An event that an anchor covers when it is rewritten. */
const REWRITTEN = 3;
/** A full minute, the interval of this deployment, and some looks at the chain. */
const INTERVAL_SECONDS = 60 + 30;
const HEALTHY_SECONDS = 30;
/** Some looks at the chain. */
const REFUSED_SECONDS = 30;

/** A service from its first start to its stop, with a rotation of keys and a forgery in between. */
export async function tellServiceStory(stage: Stage): Promise<void> {
  const { steps, host, deployment, secrets } = stage;
  const { database, keys, anchoring } = deployment;

  let head = await database.append(5, keys, 'k1');
  const first = await host.start(anchoring);
  await steps.passes('service: starts, and anchors what is there', async () => {
    await anchored(first, 'interval', head);
  });
  await steps.passes('service: its health check succeeds', () => becomesHealthy(host, first));
  await steps.passes(`service: ${EVENT_THRESHOLD} events, an anchor by the event trigger`, async () => {
    head = await database.append(EVENT_THRESHOLD, keys, 'k1');
    await anchored(first, 'events', head);
  });
  await steps.passes('service: SIGTERM, a last anchor, exit 0', async () => {
    head = await database.append(2, keys, 'k1');
    await stops(host, first, head);
    assert.equal(await host.healthOf(first), EXIT.notEvaluated, 'a stopped service counts as healthy');
  });

  const outrun = await host.start(anchoring);
  await steps.passes(
    'service: the second key is used before the restart: refused, no tampering',
    async () => {
      await becomesHealthy(host, outrun);
      await rotateKeys(secrets, deployment);
      head = await database.append(1, keys, 'k2');
      await refusesUnknownKey(outrun, head, deployment.chainId);
      assert.equal(await host.stop(outrun), EXIT.notEvaluated, outrun.log.text);
    },
  );
  const second = await host.start(anchoring);
  await steps.passes('service: restarted with the second key, an anchor by the key rotation', async () => {
    await becomesHealthy(host, second);
    await anchored(second, 'key_rotation', head);
  });
  await steps.passes('service: the next full minute, an anchor by the interval', async () => {
    await anchored(second, 'interval', head, INTERVAL_SECONDS);
  });

  await steps.passes('verifier: newest anchor and everything, exit 0, VerificationResult 0', async () => {
    await database.assertVerifierOnlyReads();
    await verification(stage, 'latest', 'verified');
    const full = await verification(stage, 'full', 'verified');
    assert.equal((full['coverage'] as { events: number }).events, head);
  });
  await steps.passes('forgery: exit 1, the event in the log, VerificationResult 1, findings', async () => {
    await database.rewrite(REWRITTEN);
    const { findings } = await verification(stage, 'full', 'tampered');
    const [finding] = findings as { code: string; place: unknown }[];
    assert.deepEqual(
      [finding?.code, finding?.place],
      ['EVENT_HASH', { kind: 'events', from: REWRITTEN, to: REWRITTEN }],
    );
  });
  await steps.passes('service: SIGTERM again, a last anchor, exit 0', async () => {
    head = await database.append(2, keys, 'k2');
    await stops(host, second, head);
  });
  await steps.passes('service: log and metrics tell of the same anchors, and of no failure', () =>
    assertCounted([first, second], deployment.chainId),
  );
}

async function becomesHealthy(host: TaskHost, task: Task): Promise<void> {
  const deadline = Date.now() + HEALTHY_SECONDS * 1_000;
  while ((await host.healthOf(task)) !== EXIT.ok) {
    if (task.hasEnded() || Date.now() > deadline) throw new Error(`it is not healthy:\n${task.log.text}`);
    await sleep(250);
  }
}

/** That a task calls events of a key which it does not have unproven, says what to do, and tells nobody of tampering. */
async function refusesUnknownKey(task: Task, head: number, chainId: string): Promise<void> {
  const { log } = task;
  const refused = (line: LogLine): boolean => line.event === EVENTS.anchorRefused;
  const line = await log.waitFor('a refusal', refused, REFUSED_SECONDS, () => task.hasEnded());
  const [finding, ...more] = line['findings'] as { code: string; place: unknown }[];
  assert.deepEqual(
    [line['level'], line['severity'], finding?.code, finding?.place, more.length],
    ['error', 'unproven', 'KEY_UNKNOWN', { kind: 'events', from: head, to: head }, 0],
  );
  assert.match(String(line['hint']), /^add the key to AUDIT_HMAC_KEYS .* restart a service .*\(aws ecs /);
  assert.doesNotMatch(log.text, /tamper/i);
  const inChain = { [DIMENSIONS.chainId]: chainId };
  assert.equal(values(log, METRICS.anchorFailures, inChain).at(-1), 1);
  assert.ok(!values(log, METRICS.verificationResult, inChain).includes(EXIT.tampered), log.text);
}

/** Whatever made the last anchor due, it covers the last event. */
async function stops(host: TaskHost, task: Task, head: number): Promise<void> {
  assert.equal(await host.stop(task), EXIT.ok, task.log.text);
  assert.equal(task.log.of(EVENTS.anchorWritten).at(-1)?.['lastSeq'], head);
  assert.equal(task.log.of(EVENTS.stopped).length, 1);
}

function assertCounted(tasks: readonly Task[], chainId: string): void {
  const inChain = { [DIMENSIONS.chainId]: chainId };
  for (const { log } of tasks) {
    const anchors = log.of(EVENTS.anchorWritten);
    assert.deepEqual(
      values(log, METRICS.anchorsWritten, inChain),
      anchors.map(() => 1),
    );
    // Each attempt counts, also those that found nothing due.
    const failures = values(log, METRICS.anchorFailures, inChain);
    assert.ok(failures.length >= anchors.length && failures.every((failed) => failed === 0), log.text);
  }
}
